package tools

import (
	"image"
	"math"

	"pentimento/canvas"
	"pentimento/tools/stroke"
)

// The limits of the frame's sides in pixels.
const (
	MinFrame = 64
	MaxFrame = 16384
)

// frame moves and resizes the rectangle that a fill works in. A drag inside moves it (its
// top left corner snaps to the grid), a handle resizes it (the side's length snaps, since
// that is what models ask for), a drag outside draws a new one and a click outside brings
// the frame there.
type frame struct {
	mode  frameMode
	grip  handle
	start Pointer
	moved bool // beyond what a hand trembles
	edit  *canvas.Edit
}

type frameMode uint8

const (
	frameIdle frameMode = iota
	frameMoving
	frameResizing
	frameDrawing
)

func newFrame() Tool { return &frame{} }

// Press takes hold of the frame, of a handle or an edge, or begins a new frame.
func (t *frame) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button != Left || !near(p) {
		return
	}
	t.start, t.moved = p, false
	r := h.State().Frame
	if d, ok := grabEdge(h.View(), r, p); ok {
		t.mode, t.grip = frameResizing, d
	} else if inside(r, p) {
		t.mode = frameMoving
	} else {
		t.mode = frameDrawing
	}
}

// Drag shows the frame as it would be. Nothing is edited before it differs.
func (t *frame) Drag(h Host, p Pointer) {
	if t.mode == frameIdle || !near(p) {
		return
	}
	t.moved = t.moved || math.Hypot(p.X-t.start.X, p.Y-t.start.Y)*h.View().Scale >= 3
	if !t.moved {
		return
	}
	base := h.State().Frame
	if t.edit != nil {
		base = t.edit.Base().Frame
	}
	t.set(h, t.target(h, base, p))
}

func (t *frame) target(h Host, base image.Rectangle, p Pointer) image.Rectangle {
	step := grid(h, p)
	dx, dy := p.X-t.start.X, p.Y-t.start.Y
	switch t.mode {
	case frameMoving:
		return base.Add(image.Pt(snap(float64(base.Min.X)+dx, step), snap(float64(base.Min.Y)+dy, step)).Sub(base.Min))
	case frameResizing:
		base.Min.X, base.Max.X = pull(base.Min.X, base.Max.X, t.grip.dx, dx, step)
		base.Min.Y, base.Max.Y = pull(base.Min.Y, base.Max.Y, t.grip.dy, dy, step)
		return base
	}
	x, y := snap(t.start.X, step), snap(t.start.Y, step)
	var r image.Rectangle
	r.Min.X, r.Max.X = pull(x, x, sign(dx), dx, step)
	r.Min.Y, r.Max.Y = pull(y, y, sign(dy), dy, step)
	return r
}

// pull moves one side of lo..hi by d so that the length snaps to step within the limits.
func pull(lo, hi, side int, d float64, step int) (int, int) {
	length := hi - lo
	if side != 0 {
		length = min(max(snap(float64(length)+d*float64(side), step), MinFrame), MaxFrame)
	}
	if side < 0 {
		return hi - length, hi
	}
	return lo, lo + length
}

func sign(d float64) int {
	if d < 0 {
		return -1
	}
	return 1
}

func (t *frame) set(h Host, r image.Rectangle) {
	old := h.State().Frame
	if r == old || !near(Pointer{X: float64(r.Min.X), Y: float64(r.Min.Y)}) || max(r.Max.X, r.Max.Y) > stroke.Limit {
		return
	}
	if t.edit == nil {
		text := "Move frame"
		if t.mode == frameResizing || t.mode == frameDrawing && t.moved {
			text = "Resize frame"
		}
		t.edit = h.Begin(text)
	}
	t.edit.SetFrame(r)
	h.Invalidate(old.Union(r).Inset(-2))
}

// Release keeps the frame: one step of history.
func (t *frame) Release(h Host, p Pointer) {
	if t.mode == frameIdle {
		return
	}
	t.Drag(h, p)
	if t.mode == frameDrawing && !t.moved {
		r, step := h.State().Frame, grid(h, t.start)
		to := image.Pt(snap(t.start.X-float64(r.Dx())/2, step), snap(t.start.Y-float64(r.Dy())/2, step))
		t.set(h, r.Add(to.Sub(r.Min)))
	}
	if t.edit != nil {
		t.edit.Commit()
	}
	t.edit, t.mode = nil, frameIdle
}

// Cancel gives the frame before Press back.
func (t *frame) Cancel(h Host) {
	if e := t.edit; e != nil && !e.Done() {
		h.Invalidate(e.State().Frame.Union(e.Base().Frame).Inset(-2))
		e.Rollback()
	}
	t.edit, t.mode = nil, frameIdle
}

// Overlay shows the frame with its handles and its size.
func (t *frame) Overlay(h Host) []Shape {
	r := h.State().Frame
	return append([]Shape{box(r, false), label(r, size(r))}, handleShapes(r)...)
}

// Cursor says what a press would take hold of.
func (t *frame) Cursor(h Host, p Pointer) Cursor {
	r := h.State().Frame
	if d, ok := grabEdge(h.View(), r, p); ok {
		return d.cursor()
	}
	if inside(r, p) {
		return MoveAll
	}
	return Cross
}
