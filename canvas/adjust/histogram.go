package adjust

import (
	"image"

	"pentimento/canvas"
)

// Histogram counts the values of red, green and blue, and of their luma, of pixels that are
// not transparent.
type Histogram [4][256]int

// most is about how many pixels are counted: more would not change what is seen of it.
const most = 1 << 20

// Count is the Histogram of a layer's pixels in r (document pixels), of every n-th row and
// column where there are very many. Safe from any goroutine.
func Count(l *canvas.Layer, r image.Rectangle) *Histogram {
	h := &Histogram{}
	r = r.Intersect(l.Used())
	if r.Empty() {
		return h
	}
	step := 1
	for r.Dx()/step*(r.Dy()/step) > most {
		step++
	}
	row := make([]uint8, 4*r.Dx())
	for y := r.Min.Y; y < r.Max.Y; y += step {
		l.Read(row, len(row), image.Rect(r.Min.X, y, r.Max.X, y+1))
		canvas.Unpremultiply(row, row)
		for i := 0; i < len(row); i += 4 * step {
			if p := row[i : i+4]; p[3] != 0 {
				h[0][p[0]]++
				h[1][p[1]]++
				h[2][p[2]]++
				h[3][(2126*int(p[0])+7152*int(p[1])+722*int(p[2])+5000)/10000]++
			}
		}
	}
	return h
}
