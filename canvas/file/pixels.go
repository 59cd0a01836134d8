package file

import (
	"image"
	"image/color"
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
	toRGB := jfif
	if studio {
		toRGB = bt601
	}
	switch m := img.(type) {
	case *image.YCbCr:
		s.opaque = true
		s.row = func(x0, x1, y int, dst []byte) { ycbcrRow(m, toRGB, x0, x1, y, dst) }
		if !studio {
			s.row = func(x0, x1, y int, dst []byte) { jfifRow(m, x0, x1, y, dst) }
		}
	case *image.NYCbCrA:
		s.row = func(x0, x1, y int, dst []byte) {
			ycbcrRow(&m.YCbCr, toRGB, x0, x1, y, dst)
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

func jfif(y, cb, cr int32) (r, g, b uint8) {
	r, g, b = color.YCbCrToRGB(uint8(y), uint8(cb), uint8(cr))
	return
}

// bt601 converts studio-range YCbCr (16..235, 16..240) with 14-bit coefficients of
// ITU-R BT.601, rounded as the WebP specification's reference decoder does.
func bt601(y, u, v int32) (r, g, b uint8) {
	l := y * 19077 >> 8
	return clip14(l + v*26149>>8 - 14234), clip14(l - u*6419>>8 - v*13320>>8 + 8708), clip14(l + u*33050>>8 - 17685)
}

// clip14 takes 14 bits (8 and 6 of fraction) to 8.
func clip14(v int32) uint8 { return uint8(max(0, min(255, v>>6))) }

// chromaStep returns how many pixels of a row share one chroma sample.
func chromaStep(r image.YCbCrSubsampleRatio) int {
	switch r {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		return 2
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		return 4
	}
	return 1
}

func ycbcrRow(m *image.YCbCr, toRGB func(y, cb, cr int32) (r, g, b uint8), x0, x1, y int, dst []byte) {
	step, luma := chromaStep(m.SubsampleRatio), m.Y[m.YOffset(x0, y):]
	ci, left := m.COffset(x0, y), step-x0%step
	for i := range x1 - x0 {
		if left == 0 {
			ci, left = ci+1, step
		}
		left--
		r, g, b := toRGB(int32(luma[i]), int32(m.Cb[ci]), int32(m.Cr[ci]))
		dst[4*i], dst[4*i+1], dst[4*i+2], dst[4*i+3] = r, g, b, 255
	}
}

// jfifRow is ycbcrRow for full-range pictures, written out: it runs for every pixel of
// every photo. The chroma terms are worked out once per sample. Same result as
// color.YCbCrToRGB.
func jfifRow(m *image.YCbCr, x0, x1, y int, dst []byte) {
	n := x1 - x0
	step, luma := chromaStep(m.SubsampleRatio), m.Y[m.YOffset(x0, y):][:n]
	ci, run := m.COffset(x0, y), step-x0%step
	for i := 0; i < n; {
		cb, cr := int32(m.Cb[ci])-128, int32(m.Cr[ci])-128
		dr, dg, db := 91881*cr, -22554*cb-46802*cr, 116130*cb
		for end := min(n, i+run); i < end; i++ {
			l := int32(luma[i]) * 0x10101
			d := dst[4*i : 4*i+4 : 4*i+4]
			d[0], d[1], d[2], d[3] = clip24(l+dr), clip24(l+dg), clip24(l+db), 255
		}
		ci, run = ci+1, step
	}
}

// clip24 takes 24 bits (8 and 16 of fraction) to 8.
func clip24(v int32) uint8 {
	if uint32(v)&0xff000000 == 0 {
		return uint8(v >> 16)
	}
	return uint8(^(v >> 31))
}
