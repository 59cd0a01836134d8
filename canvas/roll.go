package canvas

import "image"

// RolledLayer is the picture with one layer, or all that is in a group, shifted within a tile
// (document pixels): what goes over a side of it comes in on the other one, masks of layers
// likewise, and what is outside the tile stays. As much back gives the very same pixels. A layer
// of which nothing changes stays as it is. Safe from any goroutine.
func (s *State) RolledLayer(id LayerID, tile image.Rectangle, by image.Point) *State {
	return s.rolled(tile, by, func(l *Layer) bool { return l.ID == id || s.In(l.ID, id) })
}

// Rolled is RolledLayer of every layer, so that they stay in their places beside each other. Safe
// from any goroutine.
func (s *State) Rolled(tile image.Rectangle, by image.Point) *State {
	return s.rolled(tile, by, func(*Layer) bool { return true })
}

// RolledCover is coverage shifted likewise.
func RolledCover(g Grid[MaskTile], tile image.Rectangle, by image.Point) Grid[MaskTile] {
	return rolled(g, tile, by, 1, func(t *MaskTile) []uint8 { return t.Pix[:] })
}

func (s *State) rolled(tile image.Rectangle, by image.Point, meant func(*Layer) bool) *State {
	if tile.Empty() {
		return s
	}
	out := *s
	out.Layers = append([]*Layer(nil), s.Layers...)
	for i, l := range s.Layers {
		if !meant(l) {
			continue
		}
		n, own := *l, tile.Sub(l.Offset)
		n.Tiles = rolled(l.Tiles, own, by, 4, func(t *Tile) []uint8 { return t.Pix[:] })
		if l.Mask != nil {
			mask := *l.Mask
			mask.Tiles = RolledCover(mask.Tiles, own, by)
			n.Mask = &mask
		}
		if !sameTiles(n.Tiles, l.Tiles) {
			n.Placed, n.Text = nil, nil
		} else if SameMask(n.Mask, l.Mask) {
			continue
		}
		out.Layers[i] = &n
	}
	return &out
}

// rolled shifts pixels of size bytes within a tile, in the grid's own coordinates.
func rolled[T any](g Grid[T], tile image.Rectangle, by image.Point, size int, pix func(*T) []uint8) Grid[T] {
	keys := keysIn(tile)
	tiles := make([]*T, len(keys))
	parallel(len(keys), func(i int) {
		t, old := new(T), g.At(keys[i])
		if old != nil {
			*t = *old
		}
		in := keys[i].Rect().Intersect(tile)
		for y := in.Min.Y; y < in.Max.Y; y++ {
			for x := in.Min.X; x < in.Max.X; {
				p := image.Pt(x, y).Sub(by).Mod(tile)
				k := KeyAt(p)
				n := min(in.Max.X-x, tile.Max.X-p.X, k.Rect().Max.X-p.X)
				at := func(q image.Point) int { return size * (q.Y&(TileSize-1)*TileSize + q.X&(TileSize-1)) }
				dst := pix(t)[at(image.Pt(x, y)):][:size*n]
				if src := g.At(k); src != nil {
					copy(dst, pix(src)[at(p):])
				} else {
					clear(dst)
				}
				x += n
			}
		}
		switch {
		case blank(pix(t)):
		case old != nil && string(pix(old)) == string(pix(t)):
			tiles[i] = old
		default:
			tiles[i] = t
		}
	})
	changed := map[TileKey]*T{}
	for i, k := range keys {
		if tiles[i] != g.At(k) {
			changed[k] = tiles[i]
		}
	}
	if len(changed) == 0 {
		return g
	}
	return g.With(changed)
}
