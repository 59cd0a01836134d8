package wand

import (
	"image"

	"pentimento/canvas"
)

// cover is what was filled as coverage.
func (f *finder) cover() (canvas.Grid[canvas.MaskTile], error) {
	tiles := map[canvas.TileKey]*canvas.MaskTile{}
	for ty := range f.h {
		if err := f.ctx.Err(); err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		for tx := range f.w {
			t := new(canvas.MaskTile)
			c := f.cells[ty*f.w+tx]
			some := c != nil && c.any
			if some {
				for i, in := range c.filled {
					if in {
						t.Pix[i] = 255
					}
				}
			}
			if f.Smooth && f.beside(tx, ty) {
				some = f.smooth(t, tx, ty) || some
			}
			if some {
				tiles[canvas.TileKey{X: f.lo.X + int32(tx), Y: f.lo.Y + int32(ty)}] = t
			}
		}
	}
	return canvas.Grid[canvas.MaskTile]{}.With(tiles), nil
}

// beside says whether something in a tile or in one around it was filled, but not all of them.
func (f *finder) beside(tx, ty int) bool {
	if f.joinX && (tx == 0 || tx == f.w-1) || f.joinY && (ty == 0 || ty == f.h-1) {
		return true // it may touch what lies along the other side
	}
	for y := max(ty-1, 0); y <= min(ty+1, f.h-1); y++ {
		for x := max(tx-1, 0); x <= min(tx+1, f.w-1); x++ {
			if c := f.cells[y*f.w+x]; c != nil && c.any {
				return true
			}
		}
	}
	return false
}

// smooth gives the pixels of a tile that lie beside the area their share.
func (f *finder) smooth(t *canvas.MaskTile, tx, ty int) bool {
	k := canvas.TileKey{X: f.lo.X + int32(tx), Y: f.lo.Y + int32(ty)}
	in := k.Rect().Intersect(f.Bounds)
	some := false
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if i := index(x, y); t.Pix[i] == 0 && f.touches(x, y) {
				t.Pix[i] = f.share(x, y)
				some = some || t.Pix[i] > 0
			}
		}
	}
	return some
}

// touches says whether one of the four neighbours of a pixel was filled. It reads no tile.
func (f *finder) touches(x, y int) bool {
	for _, p := range [4]image.Point{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
		p, ok := f.home(p)
		if !ok {
			continue
		}
		k := canvas.KeyAt(p)
		if c := f.cells[int(k.Y-f.lo.Y)*f.w+int(k.X-f.lo.X)]; c != nil && c.filled[index(p.X, p.Y)] {
			return true
		}
	}
	return false
}

// share is how much of the area's colour is in a pixel beside it.
func (f *finder) share(x, y int) uint8 {
	own := int(f.cell(x, y).apart[index(x, y)])
	far := own
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			if p, ok := f.home(image.Pt(x+dx, y+dy)); ok {
				far = max(far, int(f.cell(p.X, p.Y).apart[index(p.X, p.Y)]))
			}
		}
	}
	if far == 0 {
		return 0
	}
	return uint8(255 * (far - own) / far)
}
