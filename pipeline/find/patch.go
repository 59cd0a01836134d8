package find

import (
	"image"
	"slices"

	"pentimento/pipeline/preprocess"
)

// squeezed is a picture as side × side pixels of three channels from 0 to 1, whatever its shape.
func squeezed(p preprocess.Picture, side int) []float32 {
	out := make([]float32, 0, 3*side*side)
	for y := range side {
		y0, y1 := y*p.H/side, max((y+1)*p.H/side, y*p.H/side+1)
		for x := range side {
			x0, x1 := x*p.W/side, max((x+1)*p.W/side, x*p.W/side+1)
			var sum [3]int
			for v := y0; v < y1; v++ {
				for u := x0; u < x1; u++ {
					for c := range 3 {
						sum[c] += int(p.Pix[3*(v*p.W+u)+c])
					}
				}
			}
			n := float32((y1-y0)*(x1-x0)) * 255
			out = append(out, float32(sum[0])/n, float32(sum[1])/n, float32(sum[2])/n)
		}
	}
	return out
}

// patches are the places of a map of rows of w values above a value that hang together, the largest patch first.
func patches(v []float32, w int, above float32) (all [][]int) {
	seen := make([]bool, len(v))
	for start := range v {
		if seen[start] || !(v[start] > above) {
			continue
		}
		seen[start] = true
		patch := []int{start}
		for k := 0; k < len(patch); k++ {
			i := patch[k]
			for _, j := range beside(i, w, len(v)) {
				if !seen[j] && v[j] > above {
					seen[j] = true
					patch = append(patch, j)
				}
			}
		}
		all = append(all, patch)
	}
	slices.SortStableFunc(all, func(a, b []int) int { return len(b) - len(a) })
	return all
}

// beside are the places that touch one, of a map of n values in rows of w.
func beside(i, w, n int) []int {
	all := make([]int, 0, 4)
	if i%w > 0 {
		all = append(all, i-1)
	}
	if i%w < w-1 {
		all = append(all, i+1)
	}
	if i >= w {
		all = append(all, i-w)
	}
	if i+w < n {
		all = append(all, i+w)
	}
	return all
}

// enlarged is a patch of a square map at a picture's size: where the map, linear between the middles of its places, is
// above a half. The other patches are not there.
func enlarged(v []float32, patch []int, side int, size image.Point) *image.Alpha {
	own := make([]float32, len(v))
	low, high := image.Pt(side, side), image.Point{}
	for _, i := range patch {
		at := image.Pt(i%side, i/side)
		low, high = image.Pt(min(low.X, at.X), min(low.Y, at.Y)), image.Pt(max(high.X, at.X+1), max(high.Y, at.Y+1))
		own[i] = v[i]
		for _, j := range beside(i, side, len(v)) { // what is below, and so of no other patch
			if v[j] <= 0.5 {
				own[j] = v[j]
			}
		}
	}
	part := func(n, of int) float64 { return float64(n) * float64(of) / float64(side) }
	r := boxOf(part(low.X-1, size.X), part(low.Y-1, size.Y), part(high.X+1, size.X), part(high.Y+1, size.Y), size)
	m := image.NewAlpha(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[m.PixOffset(r.Min.X, y):][:r.Dx()]
		for x := range row {
			fx, fy := (float64(r.Min.X+x)+0.5)*float64(side)/float64(size.X), (float64(y)+0.5)*float64(side)/float64(size.Y)
			if linear(own, side, side, fx, fy) > 0.5 {
				row[x] = 255
			}
		}
	}
	return trimmed(m)
}

// linear is a map's value at a place, linear between the middles of its w × h cells.
func linear(v []float32, w, h int, x, y float64) float64 {
	x, y = min(max(x-0.5, 0), float64(w-1)), min(max(y-0.5, 0), float64(h-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, w-1), min(y0+1, h-1)
	fx, fy := x-float64(x0), y-float64(y0)
	top := float64(v[y0*w+x0])*(1-fx) + float64(v[y0*w+x1])*fx
	low := float64(v[y1*w+x0])*(1-fx) + float64(v[y1*w+x1])*fx
	return top*(1-fy) + low*fy
}
