package canvas

import (
	"image"
	"maps"
	"runtime"
	"slices"

	"pentimento/fault"
)

// Cropped is the picture without anything outside r (document pixels), which becomes the
// frame. What is inside keeps every bit, and the bits beyond 8, too. Safe from any goroutine.
func (s *State) Cropped(r image.Rectangle) *State {
	out := *s
	out.Layers, out.Origins, out.Frame = nil, nil, r
	here := motion{}
	for _, l := range s.Layers {
		n := l.cropped(r)
		if src := s.Source; src != nil && src.Exact != nil && src.Layer == l.ID {
			own := src.Exact.Bounds().Add(l.Offset)
			if in := own.Intersect(r); in != own { // what is cut off must not stay there either
				out.Source = &Source{Profile: src.Profile, Meaning: src.Meaning, Layer: src.Layer}
				if !in.Empty() {
					out.Source.Exact = partOfExact(src.Exact, in.Sub(l.Offset))
					n = here.layer(n, in.Min)
				}
			}
		}
		out.Layers = append(out.Layers, n)
	}
	for _, o := range s.Origins {
		if o = s.origin(o, here, r, out.Layer(o.Layer)); o != nil {
			out.Origins = append(out.Origins, o)
		}
	}
	out.covers(func(g Grid[MaskTile]) Grid[MaskTile] {
		return within(g, r, func(t *MaskTile) []uint8 { return t.Pix[:] }, 1)
	})
	return &out
}

// cropped is the layer inside r alone; the same layer where nothing of it is outside.
func (l *Layer) cropped(r image.Rectangle) *Layer {
	out, here := *l, r.Sub(l.Offset)
	if l.Mask != nil && !l.Mask.Tiles.Bounds().In(here) {
		m := *l.Mask
		m.Tiles = within(m.Tiles, here, func(t *MaskTile) []uint8 { return t.Pix[:] }, 1)
		out.Mask = &m
	}
	if !l.Used().In(r) {
		out.Tiles = within(l.Tiles, here, func(t *Tile) []uint8 { return t.Pix[:] }, 4)
		out.Placed, out.Text = nil, nil
	} else if out.Mask == l.Mask {
		return l
	}
	return &out
}

// within is a grid without what is outside r: tiles inside are shared, those at the border
// are cut. A pixel has size bytes.
func within[T any](g Grid[T], r image.Rectangle, pix func(*T) []uint8, size int) Grid[T] {
	kept := map[TileKey]*T{}
	g.Each(func(k TileKey, t *T) {
		in := k.Rect().Intersect(r)
		switch {
		case in == k.Rect():
			kept[k] = t
		case !in.Empty():
			c := new(T)
			from, to := pix(t), pix(c)
			for y := in.Min.Y; y < in.Max.Y; y++ {
				i := ((y&(TileSize-1))*TileSize + in.Min.X&(TileSize-1)) * size
				copy(to[i:i+in.Dx()*size], from[i:])
			}
			if !blank(to) {
				kept[k] = c
			}
		}
	})
	return Grid[T]{}.With(kept)
}

// partOfExact copies a part of what a Source has beyond its tiles, to begin at 0, 0.
func partOfExact(img image.Image, r image.Rectangle) image.Image {
	pix, size := samples(img)
	b := img.Bounds()
	out, to := blankExact(img, image.Rectangle{Max: r.Size()})
	for y := range r.Dy() {
		i := ((r.Min.Y-b.Min.Y+y)*b.Dx() + r.Min.X - b.Min.X) * size
		copy(to[y*r.Dx()*size:][:r.Dx()*size], pix[i:])
	}
	return out
}

// remade makes the tiles of a grid anew on all cores: goes says where what is in a rectangle
// comes to lie, write fills a tile. Far apart tiles cost no more than near ones.
func remade[T any](g Grid[T], goes func(image.Rectangle) image.Rectangle, pix func(*T) []uint8, write func(dst []uint8, r image.Rectangle)) Grid[T] {
	wanted := map[TileKey]bool{}
	g.Each(func(k TileKey, _ *T) {
		KeysIn(goes(k.Rect()), func(k TileKey) { wanted[k] = true })
	})
	keys := slices.Collect(maps.Keys(wanted))
	return made(keys, pix, write)
}

// made is a grid of new tiles, those that stay blank left out.
func made[T any](keys []TileKey, pix func(*T) []uint8, write func(dst []uint8, r image.Rectangle)) Grid[T] {
	tiles := make([]*T, len(keys))
	workers := min(runtime.GOMAXPROCS(0), len(keys))
	var wg fault.Group
	for w := range workers {
		wg.Go(func() {
			for n := w * len(keys) / workers; n < (w+1)*len(keys)/workers; n++ {
				t := new(T)
				if write(pix(t), keys[n].Rect()); !blank(pix(t)) {
					tiles[n] = t
				}
			}
		})
	}
	wg.Wait()
	out := map[TileKey]*T{}
	for n, k := range keys {
		if tiles[n] != nil {
			out[k] = tiles[n]
		}
	}
	return Grid[T]{}.With(out)
}

// Become makes the picture another one: a State that was made of Base, on whatever goroutine.
// It is an Edit's only change. Layers whose IDs the Document never gave out are new ones, and get
// one now, by which the active layer, groups and origins name them from then on; nothing else in s
// may name them.
func (e *Edit) Become(s *State) {
	if e.done {
		return
	}
	c, named := *s, map[LayerID]LayerID{}
	for _, l := range s.Layers { // all of them first: an ID that is given may be another's that waits for one
		if l.ID >= e.doc.nextID {
			named[l.ID] = e.doc.nextID + LayerID(len(named))
		}
	}
	if e.doc.nextID += LayerID(len(named)); len(named) > 0 {
		c.rename(named)
	}
	e.dirty = e.dirty.Union(Changed(e.state, &c))
	e.state = &c
}

// rename gives layers other IDs, in copies of what names them.
func (s *State) rename(named map[LayerID]LayerID) {
	id := func(old LayerID) LayerID {
		if n, ok := named[old]; ok {
			return n
		}
		return old
	}
	s.Active = id(s.Active)
	s.Layers, s.Origins = slices.Clone(s.Layers), slices.Clone(s.Origins)
	for i, l := range s.Layers {
		if id(l.ID) != l.ID || id(l.Parent) != l.Parent {
			n := *l
			n.ID, n.Parent = id(l.ID), id(l.Parent)
			s.Layers[i] = &n
		}
	}
	for i, o := range s.Origins {
		if id(o.Layer) != o.Layer {
			n := *o
			n.Layer = id(o.Layer)
			s.Origins[i] = &n
		}
	}
}
