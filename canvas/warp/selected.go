package warp

import (
	"context"
	"fmt"
	"image"
	"slices"

	"pentimento/canvas"
	"pentimento/fault"
)

// Selected is s with what is selected of one layer, and the selection of it, laid elsewhere by m:
// the pixels are cut out as far as they are selected, resampled as Layer does, and laid over the
// rest. The layer's mask stays where it is. Where m is the identity, or nothing is selected of
// the layer, s itself comes back; what is neither selected nor where pixels go keeps every bit,
// and all that the opened picture has of 16 bits a channel stays of 16. Fills stay known, also
// those of pixels that moved. Where pixels would go to a line, infinitely far away, or be more
// than can be held, the error says so. It ends early with ctx.Err(). Safe from any goroutine.
func Selected(ctx context.Context, s *canvas.State, id canvas.LayerID, m Map, o Options) (*canvas.State, error) {
	l := s.Layer(id)
	if l == nil || m == Identity {
		return s, nil
	}
	rect := l.Used().Intersect(canvas.CoverUsed(s.Selection))
	if rect.Empty() {
		return s, nil
	}
	back, target, part, err := reach(m, rect, o.Within)
	if err != nil {
		return nil, err
	}
	c := &cut{ctx: ctx, l: l, from: s.Selection, rect: rect, part: part, target: target, back: back, o: o}
	if c.to, err = cover(ctx, s.Selection, rect, m, back, o.Within, stage(o.Report, 0, 0.2)); err != nil {
		return nil, err
	}
	n, out := *l, *s
	n.Placed, n.Text = nil, nil
	if f := s.Source; o.Within.Empty() && f.Deep() && f.Layer == id {
		out.Source, err = c.deep(f, &n)
	} else {
		err = laid(c, &n, func() func([]uint8, image.Point) {
			return func(dst []uint8, at image.Point) { l.Read(dst, len(dst), row(at, len(dst)/4)) }
		},
			func(dst []uint8, _ image.Point, p [4]uint8) { copy(dst, p[:]) })
	}
	if err != nil {
		return nil, err
	}
	out.Layers = slices.Clone(s.Layers)
	out.Layers[s.Index(id)] = &n
	out.Selection = c.to
	moved, err := taken(ctx, s, &n, m, rect, stage(o.Report, 0.9, 1))
	if err != nil {
		return nil, err
	}
	out.Origins = append(slices.Clone(s.Origins), moved...)
	return out.Rebased(), nil
}

// cut is what is selected of a layer on its way.
type cut struct {
	ctx                context.Context
	l                  *canvas.Layer
	from, to           canvas.Grid[canvas.MaskTile] // the selection before and after
	rect, part, target image.Rectangle              // what is cut, what of it is needed, where it goes
	back               Map
	o                  Options
}

// deep makes n's tiles from all that the opened picture has, and the Source that goes with them.
func (c *cut) deep(f *canvas.Source, n *canvas.Layer) (*canvas.Source, error) {
	to := c.target.Sub(c.l.Offset)
	own := f.Exact.Bounds().Union(to)
	if area(own) > most || area(own) > spare+4*(area(f.Exact.Bounds())+area(to)) {
		return nil, fault.New(fmt.Sprintf("transform: the picture has 16 bits a channel, and with where its pixels go it would be %d × %d, want less", own.Dx(), own.Dy()),
			"move them less far, or make them a layer of their own first (Ctrl+J)")
	}
	img, err := grown(c.ctx, f.Exact, own)
	if err != nil {
		return nil, err
	}
	err = laid(c, n, func() func([]uint16, image.Point) { return widening(c.l, f.Exact) },
		func(dst []uint8, at image.Point, p [4]uint16) { narrow(dst, img, at, p) })
	if err != nil {
		return nil, err
	}
	return f.With(trimmed(img)), c.ctx.Err()
}

// spare is how many pixels of a picture of 16 bits may lie between its parts, whatever their size.
const spare = 1 << 25

