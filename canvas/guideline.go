package canvas

import (
	"image"
	"slices"
)

// GuideLine is a line that a person laid over the picture to line things up with. It lies
// between pixels: left of column At where it is upright, above row At where it is level
// (document pixels). It is never a part of what is seen, filled or exported.
type GuideLine struct {
	Upright bool `json:"upright,omitempty"`
	At      int  `json:"at"`
}

// SetGuideLines replaces the guide lines.
func (e *Edit) SetGuideLines(lines []GuideLine) {
	if !e.done {
		e.state.GuideLines = slices.Clone(lines)
	}
}

// movedLines takes guide lines along.
func movedLines(lines []GuideLine, change func(GuideLine) GuideLine) []GuideLine {
	out := slices.Clone(lines)
	for i, l := range out {
		out[i] = change(l)
	}
	return out
}

// line is where a guide line lies afterwards: between the same two pixels.
func (m motion) line(l GuideLine) GuideLine {
	after, before := m.point(image.Pt(l.At, l.At)), m.point(image.Pt(l.At-1, l.At-1))
	if m.turn == TurnRight || m.turn == TurnLeft {
		l.Upright = !l.Upright
	}
	if l.At = max(after.Y, before.Y); l.Upright {
		l.At = max(after.X, before.X)
	}
	return l
}

func (c scaling) line(l GuideLine) GuideLine {
	at := c.rect(image.Rect(l.At, l.At, l.At+1, l.At+1)).Min
	if l.At = at.Y; l.Upright {
		l.At = at.X
	}
	return l
}
