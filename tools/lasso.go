package tools

import (
	"math"

	"pentimento/canvas"
)

// lasso fills what was drawn round into the mask or the selection, at full strength whatever the brush.
// Where it runs along a guide line it lies on it, and Ctrl suspends that. Nothing is edited before Release.
type lasso struct {
	points []Vec
	how    canvas.Joining
	snap   snapping
}

// maxPoints bounds a lasso; a hand draws a few hundred.
const maxPoints = 1 << 16

func newLasso() Tool { return &lasso{} }

// Press begins the outline.
func (t *lasso) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button != Middle && near(p) {
		t.snap = newSnapping(h, 0)
		t.points, t.how = []Vec{t.snap.point(h, p)}, h.Brush().Area.joins(p)
	}
}

// Drag goes on with it, by steps of at least half a device pixel.
func (t *lasso) Drag(h Host, p Pointer) {
	if len(t.points) == 0 || !near(p) || len(t.points) >= maxPoints {
		return
	}
	last, at := t.points[len(t.points)-1], t.snap.point(h, p)
	if math.Hypot(at.X-last.X, at.Y-last.Y)*h.View().Scale < 0.5 {
		return
	}
	t.points = append(t.points, at)
	h.Invalidate(hull(append(t.points[len(t.points)-2:len(t.points):len(t.points)], t.points[0])).Inset(-2))
}

// Release closes the outline and fills it: one step of history.
func (t *lasso) Release(h Host, p Pointer) {
	points := t.points
	if len(points) == 0 {
		return
	}
	t.Cancel(h)
	if near(p) {
		points = append(points, t.snap.point(h, p))
	}
	if area := polygon(points); area.Len() > 0 {
		lay(h, "Lasso", area, t.how)
	} else if fits(hull(points)) {
		dropped(h, t.how)
	}
}

// Cancel forgets the outline.
func (t *lasso) Cancel(h Host) {
	if t.points != nil {
		h.Invalidate(hull(t.points).Inset(-2))
		t.points, t.snap.shapes = nil, nil
	}
}

// Overlay shows the outline and the straight way back to its start.
func (t *lasso) Overlay(Host) []Shape {
	if len(t.points) < 2 {
		return nil
	}
	closed := append(t.points[:len(t.points):len(t.points)], t.points[0])
	out := []Shape{{Kind: Line, Points: closed}}
	if !fits(hull(t.points)) {
		out = append(out, Shape{Kind: Label, Points: closed[:1], Text: tooLarge})
	}
	return append(out, t.snap.shapes...)
}

// Cursor is a cross.
func (t *lasso) Cursor(Host, Pointer) Cursor { return Cross }
