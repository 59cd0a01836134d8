package tools

import (
	"fmt"
	"image"
	"math"
)

// rectangle puts a rectangle into the mask or takes it out. Its edges lie on whole
// pixels; nothing is edited before Release.
type rectangle struct {
	from, to Vec
	square   bool
	erase    bool
	held     bool
}

func newRectangle() Tool { return &rectangle{} }

// Press fixes one corner.
func (t *rectangle) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button != Middle && near(p) {
		*t = rectangle{from: Vec{p.X, p.Y}, to: Vec{p.X, p.Y}, erase: subtracts(p), held: true}
	}
}

// Drag moves the opposite corner; Shift makes a square.
func (t *rectangle) Drag(h Host, p Pointer) {
	if t.held && near(p) {
		old := t.rect()
		t.to, t.square = Vec{p.X, p.Y}, p.Mods&Shift != 0
		h.Invalidate(old.Union(t.rect()).Inset(-2))
	}
}

// Release fills the rectangle: one step of history.
func (t *rectangle) Release(h Host, p Pointer) {
	if !t.held {
		return
	}
	t.Drag(h, p)
	r, label := t.rect(), "Rectangle"
	t.Cancel(h)
	if t.erase {
		label = "Subtract rectangle"
	}
	layRect(h, label, r, t.erase)
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
	return []Shape{box(r, true), label(r, text)}
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
