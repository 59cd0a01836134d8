package tools

import (
	"fmt"
	"math"

	"pentimento/tools/stroke"
)

// sizing changes a brush by dragging: sideways its size, so that its rim follows the pointer,
// up and down its hardness. The ring stands where the drag began.
type sizing struct {
	held   bool
	start  Pointer
	before BrushSettings
}

// takes says whether a press begins it. Control does the same as Alt: many a desktop keeps
// drags with Alt for itself.
func (t *sizing) takes(p Pointer) bool { return p.Button == Right && p.Mods&(Alt|Control) != 0 }

func (t *sizing) press(h Host, p Pointer) { *t = sizing{true, p, h.Brush()} }

func (t *sizing) drag(h Host, p Pointer) {
	if !near(p) {
		return
	}
	dx, dy := p.X-t.start.X, p.Y-t.start.Y
	b := h.Brush()
	b.Size, b.Hardness = t.before.Size, t.before.Hardness
	if math.Abs(dx) >= math.Abs(dy) {
		b.Size = math.Round(min(max(b.Size+2*dx, stroke.MinSize), stroke.MaxSize))
	} else {
		b.Hardness = min(max(b.Hardness-dy*h.View().Scale/200, 0), 1)
	}
	h.SetBrush(b)
}

func (t *sizing) cancel(h Host) {
	if t.held {
		t.held = false
		b := h.Brush()
		b.Size, b.Hardness = t.before.Size, t.before.Hardness
		h.SetBrush(b)
	}
}

// overlay is the brush as it would be: its rim, its hard core and the numbers.
func (t *sizing) overlay(h Host) []Shape {
	b, c := h.Brush(), Vec{t.start.X, t.start.Y}
	out := []Shape{{Kind: Circle, Points: []Vec{c, {c.X + b.Size/2, c.Y}}}}
	if b.Hardness > 0 && b.Hardness < 1 {
		out = append(out, Shape{Kind: Circle, Points: []Vec{c, {c.X + b.Size/2*b.Hardness, c.Y}}})
	}
	return append(out, Shape{Kind: Label, Text: fmt.Sprintf("%.0f px, %.0f %%", b.Size, 100*b.Hardness), Points: []Vec{c}})
}
