package sampler

import "math"

// erSDE is the extended reverse-time SDE solver of order three (Cui et al. 2023,
// arXiv:2309.06169), with its noise scale lambda·(e^(lambda^0.3) + 10).
func erSDE(r *run) {
	scale := func(l float64) float64 { return l * (math.Exp(math.Pow(l, 0.3)) + 10) }
	const points = 200
	var old, oldRate vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			continue
		}
		f := scale(next) / scale(s)
		r.x = sum(w{f, r.x}, w{1 - f, d})
		if old != nil {
			dt := next - s
			var flat, ramp float64
			for k := range points {
				l := next - float64(k)*dt/points
				flat += -dt / points / scale(l)
				ramp += -dt / points * (l - s) / scale(l)
			}
			back := s - r.sigmas[i-1]
			rate := sum(w{1 / back, d}, w{-1 / back, old})
			r.x = sum(w{1, r.x}, w{dt + flat*scale(next), rate})
			if oldRate != nil {
				bend, c := (s-r.sigmas[i-2])/2, dt*dt/2+ramp*scale(next)
				r.x = sum(w{1, r.x}, w{c / bend, rate}, w{-c / bend, oldRate})
			}
			oldRate = rate
		}
		r.kick(math.Sqrt(max(next*next-s*s*f*f, 0)), s, next)
		old = d
	}
}

// seeds2 and seeds3 are SEEDS (Gonzalez et al. 2023, arXiv:2305.14267), the stochastic
// exponential solvers with two and three evaluations a step. All stages of a step see the
// same Brownian path: bridge carries it from stage to stage.
func seeds2(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			continue
		}
		h := math.Log(s / next)
		hEta, mid := h*(1+r.o.Eta), math.Exp(math.Log(s)-r.o.R*h)
		path := bridge{run: r, start: s}
		d2 := r.eval(path.add(mid, exponential(r.o.R*hEta, r.x, d)), mid)
		f := 1 / (2 * r.o.R)
		r.x = path.add(next, exponential(hEta, r.x, sum(w{1 - f, d}, w{f, d2})))
	}
}

func seeds3(r *run) {
	const r1, r2 = 1. / 3, 2. / 3
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			continue
		}
		h := math.Log(s / next)
		hEta := h * (1 + r.o.Eta)
		s1, s2 := s*math.Exp(-r1*h), s*math.Exp(-r2*h)
		path := bridge{run: r, start: s}
		d2 := r.eval(path.add(s1, exponential(r1*hEta, r.x, d)), s1)
		f := r2 / r1 * (math.Expm1(-r2*hEta)/(r2*hEta) + 1)
		x3 := sum(w{1, exponential(r2*hEta, r.x, d)}, w{f, d2}, w{-f, d})
		d3 := r.eval(path.add(s2, x3), s2)
		f = 1 / r2 * (math.Expm1(-hEta)/hEta + 1)
		r.x = path.add(next, sum(w{1, exponential(hEta, r.x, d)}, w{f, d3}, w{-f, d}))
	}
}

// bridge is the noise of one step, gathered from start over falling sigmas.
type bridge struct {
	*run
	start float64
	noise vec // in units of the sigma reached
}

// add returns x with the path's noise at sigma.
func (b *bridge) add(sigma float64, x vec) vec {
	if b.o.Eta == 0 || b.o.SNoise == 0 {
		return x
	}
	h := math.Log(b.start / sigma)
	fresh := w{math.Sqrt(-math.Expm1(-2 * h * b.o.Eta)), b.draw(b.start, sigma)}
	if b.noise == nil {
		b.noise = sum(fresh)
	} else {
		b.noise = sum(w{math.Exp(-h * b.o.Eta), b.noise}, fresh)
	}
	b.start = sigma
	return sum(w{1, x}, w{sigma * b.o.SNoise, b.noise})
}

// saSolver is SA-Solver (Xue et al. 2023, arXiv:2309.05019): a stochastic Adams predictor
// of order three and corrector of order four, with noise between two sigmas only.
func saSolver(r *run) { r.saSolver(false) }

// saSolverPECE evaluates once more at each corrected latent.
func saSolverPECE(r *run) { r.saSolver(true) }

func (r *run) saSolver(again bool) {
	last := len(r.sigmas) - 1
	var clean []vec // newest first
	var kick w
	x, tau := r.x, 0.0 // x is the corrected state, r.x the predicted one
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		clean = push(clean, r.eval(r.x, s), 4)
		predictor, corrector := min(3, len(clean)), len(clean)
		if i == 0 || next == 0 && !again {
			corrector = 0
		}
		if r.sigmas[last] == 0 {
			predictor, corrector = min(predictor, last-1-i), min(corrector, last-i)
		}
		if corrector == 0 {
			x = r.x
		} else {
			x = r.adams(x, i-1, i, corrector, tau, clean)
			if kick.by != 0 {
				x = sum(w{1, x}, kick)
			}
			if again {
				clean[0] = r.eval(x, s)
			}
		}
		if next == 0 {
			r.x = clean[0]
			continue
		}
		tau, kick = 0, w{}
		if next <= r.o.NoiseFrom && next >= r.o.NoiseTo {
			tau = r.o.Eta
		}
		r.x = r.adams(x, i, i+1, predictor, tau, clean)
		if tau > 0 && r.o.SNoise > 0 {
			kick = w{next * math.Sqrt(-math.Expm1(-2*tau*tau*math.Log(s/next))) * r.o.SNoise, r.draw(s, next)}
			r.x = sum(w{1, r.x}, kick)
		}
	}
}

// adams moves x from sigma[from] to sigma[to] with the n newest predictions, clean[0]
// belonging to the newest sigma evaluated (SA-Solver, equations 15 and 18).
func (r *run) adams(x vec, from, to, n int, tau float64, clean []vec) vec {
	// clean[0] was evaluated at `to` when correcting and at `from` when predicting; both
	// times that is the step now running.
	newest, rate := r.index, 1+tau*tau
	start, end := -math.Log(r.sigmas[from]), -math.Log(r.sigmas[to])
	moments, rows := make([]float64, n), make([][]float64, n)
	for p := range n {
		// rate times the integral of e^(rate·(l−end))·l^p, by parts
		moments[p] = math.Pow(end, float64(p)) - math.Pow(start, float64(p))*math.Exp(-rate*(end-start))
		if p > 0 {
			moments[p] -= float64(p) / rate * moments[p-1]
		}
		for k := range n {
			rows[p] = append(rows[p], math.Pow(-math.Log(r.sigmas[newest-k]), float64(p)))
		}
	}
	terms := []w{{r.sigmas[to] / r.sigmas[from] * math.Exp(-tau*tau*(end-start)), x}}
	for k, c := range solve(rows, moments) {
		terms = append(terms, w{c, clean[k]})
	}
	return sum(terms...)
}
