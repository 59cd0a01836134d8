package file

import (
	"bytes"
	"context"
	"image"
	"image/color"

	"pentimento/canvas"
	"pentimento/canvas/colour"
)

// settle brings a decoded picture into a form that its meaning describes: CMYK with a
// profile becomes sRGB, which note tells; a profile of other channels than the picture's is
// dropped.
// It reports and ends as Decode does.
func (m *Meaning) settle(ctx context.Context, img image.Image, report func(float64)) (out image.Image, note string, err error) {
	cmyk, inks := img.(*image.CMYK)
	channels := colour.Channels(m.Profile)
	switch {
	case inks && channels == 4:
		s, err := colour.Read(m.Profile)
		m.Profile = nil
		if err != nil {
			return img, "its CMYK profile is damaged; colours are a guess", nil
		}
		rgb, err := s.CMYK(ctx, cmyk, report)
		return rgb, "CMYK was converted to sRGB by its profile " + s.Name, err
	case channels == 4 || inks && m.Profile != nil:
		m.Profile = nil
		return img, "its colour profile is for other channels than it has, and was left out", nil
	}
	return img, "", nil
}

// straight64 is a picture of 16 bits as one of straight alpha, the same memory where nothing
// is transparent.
func straight64(m *image.RGBA64) *image.NRGBA64 {
	if m.Opaque() {
		return &image.NRGBA64{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	}
	out := image.NewNRGBA64(m.Rect)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			out.SetNRGBA64(x, y, color.NRGBA64Model.Convert(m.RGBA64At(x, y)).(color.NRGBA64))
		}
	}
	return out
}

// Exact is the picture as shown where tiles hold less than it has: *image.NRGBA64 or
// *image.Gray16 of 16 bits a channel, *image.NRGBA with colours of low alpha that do not
// survive premultiplying; nil: tiles hold all.
func (p *Picture) Exact() image.Image {
	if p.deep == nil {
		return p.thin()
	}
	switch m := p.deep.(type) {
	case *image.Gray16:
		if p.Orientation <= 1 && m.Rect == p.Bounds() && m.Stride == 2*p.Width {
			return m
		}
		out := image.NewGray16(p.Bounds())
		p.turnedSamples(out.Pix, m.Pix, m.Stride, 2)
		return out
	case *image.NRGBA64:
		if p.Orientation <= 1 && m.Rect == p.Bounds() && m.Stride == 8*p.Width {
			return m
		}
		out := image.NewNRGBA64(p.Bounds())
		p.turnedSamples(out.Pix, m.Pix, m.Stride, 8)
		return out
	}
	return nil // another kind of deep picture than decoders make
}

// turnedSamples copies pixels of size bytes to where they are shown.
func (p *Picture) turnedSamples(dst, src []byte, stride, size int) {
	for y := range p.Height {
		for x := range p.Width {
			sx, sy := p.stored(x, y)
			copy(dst[(y*p.Width+x)*size:][:size], src[sy*stride+sx*size:])
		}
	}
}

// thin is the picture of 8 bits, where premultiplying would cost some of it; else nil.
func (p *Picture) thin() image.Image {
	if !p.Alpha {
		return nil
	}
	img := p.NRGBA()
	row := make([]byte, img.Stride)
	for y := range p.Height {
		was := img.Pix[y*img.Stride:][:img.Stride]
		canvas.Premultiply(row, was)
		canvas.Unpremultiply(row, row)
		if !bytes.Equal(row, was) {
			return img
		}
	}
	return nil
}

// Deepen is img, a picture of 8 bits made from p, with the samples of p's 16 bits wherever
// the pixel is still p's: p's upper left corner lies at a pixel of img. Others are widened.
// Of a grey p a grey picture comes back where img is grey throughout. A p of 8 bits: img.
func (p *Picture) Deepen(img *image.NRGBA, at image.Point) image.Image {
	if p.deep == nil {
		return img
	}
	return p.Meaning.Restore(img, p.Exact(), at)
}

// Restore is img with what exact has there wherever the pixel, as tiles hold it, is still
// that of exact, whose pixels lie by `at` further in img. Of 16 bits exact, img's other
// pixels are widened, and of a grey one a grey picture comes back where img is grey
// throughout. img may be written; exact nil: img.
func (m Meaning) Restore(img *image.NRGBA, exact image.Image, at image.Point) image.Image {
	var size int
	var pix []byte
	var out64 *image.NRGBA64
	switch e := exact.(type) {
	case *image.NRGBA:
		pix, size = e.Pix, 4
	case *image.NRGBA64:
		pix, size = e.Pix, 8
	case *image.Gray16:
		pix, size = e.Pix, 2
	default:
		return img
	}
	if size != 4 {
		out64 = image.NewNRGBA64(img.Rect)
		for y := range img.Rect.Dy() {
			for i, v := range img.Pix[y*img.Stride:][:4*img.Rect.Dx()] {
				out64.Pix[y*out64.Stride+2*i], out64.Pix[y*out64.Stride+2*i+1] = v, v
			}
		}
	}
	b := exact.Bounds()
	in := b.Add(at).Intersect(img.Rect)
	src := newSource(exact, false)
	was, is := make([]byte, 4*in.Dx()), make([]byte, 4*in.Dx())
	for y := in.Min.Y; y < in.Max.Y; y++ {
		from := pix[((y-at.Y-b.Min.Y)*b.Dx()+in.Min.X-at.X-b.Min.X)*size:][:in.Dx()*size]
		src.row(in.Min.X-at.X, in.Max.X-at.X, y-at.Y, was)
		here := img.Pix[img.PixOffset(in.Min.X, y):][:4*in.Dx()]
		canvas.Premultiply(was, was)
		canvas.Premultiply(is, here)
		for x := range in.Dx() {
			if [4]byte(was[4*x:]) != [4]byte(is[4*x:]) {
				continue
			}
			switch size {
			case 4:
				copy(here[4*x:4*x+4], from[4*x:])
			case 8:
				copy(out64.Pix[out64.PixOffset(in.Min.X+x, y):][:8], from[8*x:])
			case 2:
				o := out64.Pix[out64.PixOffset(in.Min.X+x, y):][:8]
				v := [2]byte(from[2*x:])
				o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7] = v[0], v[1], v[0], v[1], v[0], v[1], 255, 255
			}
		}
	}
	if size == 4 {
		return img
	}
	if size == 2 && colour.Channels(m.Profile) != 3 {
		if grey := canvas.GreyOf(out64); grey != nil {
			return grey
		}
	}
	return out64
}
