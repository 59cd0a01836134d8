package canvas

import "image"

// Reduced is the picture at 1/2^level of its size for looking at: pixel x, y is the mean of the
// premultiplied pixels from x·2^level on. Layers, mask, selection and frame are there; placed pictures,
// fills, references, guide lines and what the opened picture has beyond 8 bits are not. Level 0 shares all
// tiles. Safe from any goroutine.
func (s *State) Reduced(level int) *State {
	out := *s
	out.Layers, out.Origins, out.References, out.Channels, out.GuideLines = nil, nil, nil, nil, nil
	if src := s.Source; src != nil && src.Exact != nil {
		out.Source = &Source{Profile: src.Profile, Layer: src.Layer}
	}
	for _, l := range s.Layers {
		out.Layers = append(out.Layers, l.reduced(level))
	}
	if level == 0 {
		return &out
	}
	out.Frame = down(s.Frame, level)
	out.covers(func(g Grid[MaskTile]) Grid[MaskTile] {
		return reduced(g, level, image.Point{}, func(t *MaskTile) []uint8 { return t.Pix[:] }, 1, func(dst []uint8, stride int, r image.Rectangle) {
			ReadCover(g, dst, stride, r)
		})
	})
	return &out
}

func (l *Layer) reduced(level int) *Layer {
	n := *l
	n.Placed = nil
	if level > 0 {
		n.Offset = image.Point{}
		if l.Mask != nil {
			m := *l.Mask
			m.Tiles = reduced(m.Tiles, level, l.Offset, func(t *MaskTile) []uint8 { return t.Pix[:] }, 1, func(dst []uint8, stride int, r image.Rectangle) {
				ReadCover(l.Mask.Tiles, dst, stride, r.Sub(l.Offset))
			})
			n.Mask = &m
		}
		n.Tiles = reduced(l.Tiles, level, l.Offset, func(t *Tile) []uint8 { return t.Pix[:] }, 4, l.Read)
	}
	return &n
}

// down is the rectangle of reduced pixels that show any of r.
func down(r image.Rectangle, level int) image.Rectangle {
	up := 1<<level - 1
	return image.Rect(r.Min.X>>level, r.Min.Y>>level, (r.Max.X+up)>>level, (r.Max.Y+up)>>level)
}

// reduced makes the tiles of a grid, which lies by offset, from what read gives of them.
func reduced[T any](g Grid[T], level int, offset image.Point, pix func(*T) []uint8, size int, read func(dst []uint8, stride int, r image.Rectangle)) Grid[T] {
	side := 1 << level
	return remade(g, func(r image.Rectangle) image.Rectangle { return down(r.Add(offset), level) }, pix, func(dst []uint8, r image.Rectangle) {
		row, sums := make([]uint8, TileSize*side*size), make([]uint32, TileSize*size)
		half, shift := uint32(1)<<(2*level-1), 2*level
		for y := range TileSize {
			clear(sums)
			for j := range side {
				at := image.Pt(r.Min.X<<level, (r.Min.Y+y)<<level+j)
				read(row, len(row), image.Rectangle{at, at.Add(image.Pt(TileSize*side, 1))})
				for i, o := 0, 0; i < len(row); o += size {
					for range side {
						for c := range size {
							sums[o+c] += uint32(row[i+c])
						}
						i += size
					}
				}
			}
			for i, v := range sums {
				dst[y*TileSize*size+i] = uint8((v + half) >> shift)
			}
		}
	})
}
