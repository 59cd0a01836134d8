package sampler

import "math"

// push keeps the newest values first, at most n of them.
func push(list []vec, v vec, n int) []vec {
	list = append([]vec{v}, list...)
	return list[:min(len(list), n)]
}

// lms is the linear multistep method: the slopes so far, newest first, are interpolated by
// a polynomial in sigma that is integrated over the step (k-diffusion).
func lms(r *run) {
	var slopes []vec
	for i := range r.steps() {
		d := r.eval(r.x, r.sigmas[i])
		if r.o.EndClean && r.sigmas[i+1] == 0 {
			r.x = d
			return
		}
		slopes = push(slopes, slope(r.x, d, r.sigmas[i]), r.o.Order)
		terms := []w{{1, r.x}}
		for j, d := range slopes {
			basis := func(tau float64) float64 { return lagrange(r.sigmas, i, j, len(slopes), tau) }
			terms = append(terms, w{integrate(basis, r.sigmas[i], r.sigmas[i+1]), d})
		}
		r.x = sum(terms...)
	}
}

// lagrange is the basis polynomial of node i−j among the nodes i, i−1, … i−n+1 of t.
func lagrange(t []float64, i, j, n int, tau float64) float64 {
	p := 1.0
	for k := range n {
		if k != j {
			p *= (tau - t[i-k]) / (t[i-j] - t[i-k])
		}
	}
	return p
}

// integrate is five-point Gauss-Legendre, exact for polynomials up to the ninth degree.
func integrate(f func(float64) float64, from, to float64) float64 {
	mid, half := (from+to)/2, (to-from)/2
	total := 128.0 / 225 * f(mid)
	for _, node := range [][2]float64{{0.5384693101056831, 0.47862867049936647}, {0.906179845938664, 0.23692688505618908}} {
		total += node[1] * (f(mid-half*node[0]) + f(mid+half*node[0]))
	}
	return total * half
}

// adams holds the Adams-Bashforth weights, newest slope first.
var adams = [][]float64{{1}, {3. / 2, -1. / 2}, {23. / 12, -16. / 12, 5. / 12}, {55. / 24, -59. / 24, 37. / 24, -9. / 24}}

// weigh is the Adams-Bashforth mean of slopes, newest first.
func weigh(slopes []vec) vec {
	terms := make([]w, len(slopes))
	for i, d := range slopes {
		terms[i] = w{adams[len(slopes)-1][i], d}
	}
	return sum(terms...)
}

// ipndm is improved PNDM: Adams-Bashforth weights on the sigma grid as if it were even
// (Zhang and Chen 2023, arXiv:2204.13902; Liu et al. 2022).
func ipndm(r *run) {
	var slopes []vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			return
		}
		slopes = push(slopes, slope(r.x, d, s), min(r.o.Order, 4))
		r.x = sum(w{1, r.x}, w{next - s, weigh(slopes)})
	}
}

// plms is PNDM without its Runge-Kutta start (Liu et al. 2022, arXiv:2202.09778): the first
// step averages the slopes at both ends, later ones use Adams-Bashforth weights.
func plms(r *run) {
	var slopes []vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := slope(r.x, r.eval(r.x, s), s)
		slopes = push(slopes, d, 4)
		mean := weigh(slopes)
		if i == 0 && next > 0 {
			ahead := sum(w{1, r.x}, w{next - s, d})
			mean = sum(w{0.5, d}, w{0.5, slope(ahead, r.eval(ahead, next), next)})
		}
		r.x = sum(w{1, r.x}, w{next - s, mean})
	}
}

