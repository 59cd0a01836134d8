package file

import (
	"image"
	"image/color"

	"pentimento/canvas/chroma"
)

// source hands out rows of a decoded image of any kind as 8-bit RGBA.
type source struct {
	// row writes the pixels x0 ≤ x < x1 of row y to dst (4 bytes each).
	row           func(x0, x1, y int, dst []byte)
	origin        image.Point
	premultiplied bool // what row writes
	opaque        bool
}

// newSource chooses the converter for img. studio is whether YCbCr is in BT.601 studio
// range (lossy WebP) instead of JFIF's full range.
func newSource(img image.Image, studio bool) source {
	s := source{origin: img.Bounds().Min}
	ycbcr := chroma.JPEG
	if studio {
		ycbcr = chroma.WebP
	}
	switch m := img.(type) {
	case *image.YCbCr:
		s.opaque = true
		s.row = func(x0, x1, y int, dst []byte) { ycbcr(m, x0, x1, y, dst) }
	case *image.NYCbCrA:
		s.row = func(x0, x1, y int, dst []byte) {
			ycbcr(&m.YCbCr, x0, x1, y, dst)
			a := m.A[m.AOffset(x0, y):]
			for i := range x1 - x0 {
				dst[4*i+3] = a[i]
			}
		}
	case *image.NRGBA:
		s.opaque = m.Opaque()
		s.row = func(x0, x1, y int, dst []byte) { copy(dst, m.Pix[m.PixOffset(x0, y):m.PixOffset(x1-1, y)+4]) }
	case *image.RGBA:
		s.opaque = m.Opaque()
		s.premultiplied = !s.opaque
		s.row = func(x0, x1, y int, dst []byte) { copy(dst, m.Pix[m.PixOffset(x0, y):m.PixOffset(x1-1, y)+4]) }
	case *image.Paletted:
		s.opaque = m.Opaque()
		s.row = palettedRow(m)
	case *image.CMYK:
		s.opaque = true
		s.row = func(x0, x1, y int, dst []byte) { cmykRow(m.Pix[m.PixOffset(x0, y):], dst[:4*(x1-x0)]) }
	default:
		s.deep(img)
	}
	return s
}

// deep chooses the converter for grey and 16-bit images and for kinds unknown to us.
func (s *source) deep(img image.Image) {
	switch m := img.(type) {
	case *image.Gray:
		s.opaque = true
		s.row = func(x0, x1, y int, dst []byte) {
			for i, v := range m.Pix[m.PixOffset(x0, y) : m.PixOffset(x1-1, y)+1] {
				dst[4*i], dst[4*i+1], dst[4*i+2], dst[4*i+3] = v, v, v, 255
			}
		}
	case *image.Gray16:
		s.opaque = true
		s.row = func(x0, x1, y int, dst []byte) {
			p := m.Pix[m.PixOffset(x0, y):]
			for i := range x1 - x0 {
				v := round16(uint32(p[2*i])<<8 | uint32(p[2*i+1]))
				dst[4*i], dst[4*i+1], dst[4*i+2], dst[4*i+3] = v, v, v, 255
			}
		}
	case *image.NRGBA64:
		s.opaque = m.Opaque()
		s.row = func(x0, x1, y int, dst []byte) { wideRow(m.Pix[m.PixOffset(x0, y):], dst[:4*(x1-x0)]) }
	case *image.RGBA64:
		s.opaque = m.Opaque()
		s.premultiplied = !s.opaque
		s.row = func(x0, x1, y int, dst []byte) { wideRow(m.Pix[m.PixOffset(x0, y):], dst[:4*(x1-x0)]) }
	default:
		s.row = func(x0, x1, y int, dst []byte) {
			for x := x0; x < x1; x++ {
				c := straight(img.At(x, y))
				copy(dst[4*(x-x0):], c[:])
			}
		}
	}
}

// wideRow rounds big-endian 16-bit channels to 8 bits.
func wideRow(src, dst []byte) {
	for i := range dst {
		dst[i] = round16(uint32(src[2*i])<<8 | uint32(src[2*i+1]))
	}
}

// round16 is v·255/65535, rounded to nearest.
func round16(v uint32) uint8 { return uint8((v*255 + 32767) / 65535) }

func palettedRow(m *image.Paletted) func(x0, x1, y int, dst []byte) {
	var table [256][4]byte // an index beyond the palette stays transparent
	for i, c := range m.Palette[:min(256, len(m.Palette))] {
		table[i] = straight(c)
	}
	return func(x0, x1, y int, dst []byte) {
		for i, v := range m.Pix[m.PixOffset(x0, y) : m.PixOffset(x1-1, y)+1] {
			copy(dst[4*i:4*i+4], table[v][:])
		}
	}
}

// straight converts any colour to 8-bit straight alpha.
func straight(c color.Color) [4]byte {
	switch c := c.(type) {
	case color.NRGBA:
		return [4]byte{c.R, c.G, c.B, c.A}
	case color.NRGBA64:
		return [4]byte{round16(uint32(c.R)), round16(uint32(c.G)), round16(uint32(c.B)), round16(uint32(c.A))}
	}
	r, g, b, a := c.RGBA()
	if a == 0 {
		return [4]byte{}
	}
	un := func(v uint32) byte { return round16(min(65535, (v*65535+a/2)/a)) }
	if a == 65535 {
		un = round16
	}
	return [4]byte{un(r), un(g), un(b), round16(a)}
}

func cmykRow(src, dst []byte) {
	for i := 0; i < len(dst); i += 4 {
		r, g, b := color.CMYKToRGB(src[i], src[i+1], src[i+2], src[i+3])
		dst[i], dst[i+1], dst[i+2], dst[i+3] = r, g, b, 255
	}
}
