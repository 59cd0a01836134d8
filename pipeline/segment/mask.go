package segment

import (
	"image"
	"math"
	"slices"
)

// ranked are the numbers of so many masks, the best first. SAM's first of four is made for several points, the others for one.
func ranked(n int, scores []float32, raw bool, points int) []int {
	score := func(i int) float64 {
		if i >= len(scores) {
			return -float64(i)
		}
		if n == 4 && !raw && i == 0 {
			return map[bool]float64{true: math.Inf(1), false: math.Inf(-1)}[points > 1]
		}
		return float64(scores[i])
	}
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int {
		switch x, y := score(a), score(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return out
}

// field is a map of logits, of which the upper left uw by uh are the picture.
type field struct {
	v      []float32
	w, h   int
	uw, uh float64
}

// used says which share of it is the picture.
func (f *field) used(x, y float64) { f.uw, f.uh = float64(f.w)*x, float64(f.h)*y }

// cover is the coverage of a picture: bilinear between the logits, 0 of which is the border, which is half covered.
func (f *field) cover(w, h int) *image.Alpha {
	out := image.NewAlpha(image.Rect(0, 0, w, h))
	at := func(x, y int) float64 { return float64(f.v[min(max(y, 0), f.h-1)*f.w+min(max(x, 0), f.w-1)]) }
	for y := range h {
		fy := (float64(y)+0.5)*f.uh/float64(h) - 0.5
		y0 := int(math.Floor(fy))
		for x := range w {
			fx := (float64(x)+0.5)*f.uw/float64(w) - 0.5
			x0 := int(math.Floor(fx))
			a, b := fx-float64(x0), fy-float64(y0)
			v := (at(x0, y0)*(1-a)+at(x0+1, y0)*a)*(1-b) + (at(x0, y0+1)*(1-a)+at(x0+1, y0+1)*a)*b
			if v == v { // a number
				out.Pix[y*out.Stride+x] = uint8(255*min(max(v+0.5, 0), 1) + 0.5)
			}
		}
	}
	return out
}
