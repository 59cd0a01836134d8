package canvas

import (
	"context"
	"image"
	"image/color"

	"github.com/disintegration/imaging"
)

// Resampler makes a picture of straight alpha w × h pixels large, and reports what part of it is done. It is given
// *image.NRGBA or, of 16 bits, *image.NRGBA64, and gives either.
type Resampler func(ctx context.Context, img image.Image, w, h int, report func(float64)) (image.Image, error)

// Enlarged is Scaled with the pixels of layers made by a Resampler; masks, selections and what was
// placed from a picture that is large enough are made as Scaled makes them. The layer that was opened with 16 bits keeps
// them where the Resampler does.
func (s *State) Enlarged(ctx context.Context, r image.Rectangle, size image.Point, by Resampler, report func(float64)) (*State, error) {
	return s.scaled(ctx, scaling{r: r, size: size, by: by}, report)
}

// EnlargedLayer is the picture with one layer's pixels and mask made larger about their middle, whose
// used rectangle becomes so large. What a text or a placed picture was is then pixels.
func (s *State) EnlargedLayer(ctx context.Context, id LayerID, size image.Point, by Resampler, report func(float64)) (*State, error) {
	l := s.Layer(id)
	if l == nil || l.Used().Empty() {
		return s, nil
	}
	all := l.Used()
	c := scaling{r: all, size: size, by: by}
	plain := *l
	if plain.Placed = nil; l.Mask != nil {
		all = all.Union(l.Mask.Used().Add(l.Offset))
	}
	if s.Source.Deep() && s.Source.Layer == id {
		c.deep = s.Source
	}
	now, exact, err := c.layer(ctx, &plain, all, report)
	if err != nil {
		return nil, err
	}
	moved := *now
	moved.Offset = l.Used().Size().Sub(size).Div(2)
	out := *s
	out.Layers = append([]*Layer(nil), s.Layers...)
	out.Layers[s.Index(id)] = &moved
	if c.deep != nil {
		out.Source = c.source(exact)
	}
	return out.Rebased(), nil
}

// source is what the opened picture's file said, with the exact pixels of now; nil: tiles hold all.
func (c scaling) source(exact *image.NRGBA64) *Source {
	if exact == nil {
		return &Source{Profile: c.deep.Profile, Meaning: c.deep.Meaning, Layer: c.deep.Layer}
	}
	return c.deep.With(exact)
}

// widened is a layer's picture with 16 bits: those of the opened file where its pixels are still there.
func (c scaling) widened(l *Layer, img *image.NRGBA) *image.NRGBA64 {
	out, now := image.NewNRGBA64(img.Rect), make([]uint8, 4*img.Rect.Dx())
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		row := img.Pix[img.PixOffset(img.Rect.Min.X, y):][:len(now)]
		Premultiply(now, row)
		for i := 0; i < len(now); i += 4 {
			at := image.Pt(img.Rect.Min.X+i/4, y)
			v := color.NRGBA64{R: 257 * uint16(row[i]), G: 257 * uint16(row[i+1]), B: 257 * uint16(row[i+2]), A: 257 * uint16(row[i+3])}
			if was, ok := exactAt(c.deep.Exact, at.Sub(l.Offset)); ok && Narrow([4]uint16{was.R, was.G, was.B, was.A}) == [4]uint8(now[i:]) {
				v = was
			}
			out.SetNRGBA64(at.X, at.Y, v)
		}
	}
	return out
}

// resampler is what scales a layer's picture, which it is given with all of its bits; nil: Lanczos in 8 bits.
func (c scaling) resampler(l *Layer, img *image.NRGBA) (by Resampler, given image.Image) {
	switch deep := c.deep != nil && c.deep.Layer == l.ID; {
	case c.fromOriginal(l):
		return nil, img
	case deep && c.by == nil:
		return c.wide, c.widened(l, img)
	case deep:
		return c.by, c.widened(l, img)
	}
	return c.by, img
}

// greyed is what was made of a picture without the colours that a network gave to what has none.
func (c scaling) greyed(made, of image.Image) image.Image {
	wide, ok := made.(*image.NRGBA64)
	was, deep := of.(*image.NRGBA64)
	if !ok || !deep || GreyOf(was) == nil {
		return made
	}
	for i := 0; i < len(wide.Pix); i += 8 {
		p := wide.Pix[i:][:8]
		grey := color.Gray16Model.Convert(color.NRGBA64{R: uint16(p[0])<<8 | uint16(p[1]), G: uint16(p[2])<<8 | uint16(p[3]), B: uint16(p[4])<<8 | uint16(p[5]), A: 0xffff}).(color.Gray16)
		for k := range 3 {
			p[2*k], p[2*k+1] = uint8(grey.Y>>8), uint8(grey.Y)
		}
	}
	return wide
}

// exactAt is a pixel of 16 bits.
func exactAt(img image.Image, at image.Point) (color.NRGBA64, bool) {
	if !at.In(img.Bounds()) {
		return color.NRGBA64{}, false
	}
	switch m := img.(type) {
	case *image.NRGBA64:
		return m.NRGBA64At(at.X, at.Y), true
	case *image.Gray16:
		v := m.Gray16At(at.X, at.Y).Y
		return color.NRGBA64{R: v, G: v, B: v, A: 0xffff}, true
	}
	return color.NRGBA64{}, false
}

// fromOriginal says whether a layer is scaled from the picture that was placed on it.
func (c scaling) fromOriginal(l *Layer) bool {
	return l.Placed != nil && (c.by == nil || l.Placed.Source.Rect.Dx() >= c.rect(l.Placed.Rect).Dx())
}

// pixels are a layer's at their new size, *image.NRGBA or *image.NRGBA64, and where they lie.
func (c scaling) pixels(ctx context.Context, l *Layer, all image.Rectangle, report func(float64)) (image.Image, image.Rectangle, error) {
	var img *image.NRGBA
	from, to := all, c.rect(all)
	switch {
	case c.by != nil && l.Used().Empty():
		return image.NewNRGBA(to), to, nil
	case c.fromOriginal(l):
		img, to = l.Placed.Source, c.rect(l.Placed.Rect)
	case c.by != nil && c.size.X%c.r.Dx() == 0 && c.size.Y%c.r.Dy() == 0: // no pixel of it lies between two
		from = l.Used()
		to = c.rect(from)
	}
	if img == nil {
		img = image.NewNRGBA(from)
		l.Read(img.Pix, img.Stride, from)
		Unpremultiply(img.Pix, img.Pix)
	}
	if by, given := c.resampler(l, img); by != nil {
		made, err := by(ctx, given, to.Dx(), to.Dy(), report)
		if err != nil {
			return nil, to, err
		}
		if made.Bounds().Size() == to.Size() {
			return c.greyed(made, given), to, nil
		}
		return imaging.Resize(made, to.Dx(), to.Dy(), imaging.Lanczos), to, nil
	}
	if img.Rect.Size() != to.Size() || c.by == nil || c.fromOriginal(l) {
		img = imaging.Resize(img, to.Dx(), to.Dy(), imaging.Lanczos)
	}
	return img, to, nil
}
