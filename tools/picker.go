package tools

import (
	"image"
	"image/color"

	"pentimento/canvas"
	"pentimento/canvas/render"
)

// picker takes the brush's colour from the picture as it is seen, in sRGB, without mask and
// checkerboard; the right button takes the background colour. Where nothing is, the colour
// stays.
type picker struct {
	before BrushSettings
	held   bool
	back   bool
}

func newPicker() Tool { return &picker{} }

// Press takes the colour under the pointer.
func (t *picker) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button == Middle {
		return
	}
	t.before, t.held, t.back = h.Brush(), true, p.Button == Right
	t.Drag(h, p)
}

// Drag goes on taking.
func (t *picker) Drag(h Host, p Pointer) {
	if !t.held || !near(p) {
		return
	}
	b, p := h.Brush(), p.By(h.View().Home(p))
	if c, ok := colourAt(h.State(), p.Point(), b); ok {
		c = h.State().Source.Space().Seen(c)
		if t.back {
			b.Back = c
		} else {
			b.Colour = c
		}
		h.SetBrush(b)
	}
}

// Release keeps the colour.
func (t *picker) Release(h Host, p Pointer) {
	t.Drag(h, p)
	t.held = false
}

// Cancel gives the colours before Press back.
func (t *picker) Cancel(h Host) {
	if t.held {
		t.held = false
		b := h.Brush()
		b.Colour, b.Back = t.before.Colour, t.before.Back
		h.SetBrush(b)
	}
}

// Cursor is a cross.
func (t *picker) Cursor(Host, Pointer) Cursor { return Cross }

// colourAt is the mean colour of the square of b.Mean pixels around one, in the document's
// colours and made opaque; ok is false where all of it is transparent. Pixels count by their
// alpha.
func colourAt(s *canvas.State, p image.Point, b BrushSettings) (color.NRGBA, bool) {
	half := max(b.Mean, 1) / 2
	r := image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))}.Inset(-half)
	pix := make([]uint8, 4*r.Dx()*r.Dy())
	read(s, pix, r, b.ThisLayer)
	var sum [4]uint64
	for i, v := range pix {
		sum[i&3] += uint64(v)
	}
	if sum[3] == 0 {
		return color.NRGBA{}, false
	}
	mean := func(c int) uint8 { return uint8(min((sum[c]*255+sum[3]/2)/sum[3], 255)) }
	return color.NRGBA{R: mean(0), G: mean(1), B: mean(2), A: 255}, true
}

// read copies premultiplied pixels of r into dst, row by row: of the picture as it is seen, or
// of the active layer alone.
func read(s *canvas.State, dst []uint8, r image.Rectangle, layer bool) {
	if !layer {
		canvas.Premultiply(dst, render.Flatten(s, r, render.FlattenOptions{}).Pix)
	} else if l := s.Layer(s.Active); l != nil {
		l.Read(dst, 4*r.Dx(), r)
	} else {
		clear(dst)
	}
}
