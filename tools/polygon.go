package tools

import (
	"math"

	"pentimento/canvas"
)

// corners is the polygon tool: each click sets a corner. Enter, a second click on the last
// corner or one on the first closes it, Backspace takes the last corner back, Escape all.
// Corners lie on guide lines that are near, unless Ctrl is held. Nothing is edited before it is closed.
type corners struct {
	points []Vec
	at     Vec // the pointer
	how    canvas.Joining
	snap   snapping
}

func newPolygon() Tool { return &corners{} }

// Builder is implemented by a tool that makes something over several clicks: Building says
// whether it has begun, Closes whether that encloses something, Back takes the last click back, Finish makes it of what there is.
type Builder interface {
	Building() bool
	Closes() bool
	Back(Host)
	Finish(Host)
}

// How near, in device pixels, a click counts as one on a corner.
const (
	onLast  = 3
	onFirst = 8
)

// Press sets a corner, or closes the polygon.
func (t *corners) Press(h Host, p Pointer) {
	if p.Button == Middle || !near(p) || len(t.points) >= maxPoints {
		return
	}
	t.snap = newSnapping(h, 0)
	at := t.snap.point(h, p)
	if len(t.points) == 0 {
		t.how = h.Brush().Area.joins(p)
	} else if within := func(q Vec, px float64) bool {
		return math.Hypot(q.X-at.X, q.Y-at.Y)*h.View().Scale <= px
	}; within(t.points[len(t.points)-1], onLast) || len(t.points) > 2 && within(t.points[0], onFirst) {
		t.Finish(h)
		return
	}
	t.points, t.at = append(t.points, at), at
	t.show(h)
}

// Drag moves the corner that was just set.
func (t *corners) Drag(h Host, p Pointer) {
	if n := len(t.points); n > 0 && near(p) {
		t.show(h)
		t.points[n-1] = t.snap.point(h, p)
		t.at = t.points[n-1]
		t.show(h)
	}
}

// Release does nothing: the next click goes on.
func (t *corners) Release(Host, Pointer) {}

// Cancel forgets all corners.
func (t *corners) Cancel(h Host) {
	t.show(h)
	t.points, t.snap.shapes = nil, nil
}

// Building says whether a corner is set.
func (t *corners) Building() bool { return len(t.points) > 0 }

// Closes says whether there are enough corners.
func (t *corners) Closes() bool { return len(t.points) > 2 && !hull(t.points).Empty() }

// Back takes the last corner back.
func (t *corners) Back(h Host) {
	t.show(h)
	t.points = t.points[:max(len(t.points)-1, 0)]
}

// Finish closes the polygon: one step of history.
func (t *corners) Finish(h Host) {
	points := t.points
	t.Cancel(h)
	if area := polygon(points); area.Len() > 0 {
		lay(h, "Polygon", area, t.how)
	} else if fits(hull(points)) {
		dropped(h, t.how)
	}
}

// Hover draws the next side to the pointer.
func (t *corners) Hover(h Host, p Pointer) {
	if t.Building() && near(p) {
		t.show(h)
		t.at = t.snap.point(h, p)
		t.show(h)
	}
}

func (t *corners) show(h Host) {
	if t.Building() {
		h.Invalidate(hull(append(t.points[:len(t.points):len(t.points)], t.at)).Inset(-2))
	}
}

// Overlay shows the sides, the next one and the first corner.
func (t *corners) Overlay(Host) []Shape {
	if !t.Building() {
		return nil
	}
	line := append(t.points[:len(t.points):len(t.points)], t.at, t.points[0])
	out := []Shape{{Kind: Line, Points: line}, {Kind: Handle, Points: t.points[:1]}}
	if !fits(hull(t.points)) {
		out = append(out, Shape{Kind: Label, Points: t.points[:1], Text: tooLarge})
	}
	return append(out, t.snap.shapes...)
}

// Cursor is a cross.
func (t *corners) Cursor(Host, Pointer) Cursor { return Cross }
