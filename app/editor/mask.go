package editor

import (
	"image"

	"pentimento/app/fills"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
	"pentimento/tools"
)

// ClearMask masks nothing.
func (e *Editor) ClearMask() { e.Edit("Clear mask", (*canvas.Edit).ClearMask) }

// InvertMask swaps masked and kept inside the picture and the frame.
func (e *Editor) InvertMask() {
	s := e.doc.State()
	e.setMask("Invert mask", region.Invert(s.MaskImage(e.Used().Union(s.Frame).Union(s.MaskUsed()))))
}

// ResizeMask widens the mask by px pixels, or narrows it when px is negative.
func (e *Editor) ResizeMask(px int) {
	if px >= 0 {
		e.setMask("Grow mask", region.Grow(e.maskAnd(px), px))
		return
	}
	// One kept pixel around, so that the mask also shrinks where it ends at its own bounds.
	e.setMask("Shrink mask", region.Shrink(e.maskAnd(1-px), -px))
}

// FeatherMask softens the mask's border over px pixels.
func (e *Editor) FeatherMask(px int) {
	e.setMask("Feather mask", region.Feather(e.maskAnd(2*px), float64(px)))
}

// maskAnd is the mask and px pixels around it.
func (e *Editor) maskAnd(px int) *image.Alpha { return coverOf(e.doc.State().Mask, e.View().Tile, px) }

// MaskBlank adds what is transparent inside the frame to the mask.
func (e *Editor) MaskBlank() {
	s := e.doc.State()
	m, blank := s.MaskImage(s.Frame), fills.BlankMask(s, s.Frame)
	pixels.Raise(m, blank)
	e.setMask("Mask blank area", m)
}

// NextMaskView shows the mask in another way: tint, outline, black and white.
func (e *Editor) NextMaskView() {
	next := map[string]string{"": "ants", "ants": "mask", "mask": ""}[e.Settings.MaskView]
	said := map[string]string{"": words.T("Mask: tint and outline"), "ants": words.T("Mask: outline"), "mask": words.T("Mask: black and white")}
	e.setting(func() { e.Settings.MaskView = next })
	e.Say(said[next])
}

// setMask replaces the mask inside m's bounds, of a tile that repeats inside the tile.
func (e *Editor) setMask(label string, m *image.Alpha) {
	if tile := e.View().Tile; !tile.Empty() {
		m = pixels.CropMask(m, tile)
	}
	e.Edit(label, func(ed *canvas.Edit) { ed.SetMask(m) })
}

// FrameToMask, FrameToLayer and FrameToContent fit the frame around something, outward
// to the frame's grid of 64 pixels and never below one cell.
func (e *Editor) FrameToMask() { e.frameTo(e.doc.State().MaskUsed()) }

// FrameToLayer fits the frame around the active layer.
func (e *Editor) FrameToLayer() {
	s := e.doc.State()
	if l := s.Layer(s.Active); l != nil {
		e.frameTo(l.Used())
	}
}

// FrameToContent fits the frame around all visible content.
func (e *Editor) FrameToContent() { e.frameTo(e.Used()) }

func (e *Editor) frameTo(r image.Rectangle) {
	if r.Empty() {
		return
	}
	const grid = 64
	down := func(v int) int { return v &^ (grid - 1) }
	snapped := image.Rect(down(r.Min.X), down(r.Min.Y), down(r.Max.X+grid-1), down(r.Max.Y+grid-1))
	e.Edit("Fit frame", func(ed *canvas.Edit) { ed.SetFrame(snapped) })
}

// ResizeFrame gives the frame another size, in canvas pixels of at least 64 and at most
// what the frame tool allows; its middle stays.
func (e *Editor) ResizeFrame(w, h int) {
	old := e.doc.State().Frame
	side := func(v int) int { return min(max(v, tools.MinFrame), tools.MaxFrame) }
	w, h = side(w), side(h)
	if old.Dx() == w && old.Dy() == h {
		return
	}
	mid := old.Min.Add(old.Max).Div(2)
	r := image.Rect(mid.X-w/2, mid.Y-h/2, mid.X-w/2+w, mid.Y-h/2+h)
	e.Edit("Resize frame", func(ed *canvas.Edit) { ed.SetFrame(r) })
}
