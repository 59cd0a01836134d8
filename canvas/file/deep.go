package file

import (
	"image"
	"image/color"

	"pentimento/canvas/colour"
)

// settle brings a decoded picture into a form that its meaning describes: CMYK with a
// profile becomes sRGB, which note tells; a profile of other channels than the picture's is
// dropped.
func (m *Meaning) settle(img image.Image) (out image.Image, note string) {
	cmyk, inks := img.(*image.CMYK)
	channels := colour.Channels(m.Profile)
	switch {
	case inks && channels == 4:
		s, err := colour.Read(m.Profile)
		m.Profile = nil
		if err != nil {
			return img, "its CMYK profile is damaged; colours are a guess"
		}
		return s.CMYK(cmyk), "CMYK was converted to sRGB by its profile " + s.Name
	case channels == 4 || inks && m.Profile != nil:
		m.Profile = nil
		return img, "its colour profile is for other channels than it has, and was left out"
	}
	return img, ""
}

// Deepen is img, a picture of 8 bits made from p, with the samples of p's 16 bits wherever
// the pixel is still p's: p's upper left corner lies at a pixel of img. Others are widened.
// Of a grey p a grey picture comes back where img is grey throughout. A p of 8 bits: img.
func (p *Picture) Deepen(img *image.NRGBA, at image.Point) image.Image {
	if p.deep == nil {
		return img
	}
	out := image.NewNRGBA64(img.Rect)
	for i, v := range img.Pix {
		out.Pix[2*i], out.Pix[2*i+1] = v, v
	}
	was := p.NRGBA()
	for y := range p.Height {
		for x := range p.Width {
			here := image.Pt(x, y).Add(at)
			if !here.In(img.Rect) || img.NRGBAAt(here.X, here.Y) != was.NRGBAAt(x, y) {
				continue
			}
			sx, sy := p.stored(x, y)
			b := p.deep.Bounds().Min
			out.SetNRGBA64(here.X, here.Y, color.NRGBA64Model.Convert(p.deep.At(b.X+sx, b.Y+sy)).(color.NRGBA64))
		}
	}
	if _, grey := p.deep.(*image.Gray16); grey && colour.Channels(p.Meaning.Profile) != 3 {
		return greyOf(out)
	}
	return out
}

// greyOf is a picture as grey where it is grey throughout, and the same picture otherwise.
func greyOf(img *image.NRGBA64) image.Image {
	out := image.NewGray16(img.Rect)
	for i := 0; i < len(img.Pix); i += 8 {
		p := img.Pix[i : i+8]
		if p[0] != p[2] || p[1] != p[3] || p[0] != p[4] || p[1] != p[5] || p[6] != 255 || p[7] != 255 {
			return img
		}
		copy(out.Pix[i/4:i/4+2], p)
	}
	return out
}
