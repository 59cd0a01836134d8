package canvas

import (
	"context"
	"image"

	"github.com/disintegration/imaging"
)

// Resampler makes a picture of straight alpha w × h pixels large, and reports what part of it is done.
type Resampler func(ctx context.Context, img *image.NRGBA, w, h int, report func(float64)) (*image.NRGBA, error)

// Enlarged is Scaled with the pixels of layers made by a Resampler; masks, selections and what was
// placed from a picture that is large enough are made as Scaled makes them.
func (s *State) Enlarged(ctx context.Context, r image.Rectangle, size image.Point, by Resampler, report func(float64)) (*State, error) {
	return s.scaled(ctx, scaling{r, size, by}, report)
}

// EnlargedLayer is the picture with one layer's pixels and mask made larger about their middle, whose
// used rectangle becomes so large. What a text or a placed picture was is then pixels.
func (s *State) EnlargedLayer(ctx context.Context, id LayerID, size image.Point, by Resampler, report func(float64)) (*State, error) {
	l := s.Layer(id)
	if l == nil || l.Used().Empty() {
		return s, nil
	}
	all := l.Used()
	c := scaling{all, size, by}
	plain := *l
	if plain.Placed = nil; l.Mask != nil {
		all = all.Union(l.Mask.Used().Add(l.Offset))
	}
	now, err := c.layer(ctx, &plain, all, report)
	if err != nil {
		return nil, err
	}
	moved := *now
	moved.Offset = l.Used().Size().Sub(size).Div(2)
	out := *s
	out.Layers = append([]*Layer(nil), s.Layers...)
	out.Layers[s.Index(id)] = &moved
	return &out, nil
}

// fromOriginal says whether a layer is scaled from the picture that was placed on it.
func (c scaling) fromOriginal(l *Layer) bool {
	return l.Placed != nil && (c.by == nil || l.Placed.Source.Rect.Dx() >= c.rect(l.Placed.Rect).Dx())
}

// pixels are a layer's at their new size, and where they lie.
func (c scaling) pixels(ctx context.Context, l *Layer, all image.Rectangle, report func(float64)) (*image.NRGBA, image.Rectangle, error) {
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
	if c.by != nil && !c.fromOriginal(l) {
		made, err := c.by(ctx, img, to.Dx(), to.Dy(), report)
		if err != nil {
			return nil, to, err
		}
		img = made
	}
	if img.Rect.Size() != to.Size() || c.by == nil || c.fromOriginal(l) {
		img = imaging.Resize(img, to.Dx(), to.Dy(), imaging.Lanczos)
	}
	moved := *img
	moved.Rect = to
	return &moved, to, nil
}