// ipndmV is improved PNDM for uneven steps: the weights come from integrating the
// interpolating polynomial over the grid's own step lengths. The fourth-order weights are
// those of the reference implementation (zju-pi/diff-sampler), whose step ratios are not
// quite the exact integral; pictures depend on them.
func ipndmV(r *run) {
	var slopes []vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			return
		}
		slopes = push(slopes, slope(r.x, d, s), min(r.o.Order, 4))
		step := func(back int) float64 { return r.sigmas[i+1-back] - r.sigmas[i-back] }
		terms := []w{{1, r.x}}
		for j, c := range unevenWeights(len(slopes), step) {
			terms = append(terms, w{(next - s) * c, slopes[j]})
		}
		r.x = sum(terms...)
	}
}

// unevenWeights are ipndmV's weights for n slopes; step(k) is the length of the step k back.
func unevenWeights(n int, step func(back int) float64) []float64 {
	if n == 1 {
		return []float64{1}
	}
	h, h1 := step(0), step(1)
	c := []float64{1 + h/h1/2, -h / h1 / 2, 0, 0}
	if n == 2 {
		return c[:2]
	}
	h2 := step(2)
	third := (1 - h/(3*(h+h1))*(h*(h+h1))/(h1*(h1+h2))) / 2
	c[0], c[1], c[2] = c[0]+third, c[1]-(1+h1/h2)*third, third*h1/h2
	if n == 3 {
		return c[:3]
	}
	h3 := step(3)
	ratio := h1 * (h1 + h2) / (h2 * (h2 + h3))
	fourth := ((1-h/(3*(h+h1)))/2 + (1-h/(2*(h+h1)))*h/(6*(h+h1+h2))) *
		(h * (h + h1) * (h + h1 + h2)) / (h1 * (h1 + h2) * (h1 + h2 + h3))
	c[0] += fourth
	c[1] -= (1 + h1/h2 + ratio) * fourth
	c[2] += (h1/h2 + ratio*(1+h2/h3)) * fourth
	c[3] = -fourth * ratio * h1 / h2
	return c
}

// deis is tAB-DEIS (Zhang and Chen 2023, arXiv:2204.13902): the slopes are interpolated in
// the time of a variance-preserving process, and weighed by its exponential integrator.
func deis(r *run) {
	t := make([]float64, len(r.sigmas))
	for i, s := range r.sigmas {
		t[i] = deisTime(s)
	}
	var slopes []vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		slopes = push(slopes, slope(r.x, r.eval(r.x, s), s), r.o.Order)
		if len(slopes) == 1 || next == 0 {
			r.x = sum(w{1, r.x}, w{next - s, slopes[0]})
			continue
		}
		terms := []w{{1, r.x}}
		for j, d := range slopes {
			terms = append(terms, w{deisWeight(t, i, j, len(slopes)), d})
		}
		r.x = sum(terms...)
	}
}

// The variance-preserving process that DEIS integrates in: betas that take sigma from
// 0.002 at time 0.001 to 80 at time 1.
var deisBeta0, deisBeta1 = func() (float64, float64) {
	low, high := math.Log(0.002*0.002+1), math.Log(80*80+1.0)
	slope := 2 * (low/1e-3 - high) / (1e-3 - 1)
	start := high - slope/2
	return start, start + slope
}()

func deisTime(sigma float64) float64 {
	d := deisBeta1 - deisBeta0
	return (math.Sqrt(deisBeta0*deisBeta0+2*d*math.Log(sigma*sigma+1)) - deisBeta0) / d
}

// deisWeight sums the integrand at 10,000 points with the left and right end both counted,
// as the reference does: its error is part of the pictures people know.
func deisWeight(t []float64, i, j, n int) float64 {
	const points = 10000
	total := 0.0
	for k := range points {
		tau := t[i] + (t[i+1]-t[i])*float64(k)/(points-1)
		alpha := math.Exp(-tau*tau/2*(deisBeta1-deisBeta0) - tau*deisBeta0)
		rate := (tau*(deisBeta1-deisBeta0) + deisBeta0) / 2
		total += rate / math.Sqrt(alpha*(1-alpha)) * lagrange(t, i, j, n, tau)
	}
	return total * (t[i+1] - t[i]) / points
}
