package canvas

import "image"

// Erase takes a layer's pixels away as far as mask (document pixels, nothing beyond its
// bounds) covers them; nil takes them all. What mask doesn't touch keeps every bit.
func (e *Edit) Erase(id LayerID, mask *image.Alpha) {
	l := e.state.Layer(id)
	if l == nil || e.done {
		return
	}
	if mask == nil {
		var keys []TileKey
		l.Tiles.Each(func(k TileKey, _ *Tile) { keys = append(keys, k) })
		for _, k := range keys {
			e.ClearTile(id, k)
		}
		return
	}
	e.PutTiles(id, mask.Rect.Intersect(l.Used()), func(dst []uint8, stride int, r image.Rectangle) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := dst[(y-r.Min.Y)*stride:]
			for x, m := range mask.Pix[mask.PixOffset(r.Min.X, y):][:r.Dx()] {
				for c := range row[4*x:][:4] {
					row[4*x+c] = Dim(row[4*x+c], 255-m)
				}
			}
		}
	})
}

// Dim is v · m/255, rounded to nearest.
func Dim(v, m uint8) uint8 { return uint8((uint32(v)*uint32(m) + 127) / 255) }
