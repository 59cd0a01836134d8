package sampler

import (
	"fmt"
	"math"
)

// DPM-Solver in its noise-predicting form (Lu et al. 2022, arXiv:2206.00927), in
// lambda = −log sigma. cache holds slopes that orders share.
type solver struct {
	*run
	eps, epsR1 vec
}

// singleStep returns x moved from lambda to next with the given order, 1 to 3. r1 is where
// the second evaluation is.
func (r *solver) singleStep(order int, lambda, next, r1 float64) vec {
	h, end := next-lambda, math.Exp(-next)
	at := func(f float64) float64 { return math.Exp(-(lambda + f*h)) }
	first := w{-end * math.Expm1(h), r.eps}
	if order == 1 {
		return sum(w{1, r.x}, first)
	}
	if r.epsR1 == nil {
		u := sum(w{1, r.x}, w{-at(r1) * math.Expm1(r1*h), r.eps})
		r.epsR1 = slope(u, r.eval(u, at(r1)), at(r1))
	}
	if order == 2 {
		f := end / (2 * r1) * math.Expm1(h)
		return sum(w{1, r.x}, first, w{-f, r.epsR1}, w{f, r.eps})
	}
	const r2 = 2. / 3
	f := at(r2) * (r2 / r1) * (math.Expm1(r2*h)/(r2*h) - 1)
	u := sum(w{1, r.x}, w{-at(r2) * math.Expm1(r2*h), r.eps}, w{-f, r.epsR1}, w{f, r.eps})
	epsR2 := slope(u, r.eval(u, at(r2)), at(r2))
	f = end / r2 * (math.Expm1(h)/h - 1)
	return sum(w{1, r.x}, first, w{-f, epsR2}, w{f, r.eps})
}

// lastPositive is the lowest sigma above zero, where both solvers below end.
func (r *run) lastPositive() float64 {
	if s := r.sigmas[len(r.sigmas)-1]; s > 0 {
		return s
	}
	return r.sigmas[len(r.sigmas)-2]
}

// dpmFast is DPM-Solver-fast: even steps in lambda from the first sigma to the last above
// zero, of third order and a rest, with as many evaluations as the schedule has steps.
func dpmFast(r *run) {
	budget := len(r.sigmas) - 1
	m := budget/3 + 1
	grid := linspace(-math.Log(r.sigmas[0]), -math.Log(r.lastPositive()), m+1)
	for i := range m {
		order := 3
		switch {
		case budget%3 == 0 && i >= m-2:
			order = m - i
		case budget%3 != 0 && i == m-1:
			order = budget % 3
		}
		s := solver{run: r}
		r.report(min(3*i, budget-1))
		sigma := math.Exp(-grid[i])
		s.eps = slope(r.x, r.eval(r.x, sigma), sigma)
		r1 := 1. / 3
		if order == 2 {
			r1 = 1. / 2
		}
		if r.x = s.singleStep(order, grid[i], grid[i+1], r1); r.err != nil {
			return
		}
	}
}

// maxAdaptive bounds the evaluations of dpmAdaptive; a usual run takes 20 to 150.
const maxAdaptive = 3000

// dpmAdaptive is DPM-Solver-23: each step is taken with orders two and three, their
// difference controls its length (k-diffusion's controller and tolerances).
func dpmAdaptive(r *run) {
	const relative, absolute, safety = 0.05, 0.0078, 0.81
	at, end := -math.Log(r.sigmas[0]), -math.Log(r.lastPositive())
	length, prev := 0.05, r.x
	for n := 0; at < end-1e-5 && r.err == nil; n += 3 {
		if n > maxAdaptive {
			r.err = fmt.Errorf("sampler: DPM adaptive took %d evaluations and is at sigma %.3g, want %.3g", n, math.Exp(-at), math.Exp(-end))
			return
		}
		next := min(end, at+length)
		r.report(r.stepAt(math.Exp(-at)))
		s := solver{run: r, eps: slope(r.x, r.eval(r.x, math.Exp(-at)), math.Exp(-at))}
		low := s.singleStep(2, at, next, 1./3)
		high := s.singleStep(3, at, next, 1./3)
		total := 0.0
		for i := range low {
			e := (low[i] - high[i]) / max(absolute, relative*max(math.Abs(low[i]), math.Abs(prev[i])))
			total += e * e
		}
		inverse := 1 / (math.Sqrt(total/float64(len(low))) + 1e-8)
		factor := 1 + math.Atan(math.Cbrt(inverse)-1)
		if factor >= safety {
			prev, r.x, at = low, high, next
		}
		length *= factor
	}
}

// stepAt is the schedule's step that a sigma falls into, for progress.
func (r *run) stepAt(sigma float64) int {
	i := 0
	for i < len(r.sigmas)-2 && r.sigmas[i+1] >= sigma {
		i++
	}
	return i
}
