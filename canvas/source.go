package canvas

import (
	"bytes"
	"image"
	"sync"

	"pentimento/canvas/colour"
)

// Source is what the picture file that a document was opened from says beyond its tiles. It
// is never written once it is in a State; any goroutine may use it. The nil Source says
// nothing: sRGB.
//
// 2026-11-27: it belongs to the State, like references and fills, so that whoever has one
// (screen, export, journal, a fill) knows what its pixels mean.
type Source struct {
	// Profile is the ICC profile, of RGB, of the document's pixels; nil: sRGB.
	Profile []byte
	// Meaning is all that the file says, as JSON; the canvas does not read it (canvas/file).
	Meaning []byte
	// Exact is the picture where tiles hold less than the file: 16 bits a channel
	// (*image.NRGBA64, *image.Gray16) or colours of low alpha (*image.NRGBA). Its bounds are
	// the layer's own pixels. nil: the tiles hold all.
	Exact image.Image
	Layer LayerID // the layer it was opened into

	once  sync.Once
	space *colour.Space
}

// Space is the colour space of the document; nil: sRGB, or one that cannot be shown.
func (s *Source) Space() *colour.Space {
	if s == nil || s.Profile == nil {
		return nil
	}
	s.once.Do(func() {
		if space, err := colour.Read(s.Profile); err == nil && !space.SRGB && space.Both() {
			s.space = space
		}
	})
	return s.space
}

// At is how far Exact's pixels lie from document pixels in a State.
func (s *Source) At(state *State) image.Point {
	if l := state.Layer(s.Layer); l != nil {
		return l.Offset
	}
	return image.Point{}
}

// Deep says whether Exact has 16 bits a channel.
func (s *Source) Deep() bool {
	if s == nil {
		return false
	}
	switch s.Exact.(type) {
	case *image.NRGBA64, *image.Gray16:
		return true
	}
	return false
}

// With is a Source with other samples: grey ones again where they were and still are grey.
func (s *Source) With(exact *image.NRGBA64) *Source {
	out := &Source{Profile: s.Profile, Meaning: s.Meaning, Layer: s.Layer, Exact: exact}
	if _, grey := s.Exact.(*image.Gray16); grey {
		if as := GreyOf(exact); as != nil {
			out.Exact = as
		}
	}
	return out
}

// GreyOf is an opaque picture without colours as one of grey; nil for others.
func GreyOf(img *image.NRGBA64) *image.Gray16 {
	out := image.NewGray16(img.Rect)
	for i := 0; i < len(img.Pix); i += 8 {
		p := [8]uint8(img.Pix[i:])
		if p != [8]uint8{p[0], p[1], p[0], p[1], p[0], p[1], 255, 255} {
			return nil
		}
		copy(out.Pix[i/4:], p[:2])
	}
	return out
}

// Narrow is a pixel of 16 bits and straight alpha as tiles hold it: what Exact has counts where
// the tile's pixel is this one.
func Narrow(c [4]uint16) (out [4]uint8) {
	for i, v := range c {
		out[i] = uint8((uint32(v)*255 + 32767) / 65535)
	}
	Premultiply(out[:], out[:])
	return out
}

// samples are a picture's samples, row by row, and its kind: bytes of a pixel.
func samples(img image.Image) (pix []byte, kind int) {
	switch m := img.(type) {
	case *image.NRGBA64:
		return m.Pix, 8
	case *image.NRGBA:
		return m.Pix, 4
	case *image.Gray16:
		return m.Pix, 2
	}
	return nil, 0
}

// backing tells the samples of Exact from others: two pictures may share them. nil: there are none.
func (s *Source) backing() *byte {
	if s == nil {
		return nil
	}
	if pix, _ := samples(s.Exact); len(pix) > 0 {
		return &pix[0]
	}
	return nil
}

// Equal says whether two say the same.
func (a *Source) Equal(b *Source) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	if !bytes.Equal(a.Profile, b.Profile) || !bytes.Equal(a.Meaning, b.Meaning) || a.Layer != b.Layer || (a.Exact == nil) != (b.Exact == nil) {
		return false
	}
	p, k := samples(a.Exact)
	q, n := samples(b.Exact)
	return k == n && bytes.Equal(p, q) && (k == 0 || a.Exact.Bounds() == b.Exact.Bounds())
}

// SetSource says what the pictures' pixels mean and hold: when a document is made.
func (e *Edit) SetSource(s *Source) {
	if !e.done {
		e.state.Source = s
	}
}
