package canvas

import (
	"context"
	"fmt"
	"image"
	"slices"

	"github.com/disintegration/imaging"
)

// imaging resamples with weighted alpha on all cores; the move tool scales with it, too.

// maxScaled is how many pixels a picture may have before and after it is scaled.
const maxScaled = 1 << 27

// scaling takes r to a size, its upper left corner in place, and all else along.
type scaling struct {
	r    image.Rectangle
	size image.Point
	by   Resampler // of layers' pixels; nil: Lanczos
	wide Resampler // of those of 16 bits where by is nil; nil: Lanczos, of 8
	deep *Source   // of 16 bits, which by or wide is given; nil: there is none
}

func (c scaling) rect(r image.Rectangle) image.Rectangle {
	if r.Empty() {
		return r
	}
	edge := func(v, from, n, to int) int {
		d := 2*(v-from)*to + n // rounds to nearest
		q := d / (2 * n)
		if d < 0 && d%(2*n) != 0 {
			q--
		}
		return from + q
	}
	out := image.Rect(edge(r.Min.X, c.r.Min.X, c.r.Dx(), c.size.X), edge(r.Min.Y, c.r.Min.Y, c.r.Dy(), c.size.Y),
		edge(r.Max.X, c.r.Min.X, c.r.Dx(), c.size.X), edge(r.Max.Y, c.r.Min.Y, c.r.Dy(), c.size.Y))
	out.Max.X, out.Max.Y = max(out.Max.X, out.Min.X+1), max(out.Max.Y, out.Min.Y+1)
	return out
}

// Scaled is the picture with r (document pixels) scaled to size by a Lanczos filter of three
// lobes, and everything else with it: all layers on one grid, placed pictures from their
// originals, mask, selections, frame and fills. The layer that was opened with 16 bits is scaled by wide, so
// that it keeps them; with nil, all that the opened picture had beyond 8 bits is gone. It ends
// early with ctx.Err(); report (not nil) hears of the fraction done. Safe from any goroutine.
func (s *State) Scaled(ctx context.Context, r image.Rectangle, size image.Point, wide Resampler, report func(float64)) (*State, error) {
	return s.scaled(ctx, scaling{r: r, size: size, wide: wide}, report)
}

func (s *State) scaled(ctx context.Context, c scaling, report func(float64)) (*State, error) {
	r, size := c.r, c.size
	if size == r.Size() {
		return s, nil
	}
	all, copied := r, *s
	copied.covers(func(g Grid[MaskTile]) Grid[MaskTile] {
		all = all.Union(CoverUsed(g))
		return g
	})
	for _, l := range s.Layers {
		all = all.Union(l.Used())
		if l.Mask != nil {
			all = all.Union(l.Mask.Used().Add(l.Offset))
		}
	}
	for _, a := range []image.Rectangle{all, c.rect(all)} {
		if size.X < 1 || size.Y < 1 || a.Dx() > 1<<16 || a.Dy() > 1<<16 || a.Dx()*a.Dy() > maxScaled {
			return nil, fmt.Errorf("image size: all layers together are %d × %d pixels, want at most %d megapixels", a.Dx(), a.Dy(), maxScaled>>20)
		}
	}
	out := *s
	if (c.by != nil || c.wide != nil) && s.Source.Deep() {
		c.deep = s.Source
	}
	out.Layers, out.Origins, out.Frame = nil, slices.Clone(s.Origins), c.rect(s.Frame)
	out.GuideLines = movedLines(s.GuideLines, c.line)
	if src := s.Source; src != nil && src.Exact != nil {
		out.Source = &Source{Profile: src.Profile, Meaning: src.Meaning, Layer: src.Layer}
	}
	for i, l := range s.Layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now, exact, err := c.layer(ctx, l, all, func(f float64) { report((float64(i) + f) / float64(len(s.Layers)+1)) })
		if err != nil {
			return nil, err
		}
		out.Layers = append(out.Layers, now)
		if c.deep != nil && c.deep.Layer == l.ID {
			out.Source = c.source(exact)
		}
		report(float64(i+1) / float64(len(s.Layers)+1))
	}
	out.covers(func(g Grid[MaskTile]) Grid[MaskTile] { return c.cover(g, all, all) })
	for i, o := range s.Origins {
		if now := out.Layer(o.Layer); now != nil {
			out.Origins[i] = c.origin(s, o, now)
		}
	}
	return out.Rebased(), nil
}

