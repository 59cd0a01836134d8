package cutout

import (
	"context"
	"image"
	"math"

	"pentimento/pipeline/pixels"
)

// fit finds, for every window, the linear function of the guide that is nearest to p, and keeps the means
// over all windows that hold a pixel. Where p is flat in all of them it comes out as it is.
func (g *guided) fit(ctx context.Context, p []float32, report func(float64)) error {
	guide := g.guide
	n, size := len(guide), g.w*g.h
	scratch := make([]float32, size)
	mean := func(v []float32) []float32 { box(v, scratch, g.w, g.h, g.r); return v }
	product := func(a, b []float32) []float32 {
		out := make([]float32, size)
		for i := range out {
			out[i] = a[i] * b[i]
		}
		return mean(out)
	}
	var cov [][]float32 // of the guide's channels, upper half row by row
	cross := make([][]float32, n)
	done, all := 0, n*(n+1)/2+3*n+2
	step := func() error {
		done++
		report(0.6 * float64(done) / float64(all))
		return ctx.Err()
	}
	for c := range n {
		for d := c; d < n; d++ {
			cov = append(cov, product(guide[c], guide[d]))
			if err := step(); err != nil {
				return err
			}
		}
		cross[c] = product(guide[c], p)
		if err := step(); err != nil {
			return err
		}
	}
	for c := range n {
		mean(guide[c])
		if err := step(); err != nil {
			return err
		}
	}
	mean(p)
	pixels.InParallel(g.h, func(y int) {
		for i := y * g.w; i < (y+1)*g.w; i++ {
			solve(guide, cov, cross, p, i, g.eps)
		}
	})
	g.a = append(cross, p)
	for _, v := range g.a {
		mean(v)
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// solve turns the means at one place into coefficients: of the channels into cross, what is added into p.
func solve(guide, cov, cross [][]float32, p []float32, i int, eps float64) {
	n := len(guide)
	if n == 1 {
		m := float64(guide[0][i])
		a := (float64(cross[0][i]) - m*float64(p[i])) / (math.Max(float64(cov[0][i])-m*m, 0) + eps)
		cross[0][i], p[i] = float32(a), float32(float64(p[i])-a*m)
		return
	}
	var m, b [3]float64
	var s [6]float64
	for c := range 3 {
		m[c] = float64(guide[c][i])
		b[c] = float64(cross[c][i]) - m[c]*float64(p[i])
	}
	for k, at := range [6][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}} {
		s[k] = float64(cov[k][i]) - m[at[0]]*m[at[1]]
	}
	s[0], s[3], s[5] = s[0]+eps, s[3]+eps, s[5]+eps
	// The inverse of a symmetric 3 × 3 matrix by its cofactors.
	c00, c01, c02 := s[3]*s[5]-s[4]*s[4], s[2]*s[4]-s[1]*s[5], s[1]*s[4]-s[2]*s[3]
	c11, c12, c22 := s[0]*s[5]-s[2]*s[2], s[1]*s[2]-s[0]*s[4], s[0]*s[3]-s[1]*s[1]
	det := s[0]*c00 + s[1]*c01 + s[2]*c02
	a := [3]float64{(c00*b[0] + c01*b[1] + c02*b[2]) / det, (c01*b[0] + c11*b[1] + c12*b[2]) / det, (c02*b[0] + c12*b[1] + c22*b[2]) / det}
	rest := float64(p[i])
	for c := range 3 {
		cross[c][i] = float32(a[c])
		rest -= a[c] * m[c]
	}
	p[i] = float32(rest)
}

// The filter leaves a veil of some per cent beside an edge and bites as much out of the other side: shares
// this near to nothing and to all count as that.
const (
	veil = 0.06
	full = 0.94
)

// apply is the matte of the whole picture by coefficients between those of the smaller one.
func (g *guided) apply(ctx context.Context, guide *image.NRGBA, report func(float64)) (*Matte, error) {
	m := &Matte{g.whole.X, g.whole.Y, make([]float32, g.whole.X*g.whole.Y)}
	across, down := pixels.Taps(g.w, g.w*g.step, 1, triangle), pixels.Taps(g.h, g.h*g.step, 1, triangle)
	pixels.InParallel(m.H, func(y int) {
		if ctx.Err() != nil {
			return
		}
		line := make([]float32, len(g.a)*g.w)
		for k, at := range down[y].At {
			f := down[y].Weight[k]
			for c, v := range g.a {
				for x, a := range v[at*g.w:][:g.w] {
					line[c*g.w+x] += f * a
				}
			}
		}
		row, out := guide.Pix[y*guide.Stride:], m.A[y*m.W:][:m.W]
		var v [3]float32
		for x := range out {
			n := g.channels(row[4*x:4*x+4:4*x+4], &v)
			q := float32(0)
			for k, at := range across[x].At {
				f := across[x].Weight[k]
				for c := range n {
					q += f * line[c*g.w+at] * v[c]
				}
				q += f * line[n*g.w+at]
			}
			out[x] = min(max((q-veil)/(full-veil), 0), 1)
		}
	})
	report(1)
	return m, ctx.Err()
}
