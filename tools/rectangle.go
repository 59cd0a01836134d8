package tools

import (
	"fmt"
	"image"
	"math"

	"pentimento/canvas"
)

// rectangle makes a rectangle, or the ellipse in it, a part of the mask or the selection. Its
// edges lie on whole pixels; nothing is edited before Release. Shift makes a square; where a
// selection is made only when it is pressed after the button, for before it adds.
type rectangle struct {
	from, to Vec
	round    bool
	square   bool
	adds     bool // Shift was down at the press, where that adds
	how      canvas.Joining
	held     bool
	snap     snapping
}

func newRectangle() Tool { return &rectangle{} }
func newEllipse() Tool   { return &rectangle{round: true} }

// Press fixes one corner.
func (t *rectangle) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button != Middle && near(p) {
		a := h.Brush().Area
		if !a.Selects {
			p.Mods &^= Shift
		}
		snap := newSnapping(h, 0)
		at := snap.point(h, p)
		*t = rectangle{from: at, to: at, round: t.round, adds: p.Mods&Shift != 0, how: a.joins(p), held: true, snap: snap}
	}
}

// Drag moves the opposite corner; Shift makes a square.
func (t *rectangle) Drag(h Host, p Pointer) {
	if t.held && near(p) {
		old := t.rect()
		t.to, t.square = t.snap.point(h, p), p.Mods&Shift != 0 && !t.adds
		h.Invalidate(old.Union(t.rect()).Inset(-2))
	}
}

// Release fills the rectangle: one step of history.
func (t *rectangle) Release(h Host, p Pointer) {
	if !t.held {
		return
	}
	t.Drag(h, p)
	r := t.rect()
	t.Cancel(h)
	switch {
	case r.Empty():
		dropped(h, t.how)
	case !fits(r):
	case t.round:
		lay(h, "Ellipse", polygon(ellipse(r)), t.how)
	default:
		lay(h, "Rectangle", canvas.CoverRect(r), t.how)
	}
}

// Cancel forgets the rectangle.
func (t *rectangle) Cancel(h Host) {
	if t.held {
		t.held = false
		h.Invalidate(t.rect().Inset(-2))
	}
}

func (t *rectangle) rect() image.Rectangle {
	to := t.to
	if t.square {
		side := math.Max(math.Abs(to.X-t.from.X), math.Abs(to.Y-t.from.Y))
		to = Vec{t.from.X + math.Copysign(side, to.X-t.from.X), t.from.Y + math.Copysign(side, to.Y-t.from.Y)}
	}
	return image.Rect(round(t.from.X), round(t.from.Y), round(to.X), round(to.Y))
}

// Overlay shows the rectangle and its size.
func (t *rectangle) Overlay(Host) []Shape {
	if !t.held || t.rect().Empty() {
		return nil
	}
	r := t.rect()
	text := size(r)
	if !fits(r) {
		text = tooLarge
	}
	if t.round {
		points := ellipse(r)
		return []Shape{{Kind: Line, Points: append(points, points[0])}, label(r, text)}
	}
	return []Shape{box(r, true), label(r, text)}
}

// ellipse is the ellipse in a rectangle as a polygon that is never farther from it than a
// fiftieth of a pixel.
func ellipse(r image.Rectangle) []Vec {
	a, b := float64(r.Dx())/2, float64(r.Dy())/2
	n := max(16, int(math.Ceil(math.Pi/math.Acos(1-0.02/max(a, b, 0.5)))))
	out := make([]Vec, n)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		out[i] = Vec{float64(r.Min.X) + a + a*cos, float64(r.Min.Y) + b + b*sin}
	}
	return out
}

// Cursor is a cross.
func (t *rectangle) Cursor(Host, Pointer) Cursor { return Cross }

func round(v float64) int { return int(math.Floor(v + 0.5)) }

func size(r image.Rectangle) string { return fmt.Sprintf("%d × %d", r.Dx(), r.Dy()) }

func box(r image.Rectangle, ghost bool) Shape {
	return Shape{Kind: Box, Ghost: ghost, Points: []Vec{
		{float64(r.Min.X), float64(r.Min.Y)}, {float64(r.Max.X), float64(r.Max.Y)},
	}}
}

// label is a text at the rectangle's top left corner.
func label(r image.Rectangle, text string) Shape {
	return Shape{Kind: Label, Text: text, Points: []Vec{{float64(r.Min.X), float64(r.Min.Y)}}}
}
