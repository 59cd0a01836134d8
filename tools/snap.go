package tools

import (
	"image"
	"math"

	"pentimento/canvas"
)

// Lines are what moved things snap to: upright ones by their X, level ones by their Y, in
// document pixels.
type Lines struct{ X, Y []float64 }

// Add adds the edges and the middle of a rectangle.
func (l *Lines) Add(r image.Rectangle) {
	if r.Empty() {
		return
	}
	l.X = append(l.X, float64(r.Min.X), float64(r.Min.X+r.Max.X)/2, float64(r.Max.X))
	l.Y = append(l.Y, float64(r.Min.Y), float64(r.Min.Y+r.Max.Y)/2, float64(r.Max.Y))
}

// Snapper is implemented by hosts that offer Lines: all but those of the layer that is moved, and
// where none is (0) those alone that a person has laid for it.
type Snapper interface {
	SnapTo(moving canvas.LayerID) Lines
}

// snapReach is how near a line takes hold, in device pixels.
const snapReach = 6

// snapping is what one drag snaps to, and where it did last.
type snapping struct {
	lines  Lines
	shapes []Shape // the lines that hold it now
}

func newSnapping(h Host, moving canvas.LayerID) snapping {
	if s, ok := h.(Snapper); ok {
		return snapping{lines: s.SnapTo(moving)}
	}
	return snapping{}
}

// box says by how much a box has to go further so that an edge or its middle lies on a line,
// and notes the lines to draw. Held Ctrl suspends it.
func (s *snapping) box(h Host, p Pointer, lo, hi Vec) (dx, dy float64) {
	return s.places(h, p, []float64{lo.X, (lo.X + hi.X) / 2, hi.X}, []float64{lo.Y, (lo.Y + hi.Y) / 2, hi.Y})
}

// point is the pointer's place, on the lines that are near.
func (s *snapping) point(h Host, p Pointer) Vec {
	dx, dy := s.places(h, p, []float64{p.X}, []float64{p.Y})
	return Vec{p.X + dx, p.Y + dy}
}

// places is box for the xs and ys that may lie on lines.
func (s *snapping) places(h Host, p Pointer, xs, ys []float64) (dx, dy float64) {
	s.shapes = nil
	if p.Mods&Control != 0 {
		return 0, 0
	}
	v := h.View()
	reach := snapReach / v.Scale
	x, foundX := nearest(s.lines.X, xs, reach)
	y, foundY := nearest(s.lines.Y, ys, reach)
	seen := v.Visible()
	if foundX {
		dx = x.to - x.from
		s.shapes = append(s.shapes, Shape{Kind: Guide, Points: []Vec{{x.to, float64(seen.Min.Y)}, {x.to, float64(seen.Max.Y)}}})
	}
	if foundY {
		dy = y.to - y.from
		s.shapes = append(s.shapes, Shape{Kind: Guide, Points: []Vec{{float64(seen.Min.X), y.to}, {float64(seen.Max.X), y.to}}})
	}
	return dx, dy
}

type hold struct{ from, to float64 }

// nearest finds the line that is nearest to any of the places.
func nearest(lines, places []float64, reach float64) (best hold, found bool) {
	for _, p := range places {
		for _, l := range lines {
			if d := math.Abs(l - p); d <= reach && (!found || d < reach) {
				best, found, reach = hold{p, l}, true, d
			}
		}
	}
	return best, found
}
