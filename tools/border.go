package tools

import (
	"fmt"
	"image"

	"pentimento/canvas"
	"pentimento/tools/stroke"
)

// MaxGrowth is the most that one drag of the border grows a side, in pixels.
const MaxGrowth = 4096

// border shows eight handles on the used area. Dragging one, or an edge, outward shows the strip that
// would come; Release asks for it through Extension, and the editor fills it. The picture
// itself is not edited here. Dragging inward does nothing.
type border struct {
	grips    bool // only the handles take hold, not the edges between them
	held     bool
	grip     handle
	start    Pointer
	from, to image.Rectangle
	asked    bool
	seen     *canvas.State // whose used area is known
	area     image.Rectangle
}

func newBorder() Tool { return &border{} }

// NewGrips makes the border tool for the hand that holds another one: it takes hold at the
// handles only, and leaves the edges between them to the other.
func NewGrips() Tool { return &border{grips: true} }

func (t *border) grab(h Host, r image.Rectangle, p Pointer) (handle, bool) {
	if t.grips {
		return grab(h.View(), r, p)
	}
	return grabEdge(h.View(), r, p)
}

// used is the used area, measured once for every State: it is asked for at every frame.
func (t *border) used(h Host) image.Rectangle {
	if s := h.State(); s != t.seen {
		t.seen, t.area = s, s.Used()
	}
	return t.area
}

// Press takes hold of a handle or an edge.
func (t *border) Press(h Host, p Pointer) {
	t.Cancel(h)
	t.seen = nil
	if p.Button != Left || !near(p) {
		return
	}
	r := t.used(h)
	if d, ok := t.grab(h, r, p); ok {
		t.held, t.grip, t.start, t.from, t.to = true, d, p, r, r
	}
}

// Drag shows how far the picture would grow.
func (t *border) Drag(h Host, p Pointer) {
	if !t.held || !near(p) {
		return
	}
	old, step := t.to, grid(h, p)
	x, y := growth(t.grip.dx, p.X-t.start.X, step), growth(t.grip.dy, p.Y-t.start.Y, step)
	to := t.from
	if t.grip.dx < 0 {
		to.Min.X -= x
	} else {
		to.Max.X += x
	}
	if t.grip.dy < 0 {
		to.Min.Y -= y
	} else {
		to.Max.Y += y
	}
	if to.In(image.Rect(-stroke.Limit, -stroke.Limit, stroke.Limit, stroke.Limit)) {
		t.to = to
		h.Invalidate(old.Union(to).Inset(-2))
	}
}

// growth is how far a side goes outward, in whole steps.
func growth(side int, d float64, step int) int {
	if side == 0 {
		return 0
	}
	most := MaxGrowth / step * step
	return min(max(snap(d*float64(side), step), 0), most)
}

// Release asks for the growth, where there is any.
func (t *border) Release(h Host, p Pointer) {
	if !t.held {
		return
	}
	t.Drag(h, p)
	from, to := t.from, t.to
	t.Cancel(h)
	if to != from {
		t.from, t.to, t.asked = from, to, true
	}
}

// Extension tells once what a Release asked for.
func (t *border) Extension() (from, to image.Rectangle, ok bool) {
	ok = t.asked
	t.asked = false
	if !ok {
		return image.Rectangle{}, image.Rectangle{}, false
	}
	return t.from, t.to, true
}

// Cancel lets go of the handle.
func (t *border) Cancel(h Host) {
	if t.held {
		h.Invalidate(t.to.Inset(-2))
	}
	t.held, t.asked = false, false
}

// Overlay shows the handles, and while dragging the strips that would come with their sizes.
func (t *border) Overlay(h Host) []Shape {
	if !t.held {
		r := t.used(h)
		if r.Empty() {
			return nil
		}
		return append([]Shape{box(r, false)}, handleShapes(r)...)
	}
	out := []Shape{box(t.from, false)}
	a, b := t.from, t.to
	for _, s := range []struct {
		strip image.Rectangle
		grown int
	}{
		{image.Rect(b.Min.X, b.Min.Y, b.Max.X, a.Min.Y), a.Min.Y - b.Min.Y},
		{image.Rect(b.Min.X, a.Max.Y, b.Max.X, b.Max.Y), b.Max.Y - a.Max.Y},
		{image.Rect(b.Min.X, a.Min.Y, a.Min.X, a.Max.Y), a.Min.X - b.Min.X},
		{image.Rect(a.Max.X, a.Min.Y, b.Max.X, a.Max.Y), b.Max.X - a.Max.X},
	} {
		if s.grown > 0 {
			out = append(out, box(s.strip, true), label(s.strip, fmt.Sprintf("+%d px", s.grown)))
		}
	}
	return append(out, handleShapes(t.to)...)
}

// Cursor says which handle a press would take.
func (t *border) Cursor(h Host, p Pointer) Cursor {
	if t.held {
		return t.grip.cursor()
	}
	if d, ok := t.grab(h, t.used(h), p); ok {
		return d.cursor()
	}
	return Arrow
}
