package canvas

import (
	"image"
	"slices"

	"pentimento/canvas/blend"
)

// Origin records one accepted fill: where it is, how it was made and what it laid down,
// so that it is known later which of its pixels still show. It is never written once
// it is in a State.
//
// 2026-11-25: what a fill laid is kept as the tiles themselves, which the layer shares
// until it is painted on: telling a pixel of the fill from one painted over it is then a
// comparison, and no tool has to know of fills.
type Origin struct {
	Rect   image.Rectangle // document pixels, when it was accepted
	Layer  LayerID
	Recipe []byte // a JSON document; the canvas does not read it

	Offset image.Point  // added to the layer's own coordinates it gives those of Rect
	Laid   Grid[Tile]   // the layer's tiles in Rect just after, in the layer's own coordinates
	Mask   *image.Alpha // which of their pixels are the fill's (above 0), document pixels then; nil: all
}

// AddOrigin records an accepted fill as it is: one from a file, of which no more may be
// known than its rectangle. Every visible pixel of its layer there then counts as its own.
func (e *Edit) AddOrigin(o *Origin) {
	if !e.done {
		e.state.Origins = append(slices.Clone(e.state.Origins), o)
	}
}

// Witness records an accepted fill whose pixels lie in its layer now, where mask (its
// bounds document pixels; it is kept and must not be written any more) is above 0; a nil
// mask is all of o.Rect. It is the last that an Edit does to that layer: what is painted
// later is compared with what is there now.
func (e *Edit) Witness(o *Origin, mask *image.Alpha) {
	if l := e.state.Layer(o.Layer); l != nil && !e.done {
		o.Offset, o.Mask = l.Offset, mask
		o.Settle(l)
	}
	e.AddOrigin(o)
}

// Settle takes down what a layer holds now as what the fill laid: for readers of files,
// before the Origin is in a State, with Offset and Mask set.
func (o *Origin) Settle(l *Layer) { o.Laid = l.part(o.Rect.Sub(o.Offset)) }

// Settled says whether it is known what the fill laid.
func (o *Origin) Settled() bool { return o.Laid.Len() > 0 }

// Still is the part of a fill that its layer still holds as it was laid, in the
// coordinates of o.Rect, whether it is seen or not: what a file must keep to go on telling
// it apart. It is nil for all of Rect, and has no pixels when nothing is left.
func (s *State) Still(o *Origin) *image.Alpha {
	l := s.Layer(o.Layer)
	if l == nil || !o.Settled() {
		return o.Mask
	}
	m, by := image.NewAlpha(o.Rect), l.Offset.Sub(o.Offset)
	whole := 0
	s.showing(o, s.Now(o), l.ID, func(row image.Rectangle) {
		at := row.Min.Sub(by)
		whole += row.Dx()
		for i := range row.Dx() {
			m.Pix[m.PixOffset(at.X+i, at.Y)] = 255
		}
	})
	if whole == len(m.Pix) {
		return nil
	}
	return m
}

// part is the layer's tiles that r, in its own coordinates, touches.
func (l *Layer) part(r image.Rectangle) Grid[Tile] {
	tiles := map[TileKey]*Tile{}
	KeysIn(r, func(k TileKey) {
		if t := l.Tiles.At(k); t != nil {
			tiles[k] = t
		}
	})
	return Grid[Tile]{}.With(tiles)
}

// Now is where the fill is at present, in document pixels: its layer may have moved.
// It is empty where the layer is gone.
func (s *State) Now(o *Origin) image.Rectangle {
	l := s.Layer(o.Layer)
	if l == nil {
		return image.Rectangle{}
	}
	if !o.Settled() { // from a file that does not tell more
		return o.Rect
	}
	return o.Rect.Add(l.Offset.Sub(o.Offset))
}

// Shown counts the pixels of a fill that still show in r (document pixels) and names
// their bounds. A pixel shows while its layer is visible and still holds there what the
// fill laid, and no opaque pixel of a plain layer is above. With only set, that layer
// is looked at alone, hidden or not. Safe from any goroutine.
func (s *State) Shown(o *Origin, r image.Rectangle, only LayerID) (int, image.Rectangle) {
	count, bounds := 0, image.Rectangle{}
	s.showing(o, r, only, func(row image.Rectangle) {
		count += row.Dx()
		bounds = bounds.Union(row)
	})
	return count, bounds
}

