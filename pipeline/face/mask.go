package face

import "math"

// Mask says how much of a square of w × h pixels is laid back, 0 to 1, row by row: the face, with a
// soft border, and 0 at the square's own. f lies in the picture, s brings it to the square.
func Mask(f Face, s Similarity, w, h int) []float32 {
	side := float64(min(w, h))
	soft := 0.035 * s.Scale() * f.Size()
	m := make([]float32, w*h)
	if f.Outline == nil {
		for i := range m {
			m[i] = 1
		}
	} else {
		fillHull(m, w, h, widened(f.Outline, s, 1.04))
		for range 3 { // three boxes are nearly a Gaussian
			m = blurred(m, w, h, int(soft+0.5))
		}
	}
	edge := math.Max(0.06*side, 1)
	for y := range h {
		for x := range w {
			d := min(x, y, w-1-x, h-1-y)
			k := float32(math.Min(float64(d)/edge, 1))
			m[y*w+x] *= k * k * (3 - 2*k)
		}
	}
	return m
}

// widened are an outline's corners in the square, moved away from their middle.
func widened(all []Point, s Similarity, by float64) []Point {
	var c Point
	for _, p := range all {
		c.X, c.Y = c.X+p.X/float64(len(all)), c.Y+p.Y/float64(len(all))
	}
	out := make([]Point, len(all))
	for i, p := range all {
		out[i] = s.To(Point{c.X + by*(p.X-c.X), c.Y + by*(p.Y-c.Y)})
	}
	return out
}

// fillHull sets what lies in a convex outline to 1.
func fillHull(m []float32, w, h int, all []Point) {
	for y := range h {
		at, left, right := float64(y)+0.5, math.Inf(1), math.Inf(-1)
		for i, a := range all {
			b := all[(i+1)%len(all)]
			if (a.Y <= at) == (b.Y <= at) {
				continue
			}
			x := a.X + (at-a.Y)/(b.Y-a.Y)*(b.X-a.X)
			left, right = math.Min(left, x), math.Max(right, x)
		}
		for x := max(int(math.Ceil(math.Max(left, 0)-0.5)), 0); left < right && x < w && float64(x)+0.5 <= right; x++ {
			m[y*w+x] = 1
		}
	}
}

// blurred is the mean over squares that reach r places to each side; beyond the border there is 0.
func blurred(m []float32, w, h, r int) []float32 {
	if r < 1 {
		return m
	}
	line := func(from, to []float32, n, step int) {
		sum := float64(0)
		for i := -r; i < n; i++ {
			if in := i + r; in < n {
				sum += float64(from[in*step])
			}
			if out := i - r - 1; out >= 0 {
				sum -= float64(from[out*step])
			}
			if i >= 0 {
				to[i*step] = float32(math.Max(sum, 0) / float64(2*r+1))
			}
		}
	}
	a, b := make([]float32, len(m)), make([]float32, len(m))
	for y := range h {
		line(m[y*w:], a[y*w:], w, 1)
	}
	for x := range w {
		line(a[x:], b[x:], h, w)
	}
	return b
}
