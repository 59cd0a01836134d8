// Package toolstest drives tools without a window: a Host around a real
// canvas.Document, with the pointer's events as methods, and recorded strokes.
//
//	h := toolstest.New("mask")
//	h.Press(10, 10)
//	h.Drag(40, 10)
//	h.Release(40, 10)
//	h.Undo()
package toolstest

import (
	"context"
	"image"
	"image/draw"

	"pentimento/canvas"
	"pentimento/canvas/figure"
	"pentimento/tools"
)

// Host is a tools.Host for tests. Its fields may be set between events.
type Host struct {
	Doc    *canvas.Document
	Tool   tools.Tool
	Button tools.Button    // of the pointers to come
	Mods   tools.Mods      // of the pointers to come
	Dirty  image.Rectangle // union of what was invalidated; set it empty to begin afresh

	view  tools.View
	brush tools.BrushSettings
	time  float64
}

// New returns a Host with an empty Document, a view of 1000×800 at 100 % and the tool of
// that name in tools.All; it panics where there is none, which a test wants to see.
func New(name string) *Host {
	h := &Host{
		Doc: canvas.New(), view: tools.View{Scale: 1, W: 1000, H: 800}, brush: tools.DefaultBrush,
	}
	h.Use(name)
	return h
}

// Use switches to another tool as the window does: the drag under way is cancelled.
func (h *Host) Use(name string) {
	if h.Tool != nil {
		h.Tool.Cancel(h)
	}
	for _, row := range tools.All {
		if row.Name == name {
			h.Tool = row.New()
			return
		}
	}
	panic("toolstest: no tool " + name)
}

// State is the picture with the Edit in progress.
func (h *Host) State() *canvas.State { return h.Doc.Visible() }

// Begin opens an Edit.
func (h *Host) Begin(label string) *canvas.Edit { return h.Doc.Begin(label) }

// View is the view.
func (h *Host) View() tools.View { return h.view }

// SetView changes it.
func (h *Host) SetView(v tools.View) { h.view = v }

// Brush is the brush's settings.
func (h *Host) Brush() tools.BrushSettings { return h.brush }

// SetBrush changes them.
func (h *Host) SetBrush(b tools.BrushSettings) { h.brush = b }

// Invalidate gathers in Dirty what would be repainted.
func (h *Host) Invalidate(r image.Rectangle) { h.Dirty = h.Dirty.Union(r) }

// At is the next pointer: time goes on by a hundredth of a second.
func (h *Host) At(x, y float64) tools.Pointer {
	h.time += 0.01
	return tools.Pointer{X: x, Y: y, Time: h.time, Pressure: 1, Button: h.Button, Mods: h.Mods}
}

// Press, Drag and Release are the pointer's events in document pixels.
func (h *Host) Press(x, y float64) { h.Tool.Press(h, h.At(x, y)) }

// Drag moves with the button down.
func (h *Host) Drag(x, y float64) { h.Tool.Drag(h, h.At(x, y)) }

// Release lets the button go, and does the work that the tool asks for.
func (h *Host) Release(x, y float64) {
	h.Tool.Release(h, h.At(x, y))
	t, ok := h.Tool.(tools.Worker)
	if !ok {
		return
	}
	if w, ok := t.Work(); ok {
		out, err := w.Do(context.Background(), h.Doc.State())
		if err != nil {
			panic(err)
		}
		e := h.Doc.Begin(w.Label)
		e.Become(out)
		h.Invalidate(e.Commit())
	}
}

// Past is the first step of the history.
func (h *Host) Past() *canvas.State {
	all, _ := h.Doc.Moments()
	return all[0].State
}

// Figure draws every joint that is seen as a white square.
func (h *Host) Figure(f figure.Figure) *image.NRGBA {
	img := image.NewNRGBA(f.Bounds())
	for _, p := range f.People {
		for _, at := range p.Joints() {
			if c := image.Pt(int(at.X), int(at.Y)); !at.Hidden {
				draw.Draw(img, image.Rect(-3, -3, 4, 4).Add(c), image.White, image.Point{}, draw.Src)
			}
		}
	}
	return img
}

// Cancel is Esc, lost focus or a tool switch.
func (h *Host) Cancel() { h.Tool.Cancel(h) }

// Click is Press and Release on the spot.
func (h *Host) Click(x, y float64) {
	h.Press(x, y)
	h.Release(x, y)
}

// Stroke presses at the first place, drags through the others in steps of at most 10
// pixels and releases at the last.
func (h *Host) Stroke(places ...tools.Vec) {
	h.Press(places[0].X, places[0].Y)
	at := places[0]
	for _, to := range places[1:] {
		n := 1 + int(max(abs(to.X-at.X), abs(to.Y-at.Y))/10)
		for i := 1; i <= n; i++ {
			f := float64(i) / float64(n)
			h.Drag(at.X+(to.X-at.X)*f, at.Y+(to.Y-at.Y)*f)
		}
		at = to
	}
	h.Release(at.X, at.Y)
}

func abs(v float64) float64 { return max(v, -v) }

// Hover moves without a button, for the tools that follow it.
func (h *Host) Hover(x, y float64) {
	if t, ok := h.Tool.(tools.Hover); ok {
		t.Hover(h, h.At(x, y))
	}
}

// Overlay is what the tool draws over the picture.
func (h *Host) Overlay() []tools.Shape {
	if t, ok := h.Tool.(tools.Overlayer); ok {
		return t.Overlay(h)
	}
	return nil
}

// Cursor is the pointer's look at a place.
func (h *Host) Cursor(x, y float64) tools.Cursor {
	if t, ok := h.Tool.(tools.Cursorer); ok {
		return t.Cursor(h, h.At(x, y))
	}
	return tools.Arrow
}

// Undo and Redo step through the history.
func (h *Host) Undo() bool { _, ok := h.Doc.Undo(); return ok }

// Redo goes one step forward.
func (h *Host) Redo() bool { _, ok := h.Doc.Redo(); return ok }

// Steps is the number of entries in the history.
func (h *Host) Steps() int {
	steps, _ := h.Doc.History()
	return len(steps)
}

// Mask is one pixel of the mask.
func (h *Host) Mask(x, y int) uint8 {
	var p [1]uint8
	h.State().ReadMask(p[:], 1, image.Rect(x, y, x+1, y+1))
	return p[0]
}

// Pixel is one premultiplied pixel of the active layer.
func (h *Host) Pixel(x, y int) [4]uint8 {
	var p [4]uint8
	s := h.State()
	s.Layer(s.Active).Read(p[:], 4, image.Rect(x, y, x+1, y+1))
	return p
}
