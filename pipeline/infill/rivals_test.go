package infill

import (
	"container/heap"
	"image"
	"math"
)

// psnr compares two pictures where the mask is set, in decibel.
func psnr(a, b *image.NRGBA, mask *image.Alpha) float64 {
	sum, n := 0.0, 0
	for i, m := range mask.Pix {
		if m != 0 {
			for k := range 3 {
				d := float64(a.Pix[4*i+k]) - float64(b.Pix[4*i+k])
				sum += d * d
			}
			n += 3
		}
	}
	return 10 * math.Log10(255*255*float64(n)/max(sum, 1e-9))
}

// ssim is the mean structural similarity (Wang et al. 2004) of the green channel over
// 8×8 windows that lie in the mask, every second pixel.
func ssim(a, b *image.NRGBA, mask *image.Alpha) float64 {
	const c1, c2, win = 6.5025, 58.5225, 8
	w, h := mask.Rect.Dx(), mask.Rect.Dy()
	total, n := 0.0, 0.0
	for y := 0; y+win <= h; y += 2 {
		for x := 0; x+win <= w; x += 2 {
			if mask.Pix[y*w+x] == 0 || mask.Pix[(y+win-1)*w+x+win-1] == 0 {
				continue
			}
			var sa, sb, saa, sbb, sab float64
			for yy := y; yy < y+win; yy++ {
				for xx := x; xx < x+win; xx++ {
					p, q := float64(a.Pix[4*(yy*w+xx)+1]), float64(b.Pix[4*(yy*w+xx)+1])
					sa, sb, saa, sbb, sab = sa+p, sb+q, saa+p*p, sbb+q*q, sab+p*q
				}
			}
			const m = win * win
			ma, mb := sa/m, sb/m
			va, vb, cov := saa/m-ma*ma, sbb/m-mb*mb, sab/m-ma*mb
			total += (2*ma*mb + c1) * (2*cov + c2) / ((ma*ma + mb*mb + c1) * (va + vb + c2))
			n++
		}
	}
	return total / n
}

// laplace solves Δu = 0 in the hole, the colours around it given: successive
// over-relaxation from the pull-push solution.
func laplace(img *image.NRGBA, mask *image.Alpha) *image.NRGBA {
	w, h := mask.Rect.Dx(), mask.Rect.Dy()
	out := clone(img)
	var holes []int
	for i, m := range mask.Pix {
		if m != 0 {
			holes = append(holes, i)
		}
	}
	for k := range 3 {
		u := make([]float64, w*h)
		mean, n := 0.0, 0.0
		for i, m := range mask.Pix {
			if u[i] = float64(img.Pix[4*i+k]); m == 0 {
				mean, n = mean+u[i], n+1
			}
		}
		for _, i := range holes {
			u[i] = mean / n
		}
		for range 240 {
			for _, i := range holes {
				s, c := 0.0, 0.0
				for _, d := range [4]int{-1, 1, -w, w} {
					j := i + d
					if j >= 0 && j < w*h && !(d == -1 && i%w == 0) && !(d == 1 && j%w == 0) {
						s, c = s+u[j], c+1
					}
				}
				u[i] += 1.93 * (s/c - u[i])
			}
		}
		for _, i := range holes {
			out.Pix[4*i+k] = byteOf(float32(u[i]))
		}
	}
	return out
}

// front is a heap of pixels by their distance to the known part.
type front struct {
	at   []int
	dist []float64
}

func (f *front) Len() int           { return len(f.at) }
func (f *front) Less(i, j int) bool { return f.dist[f.at[i]] < f.dist[f.at[j]] }
func (f *front) Swap(i, j int)      { f.at[i], f.at[j] = f.at[j], f.at[i] }
func (f *front) Push(v any)         { f.at = append(f.at, v.(int)) }
func (f *front) Pop() any {
	v := f.at[len(f.at)-1]
	f.at = f.at[:len(f.at)-1]
	return v
}

// telea marches inward from the border and gives each pixel the weighed mean of known
// ones within 5 px, each extended along its gradient (after Telea 2004; the arrival time
// is simplified to steps from the neighbour).
func telea(img *image.NRGBA, mask *image.Alpha) *image.NRGBA {
	const reach = 5
	w, h := mask.Rect.Dx(), mask.Rect.Dy()
	out := clone(img)
	done := make([]bool, w*h)
	f := &front{dist: make([]float64, w*h)}
	for i, m := range mask.Pix {
		if done[i] = m == 0; !done[i] {
			f.dist[i] = math.Inf(1)
		}
	}
	around := func(i int, do func(j int)) {
		for _, d := range [4][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
			if x, y := i%w+d[0], i/w+d[1]; x >= 0 && x < w && y >= 0 && y < h {
				do(y*w + x)
			}
		}
	}
	reachOut := func(i int) {
		around(i, func(j int) {
			if !done[j] && f.dist[i]+1 < f.dist[j] {
				f.dist[j] = f.dist[i] + 1
				heap.Push(f, j)
			}
		})
	}
	for i := range done {
		if done[i] {
			reachOut(i)
		}
	}
	for f.Len() > 0 {
		i := heap.Pop(f).(int)
		if done[i] {
			continue
		}
		teleaPixel(out, done, i, w, h, reach)
		done[i] = true
		reachOut(i)
	}
	return out
}

// teleaPixel sets pixel i from the done ones within reach.
func teleaPixel(out *image.NRGBA, done []bool, i, w, h, reach int) {
	var sum [3]float64
	total := 0.0
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			x, y := i%w+dx, i/w+dy
			d2 := dx*dx + dy*dy
			if x < 1 || x >= w-1 || y < 1 || y >= h-1 || d2 > reach*reach || d2 == 0 || !done[y*w+x] {
				continue
			}
			j := y*w + x
			wt := 1 / (float64(d2) * math.Sqrt(float64(d2)))
			for k := range 3 {
				v := float64(out.Pix[4*j+k])
				if done[j-1] && done[j+1] && done[j-w] && done[j+w] {
					v -= 0.25 * (float64(dx)*(float64(out.Pix[4*j+4+k])-float64(out.Pix[4*j-4+k])) +
						float64(dy)*(float64(out.Pix[4*(j+w)+k])-float64(out.Pix[4*(j-w)+k])))
				}
				sum[k] += wt * v
			}
			total += wt
		}
	}
	if total == 0 {
		return
	}
	for k := range 3 {
		out.Pix[4*i+k] = byteOf(float32(sum[k] / total))
	}
}
