package cutout

import (
	"context"
	"math"

	"pentimento/pipeline/pixels"
)

// MostShift is the greatest Refining.Shift, both ways.
const MostShift = 64

// levelled is a matte in which what was threshold (0: ½) is a half: a gamma curve, so that nothing and all stay.
func (m *Matte) levelled(threshold float64) *Matte {
	if threshold <= 0 || threshold >= 1 || threshold == 0.5 {
		return m
	}
	gamma := math.Log(0.5) / math.Log(threshold)
	out := &Matte{W: m.W, H: m.H, A: make([]float32, len(m.A))}
	pixels.InParallel(m.H, func(y int) {
		for i := y * m.W; i < (y+1)*m.W; i++ {
			out.A[i] = float32(math.Pow(float64(m.A[i]), gamma))
		}
	})
	return out
}

// shifted moves the edge outward by so many pixels, below 0 inward: each pixel takes the greatest or the least share
// within that square, along rows and then along columns.
func (m *Matte) shifted(ctx context.Context, by int) (*Matte, error) {
	if by == 0 {
		return m, ctx.Err()
	}
	r, pick := by, func(a, b float32) float32 { return max(a, b) }
	if by < 0 {
		r, pick = -by, func(a, b float32) float32 { return min(a, b) }
	}
	r = min(r, MostShift)
	out := &Matte{W: m.W, H: m.H, A: append([]float32(nil), m.A...)}
	along := func(lines, n, across, step int) {
		pixels.InParallel(lines, func(l int) {
			if ctx.Err() != nil {
				return
			}
			line := make([]float32, n)
			for i := range line {
				line[i] = out.A[l*across+i*step]
			}
			for i := range line {
				v := line[i]
				for k := max(i-r, 0); k <= min(i+r, n-1); k++ {
					v = pick(v, line[k])
				}
				out.A[l*across+i*step] = v
			}
		})
	}
	along(m.H, m.W, m.W, 1)
	along(m.W, m.H, 1, m.W)
	return out, ctx.Err()
}
