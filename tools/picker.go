package tools

import (
	"image"
	"image/color"

	"pentimento/canvas"
	"pentimento/canvas/blend"
)

// picker takes the brush's colour from the picture as it is seen, in sRGB, without mask and
// checkerboard. Where nothing is, the colour stays.
type picker struct {
	before color.NRGBA
	held   bool
}

func newPicker() Tool { return &picker{} }

// Press takes the colour under the pointer.
func (t *picker) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button == Middle {
		return
	}
	t.before, t.held = h.Brush().Colour, true
	t.Drag(h, p)
}

// Drag goes on taking.
func (t *picker) Drag(h Host, p Pointer) {
	if !t.held || !near(p) {
		return
	}
	if c, ok := colourAt(h.State(), p.Point()); ok {
		b := h.Brush()
		b.Colour = h.State().Source.Space().Seen(c)
		h.SetBrush(b)
	}
}

// Release keeps the colour.
func (t *picker) Release(h Host, p Pointer) {
	t.Drag(h, p)
	t.held = false
}

// Cancel gives the colour before Press back.
func (t *picker) Cancel(h Host) {
	if t.held {
		t.held = false
		b := h.Brush()
		b.Colour = t.before
		h.SetBrush(b)
	}
}

// Cursor is a cross.
func (t *picker) Cursor(Host, Pointer) Cursor { return Cross }

// colourAt is the colour of one pixel of all visible layers together, made opaque; ok is
// false where they are transparent.
func colourAt(s *canvas.State, p image.Point) (color.NRGBA, bool) {
	var sum, pixel [4]uint8
	for _, l := range s.Layers {
		if l.Visible {
			l.Read(pixel[:], 4, image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))})
			blend.Span(sum[:], pixel[:], l.Blend, l.Opacity)
		}
	}
	if sum[3] == 0 {
		return color.NRGBA{}, false
	}
	canvas.Unpremultiply(pixel[:], sum[:])
	return color.NRGBA{R: pixel[0], G: pixel[1], B: pixel[2], A: 255}, true
}
