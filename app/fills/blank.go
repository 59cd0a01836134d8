package fills

import (
	"bytes"
	"image"
	"sync/atomic"

	"pentimento/canvas"
	"pentimento/canvas/render"
)

// All of these ask for what is blank without laying the picture out in memory: the frame is
// the whole photograph as a rule, and they are asked after every change.

// BlankMask is 255 where the picture is fully transparent.
func BlankMask(state *canvas.State, r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	render.Rows(state, r, func(y int, row []uint8) {
		out := m.Pix[m.PixOffset(r.Min.X, y):][:r.Dx()]
		for x := range out {
			if row[4*x+3] == 0 {
				out[x] = 255
			}
		}
	})
	return m
}

// blankBounds is the smallest rectangle in r with all that is fully transparent there.
func blankBounds(state *canvas.State, r image.Rectangle) image.Rectangle {
	return boundsOf(state, r, func(alpha uint8) bool { return alpha == 0 })
}

// pictureBounds is the smallest rectangle in r with all that isn't.
func pictureBounds(state *canvas.State, r image.Rectangle) image.Rectangle {
	return boundsOf(state, r, func(alpha uint8) bool { return alpha != 0 })
}

func boundsOf(state *canvas.State, r image.Rectangle, meant func(alpha uint8) bool) image.Rectangle {
	type run struct{ from, to int }
	found := make([]run, r.Dy())
	render.Rows(state, r, func(y int, row []uint8) {
		n := r.Dx()
		from := 0
		for from < n && !meant(row[4*from+3]) {
			from++
		}
		to := n
		for to > from && !meant(row[4*to-1]) {
			to--
		}
		found[y-r.Min.Y] = run{from, to}
	})
	var out image.Rectangle
	for y, f := range found {
		if f.from < f.to {
			out = out.Union(image.Rect(f.from, y, f.to, y+1).Add(r.Min))
		}
	}
	return out
}

// allMasked says whether every visible pixel is fully masked.
func allMasked(state *canvas.State, target canvas.Grid[canvas.MaskTile], used image.Rectangle) bool {
	var kept atomic.Bool
	render.Rows(state, used, func(y int, row []uint8) {
		if kept.Load() {
			return
		}
		mask := make([]uint8, used.Dx())
		canvas.ReadCover(target, mask, len(mask), image.Rect(used.Min.X, y, used.Max.X, y+1))
		if bytes.Count(mask, []byte{255}) == len(mask) {
			return
		}
		for x, v := range mask {
			if v == 0 && row[4*x+3] != 0 {
				kept.Store(true)
				return
			}
		}
	})
	return !kept.Load()
}