// laid makes n's tiles: what reader makes fills a row of the layer's pixels from a document pixel
// on, write puts a pixel into a tile, at is its place in the layer's own coordinates.
func laid[T sample](c *cut, n *canvas.Layer, reader func() func(dst []T, at image.Point), write func(dst []uint8, at image.Point, p [4]T)) error {
	w := c.part.Dx()
	pix, shows, read := make([]T, 4*w*c.part.Dy()), make([]uint8, w), reader()
	for y := range c.part.Dy() {
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		at := image.Pt(c.part.Min.X, c.part.Min.Y+y)
		line := pix[4*w*y:][:4*w]
		read(line, at)
		canvas.ReadCover(c.from, shows, w, row(at, w))
		for i := range line {
			line[i] = share(line[i], shows[i/4])
		}
	}
	made, err := tiled(c.ctx, c.keys(), stage(c.o.Report, 0.3, 0.9), func() func(canvas.TileKey) *canvas.Tile {
		sm, read := newSampler(pix, c.part, c.rect, c.back, c.o.Filter), reader()
		var old, moved [4 * canvas.TileSize]T
		var from, to canvas.MaskTile
		return func(k canvas.TileKey) *canvas.Tile {
			t, there := &canvas.Tile{}, k.Rect().Add(c.l.Offset)
			if was := c.l.Tiles.At(k); was != nil {
				*t = *was
			}
			canvas.ReadCover(c.from, from.Pix[:], canvas.TileSize, there)
			canvas.ReadCover(c.to, to.Pix[:], canvas.TileSize, there)
			for y := range canvas.TileSize {
				read(old[:], image.Pt(there.Min.X, there.Min.Y+y))
				clear(moved[:])
				in := row(image.Pt(there.Min.X, there.Min.Y+y), canvas.TileSize).Intersect(c.target)
				if !in.Empty() {
					sm.row(moved[4*(in.Min.X-there.Min.X):][:4*in.Dx()], in.Min.X, in.Max.X, in.Min.Y)
				}
				for x := range canvas.TileSize {
					i, was := y*canvas.TileSize+x, [4]T(old[4*x:])
					if now := lay(was, [4]T(moved[4*x:]), from.Pix[i], to.Pix[i]); now != was {
						write(t.Pix[4*i:], k.Rect().Min.Add(image.Pt(x, y)), now)
					}
				}
			}
			if was := c.l.Tiles.At(k); was != nil && was.Pix == t.Pix {
				return was
			}
			return t
		}
	})
	n.Tiles = c.l.Tiles.With(made)
	return err
}

// row is n pixels from at on.
func row(at image.Point, n int) image.Rectangle {
	return image.Rectangle{at, at.Add(image.Pt(n, 1))}
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }

// keys are the tiles in which anything may change.
func (c *cut) keys() (out []canvas.TileKey) {
	known := map[canvas.TileKey]bool{}
	add := func(r image.Rectangle, is func(canvas.TileKey) bool) {
		if !c.o.Within.Empty() {
			r = r.Intersect(c.o.Within)
		}
		canvas.KeysIn(r.Sub(c.l.Offset), func(k canvas.TileKey) {
			if !known[k] && is(k) {
				known[k] = true
				out = append(out, k)
			}
		})
	}
	add(c.target, func(canvas.TileKey) bool { return true })
	add(c.rect, func(k canvas.TileKey) bool {
		return c.l.Tiles.At(k) != nil && c.from.Any(k.Rect().Add(c.l.Offset))
	})
	return out
}

// share is a sample as far as it is selected; what is left is the sample less that.
func share[T sample](v T, selected uint8) T { return T((uint32(v)*uint32(selected) + 127) / 255) }

// lay lays a part over a pixel from which as much was cut as was selected of it. The part fills
// first what was cut out, from to, of the pixel's area, and covers only with the rest of its
// own, to, what was left: so it is the old pixel again, to the bit, where it comes back to its
// place, and elsewhere the plain "over" of Porter and Duff, "Compositing digital images", 1984.
func lay[T sample](p, part [4]T, from, to uint8) (out [4]T) {
	const half = 0.5
	full := float32(^T(0))
	over := float32(part[3]) / full
	switch {
	case to > from:
		over *= 1 - float32(from)/float32(to)
	case from > 0:
		over = 0
	}
	for i, v := range p {
		rest := v - share(v, from)
		out[i] = rest - T(min(float32(v)*over+half, float32(rest)))
	}
	room := ^T(0) - part[3]
	if a := out[3]; a > room {
		for i, v := range out {
			out[i] = T(float32(v)*float32(room)/float32(a) + half)
		}
		out[3] = room
	}
	out[3] += part[3]
	for i := range 3 {
		out[i] = T(min(uint32(out[i])+uint32(part[i]), uint32(out[3])))
	}
	return out
}
