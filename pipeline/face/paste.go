package face

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
)

// Paste lays a square, into which s brings the picture, into the picture through a mask of the square's
// size, as far as share says (0 to 1). changed, with the picture's bounds, becomes 255 where a pixel
// became another. Pixels that are transparent, also in part, stay.
func Paste(img *image.NRGBA, changed *image.Alpha, s Similarity, made *Square, mask []float32, share float64) {
	r := s.Bounds(made.W, made.H).Intersect(img.Rect)
	n := min(max(int(math.Ceil(s.Scale()-0.01)), 1), 16)
	pixels.InParallel(r.Dy(), func(row int) {
		y := r.Min.Y + row
		for x := r.Min.X; x < r.Max.X; x++ {
			old := img.Pix[img.PixOffset(x, y):][:4]
			if old[3] != 255 {
				continue
			}
			var sum [3]float32
			var cover float32
			for i := range n * n {
				p := s.To(Point{float64(x) + (float64(i%n)+0.5)/float64(n), float64(y) + (float64(i/n)+0.5)/float64(n)})
				if k := maskAt(mask, made.W, made.H, p) * float32(share) / float32(n*n); k > 0 {
					cover += k
					made.add(p, k, &sum)
				}
			}
			if cover > 0 && mixed(old, sum, cover) {
				changed.Pix[changed.PixOffset(x, y)] = 255
			}
		}
	})
}

// mixed lays a colour that covers a part of a pixel over it; false: it is what it was.
func mixed(old []uint8, sum [3]float32, cover float32) (changed bool) {
	for c := range 3 {
		v := uint8(min(max(float32(old[c])*(1-cover)+255*sum[c], 0), 255) + 0.5)
		changed = changed || v != old[c]
		old[c] = v
	}
	return changed
}

// maskAt is a mask's value at a place, linearly between the middles of its pixels; 0 beyond it.
func maskAt(m []float32, w, h int, p Point) float32 {
	x, y := p.X-0.5, p.Y-0.5
	if !(x >= 0 && y >= 0 && x < float64(w-1) && y < float64(h-1)) {
		return 0
	}
	i, j := int(x), int(y)
	fx, fy := float32(x)-float32(i), float32(y)-float32(j)
	q := m[j*w+i:]
	return (q[0]*(1-fx)+q[1]*fx)*(1-fy) + (q[w]*(1-fx)+q[w+1]*fx)*fy
}
