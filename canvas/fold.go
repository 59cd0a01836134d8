package canvas

import "image"

// Folded is coverage moved into a tile, modulo its sides: each pixel has the maximum of what lies
// whole tiles apart. The tile must not be empty. Any goroutine may call it.
func Folded(g Grid[MaskTile], tile image.Rectangle) Grid[MaskTile] {
	out := map[TileKey]*MaskTile{}
	g.Each(func(k TileKey, t *MaskTile) {
		r := k.Rect()
		for y := range TileSize {
			row := t.Pix[y*TileSize:][:TileSize]
			for x := 0; x < TileSize; {
				p := r.Min.Add(image.Pt(x, y)).Mod(tile)
				to := KeyAt(p)
				n := min(TileSize-x, tile.Max.X-p.X, to.Rect().Max.X-p.X)
				raise(out, to, p, row[x:x+n])
				x += n
			}
		}
	})
	return Grid[MaskTile]{}.With(out)
}

// raise lays a piece of a row at p over what is there, by maximum.
func raise(out map[TileKey]*MaskTile, k TileKey, p image.Point, row []uint8) {
	t := out[k]
	for i, v := range row {
		if v == 0 {
			continue
		}
		if t == nil {
			t = new(MaskTile)
			out[k] = t
		}
		at := &t.Pix[p.Y&(TileSize-1)*TileSize+p.X&(TileSize-1)+i]
		*at = max(*at, v)
	}
}
