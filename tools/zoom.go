package tools

import (
	"image"
	"math"
)

// zoom comes closer at a click and goes back with Alt or the right button, by doubling;
// a box drawn with the left button fills the view.
type zoom struct {
	from, to Vec
	out      bool
	held     bool
}

// A box smaller than this, in device pixels, is a click.
const minBox = 6

func newZoom() Tool { return &zoom{} }

// Press fixes one corner of the box.
func (t *zoom) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button != Middle && near(p) {
		*t = zoom{from: Vec{p.X, p.Y}, to: Vec{p.X, p.Y}, out: outward(p), held: true}
	}
}

// Drag moves the other corner.
func (t *zoom) Drag(h Host, p Pointer) {
	if t.held && near(p) {
		old := t.rect()
		t.to = Vec{p.X, p.Y}
		h.Invalidate(old.Union(t.rect()).Inset(-2))
	}
}

// Release zooms.
func (t *zoom) Release(h Host, p Pointer) {
	if !t.held {
		return
	}
	t.Drag(h, p)
	v := h.View()
	x, y := v.ToView(t.from.X, t.from.Y)
	switch {
	case t.out:
		v = v.Zoomed(v.Scale/2, x, y)
	case t.isClick(v):
		v = v.Zoomed(v.Scale*2, x, y)
	default:
		v = v.filling(t.from, t.to, 1, MaxScale)
	}
	t.Cancel(h)
	h.SetView(v)
}

// Cancel forgets the box; the view has not changed yet.
func (t *zoom) Cancel(h Host) {
	if t.held {
		t.held = false
		h.Invalidate(t.rect().Inset(-2))
	}
}

func (t *zoom) rect() image.Rectangle { return hull([]Vec{t.from, t.to}) }

func (t *zoom) isClick(v View) bool {
	return math.Min(math.Abs(t.to.X-t.from.X), math.Abs(t.to.Y-t.from.Y))*v.Scale < minBox
}

// Overlay shows the box.
func (t *zoom) Overlay(h Host) []Shape {
	if !t.held || t.out || t.isClick(h.View()) {
		return nil
	}
	return []Shape{{Kind: Box, Points: []Vec{t.from, t.to}}}
}

// Cursor is a cross.
func (t *zoom) Cursor(Host, Pointer) Cursor { return Cross }

// outward says whether the pointer zooms out.
func outward(p Pointer) bool { return p.Button == Right || p.Mods&Alt != 0 }