// layer is one at the new size, and its pixels where it has them in 16 bits.
func (c scaling) layer(ctx context.Context, l *Layer, all image.Rectangle, report func(float64)) (*Layer, *image.NRGBA64, error) {
	if l.Tiles.Len() == 0 && l.Mask == nil {
		return l, nil, nil
	}
	out := *l
	if l.Mask != nil {
		m := *l.Mask
		m.Tiles = c.cover(m.Tiles, all.Sub(l.Offset), all)
		out.Mask = &m
	}
	out.Text = nil
	if out.Offset = (image.Point{}); l.Tiles.Len() == 0 {
		return &out, nil, nil
	}
	pix, to, err := c.pixels(ctx, l, all, report)
	if err != nil {
		return nil, nil, err
	}
	if out.Placed != nil {
		out.Placed = nil
		if c.fromOriginal(l) {
			out.Placed = &Placed{l.Placed.Source, to}
		}
	}
	narrow, _ := pix.(*image.NRGBA)
	exact, deep := pix.(*image.NRGBA64)
	if deep {
		exact = &image.NRGBA64{Pix: exact.Pix, Stride: exact.Stride, Rect: to}
	}
	out.Tiles = made(keysIn(to), func(t *Tile) []uint8 { return t.Pix[:] }, func(dst []uint8, r image.Rectangle) {
		in := r.Intersect(to)
		for y := in.Min.Y; y < in.Max.Y; y++ {
			row := dst[((y-r.Min.Y)*TileSize+in.Min.X-r.Min.X)*4:][:4*in.Dx()]
			if !deep {
				Premultiply(row, narrow.Pix[(y-to.Min.Y)*narrow.Stride+4*(in.Min.X-to.Min.X):])
				continue
			}
			for i := 0; i < len(row); i += 4 {
				v := exact.NRGBA64At(in.Min.X+i/4, y)
				n := Narrow([4]uint16{v.R, v.G, v.B, v.A})
				copy(row[i:i+4], n[:])
			}
		}
	})
	return &out, exact, nil
}

// cover scales what a grid has in r, where it lies at all in the document.
func (c scaling) cover(g Grid[MaskTile], r, all image.Rectangle) Grid[MaskTile] {
	if g.Len() == 0 {
		return g
	}
	whole := image.NewAlpha(all)
	ReadCover(g, whole.Pix, whole.Stride, r)
	return Cover(c.alpha(whole, imaging.Lanczos))
}

func (c scaling) alpha(a *image.Alpha, filter imaging.ResampleFilter) *image.Alpha {
	out := image.NewAlpha(c.rect(a.Rect))
	img := imaging.Resize(&image.Gray{Pix: a.Pix, Stride: a.Stride, Rect: a.Rect}, out.Rect.Dx(), out.Rect.Dy(), filter)
	for i := range out.Pix {
		out.Pix[i] = img.Pix[4*i]
	}
	return out
}

// origin goes on telling a fill's pixels apart.
func (c scaling) origin(s *State, o *Origin, now *Layer) *Origin {
	r := s.Now(o)
	out := &Origin{Rect: c.rect(r), Layer: o.Layer, Recipe: o.Recipe, Offset: now.Offset}
	if still := s.Still(o); still != nil {
		part := *still
		part.Rect = part.Rect.Add(r.Min.Sub(part.Rect.Min))
		out.Mask = c.alpha(&part, imaging.NearestNeighbor)
	}
	if o.Settled() {
		out.Settle(now)
	}
	return out
}

func keysIn(r image.Rectangle) (out []TileKey) {
	KeysIn(r, func(k TileKey) { out = append(out, k) })
	return out
}