// showing calls visit with every run of pixels in a row that Shown counts.
func (s *State) showing(o *Origin, r image.Rectangle, only LayerID, visit func(row image.Rectangle)) {
	at := s.Index(o.Layer)
	if at < 0 || only != 0 && only != o.Layer {
		return
	}
	l := s.Layers[at]
	if only == 0 && !s.Counts(l) {
		return
	}
	var above []*Layer
	for _, u := range s.Layers[at+1:] {
		if only == 0 && !u.Group && s.hides(u) {
			above = append(above, u)
		}
	}
	over, shows := make([]uint8, len(Tile{}.Pix)), make([]uint8, len(MaskTile{}.Pix))
	inside := s.Now(o).Intersect(r).Sub(l.Offset)
	KeysIn(inside, func(k TileKey) {
		holds := o.holds(l, k)
		there := k.Rect().Add(l.Offset)
		if only == 0 && l.Mask.On() {
			l.Mask.Read(shows, TileSize, k.Rect())
			for i, v := range shows {
				holds[i] = holds[i] && v != 0
			}
		}
		for _, u := range above {
			if !u.Bounds().Overlaps(there) {
				continue
			}
			u.Read(over, TileSize*4, there)
			for i := range holds {
				holds[i] = holds[i] && over[4*i+3] != 255
			}
		}
		part := k.Rect().Intersect(inside)
		for y := part.Min.Y; y < part.Max.Y; y++ {
			row := holds[(y&(TileSize-1))*TileSize:][:TileSize]
			for x := part.Min.X; x < part.Max.X; {
				end := x
				for end < part.Max.X && row[end&(TileSize-1)] {
					end++
				}
				if end > x {
					visit(image.Rect(x, y, end, y+1).Add(l.Offset))
				}
				x = end + 1
			}
		}
	})
}

// hides says whether a layer's opaque pixels hide what is below.
func (s *State) hides(l *Layer) bool {
	for ; l != nil; l = s.Layer(l.Parent) {
		if l.Guide || !l.Visible || l.Opacity != 255 || l.Blend != blend.Normal || l.Clip || l.Mask.On() {
			return false
		}
	}
	return true
}

// holds says for each pixel of a tile whether the layer still has there what the fill
// laid. Of a fill that was not witnessed every visible pixel counts.
func (o *Origin) holds(l *Layer, k TileKey) *[TileSize * TileSize]bool {
	var out [TileSize * TileSize]bool
	t, laid, known := l.Tiles.At(k), o.Laid.At(k), o.Settled()
	if t == nil || known && laid == nil {
		return &out
	}
	for i := range out {
		p := t.Pix[4*i:][:4]
		out[i] = p[3] != 0 && (!known || laid == t || [4]uint8(laid.Pix[4*i:][:4]) == [4]uint8(p))
	}
	if o.Mask == nil || !known {
		return &out
	}
	there := k.Rect().Add(o.Offset)
	for y := range TileSize {
		row := out[y*TileSize:][:TileSize]
		for x := range row {
			p := there.Min.Add(image.Pt(x, y))
			row[x] = row[x] && p.In(o.Mask.Rect) && o.Mask.Pix[o.Mask.PixOffset(p.X, p.Y)] != 0
		}
	}
	return &out
}

// heir is a fill of a layer that is being merged, and which pixels still are its own.
type heir struct {
	origin *Origin
	still  *image.Alpha
	shows  bool // any of them
}

// heirs finds, before layers become one, which pixels are still a fill's own. What
// an upper layer covers wholly no longer belongs to a fill of a lower one.
func (e *Edit) heirs(layers []*Layer) []heir {
	var out []heir
	pair := &State{Layers: layers}
	for _, o := range e.state.Origins {
		if pair.Layer(o.Layer) == nil {
			continue
		}
		h := heir{origin: o, still: image.NewAlpha(pair.Now(o))}
		pair.showing(o, h.still.Rect, 0, func(row image.Rectangle) {
			h.shows = true
			for i := range row.Dx() {
				h.still.Pix[h.still.PixOffset(row.Min.X+i, row.Min.Y)] = 255
			}
		})
		out = append(out, h)
	}
	return out
}

// inherit makes what the heirs had a part of the merged layer: their pixels look as they
// did, whatever the merge made of their bytes.
func (e *Edit) inherit(id LayerID, heirs []heir) {
	if len(heirs) == 0 {
		return
	}
	l := e.state.Layer(id)
	origins := slices.Clone(e.state.Origins)
	for _, h := range heirs {
		if !h.shows {
			origins = slices.DeleteFunc(origins, func(x *Origin) bool { return x == h.origin }) // nothing is left of it
			continue
		}
		by := h.still.Rect.Min.Sub(h.origin.Rect.Min)
		o := &Origin{Rect: h.origin.Rect, Layer: id, Recipe: h.origin.Recipe, Offset: l.Offset.Sub(by), Mask: h.still}
		o.Mask.Rect = o.Rect
		o.Settle(l)
		origins[slices.Index(origins, h.origin)] = o
	}
	e.state.Origins = origins
}

// copyOrigins records the fills of a layer for its copy, too.
func (e *Edit) copyOrigins(from, to LayerID) {
	for _, o := range e.state.Origins {
		if o.Layer == from {
			c := *o
			c.Layer = to
			e.state.Origins = append(slices.Clone(e.state.Origins), &c)
		}
	}
}

// Repainted are the picture's fills when a layer is replaced by now, whose pixels stand where
// they did and have other colours: what was a fill's own still is. For makers of States.
func (s *State) Repainted(now *Layer) []*Origin {
	if !slices.ContainsFunc(s.Origins, func(o *Origin) bool { return o.Layer == now.ID && o.Settled() }) {
		return s.Origins
	}
	out := slices.Clone(s.Origins)
	for i, o := range out {
		if o.Layer != now.ID || !o.Settled() {
			continue
		}
		n := &Origin{Rect: o.Rect, Layer: o.Layer, Recipe: o.Recipe, Offset: o.Offset, Mask: s.Still(o)}
		n.Settle(now)
		out[i] = n
	}
	return out
}
