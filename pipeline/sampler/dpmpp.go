package sampler

import "math"

// The DPM-Solver++ family (Lu et al. 2022, arXiv:2211.01095) predicts clean data and
// integrates exactly in lambda = −log sigma.

// exponential is the first-order step over length h: e^−h·x + (1 − e^−h)·denoised.
func exponential(h float64, x, denoised vec) vec {
	return sum(w{math.Exp(-h), x}, w{-math.Expm1(-h), denoised})
}

// dpmpp2sAncestral is the single-step second-order solver with ancestral noise.
func dpmpp2sAncestral(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		down, up, keep := r.ancestral(s, next)
		d := r.eval(r.x, s)
		if down == 0 {
			r.x = d
		} else {
			h := math.Log(s / down)
			mid := exponential(h/2, r.x, d)
			r.x = exponential(h, r.x, r.eval(mid, math.Sqrt(s*down)))
		}
		r.renoise(keep, up, s, next)
	}
}

// dpmppSDE is the stochastic second-order single-step solver of k-diffusion.
func dpmppSDE(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			continue
		}
		x, mid := r.x, math.Exp((1-r.o.R)*math.Log(s)+r.o.R*math.Log(next))
		down, up, _ := r.ancestral(s, mid)
		r.x = exponential(math.Log(s/down), x, d)
		r.kick(up, s, mid)
		d2 := r.eval(r.x, mid)

		down, up, _ = r.ancestral(s, next)
		f := 1 / (2 * r.o.R)
		r.x = exponential(math.Log(s/down), x, sum(w{1 - f, d}, w{f, d2}))
		r.kick(up, s, next)
	}
}

// dpmpp2m is the two-step second-order solver.
func dpmpp2m(r *run) {
	var old vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		switch {
		case next == 0:
			r.x = d
		case old == nil || r.o.EndFirstOrder && i == len(r.sigmas)-2:
			r.x = exponential(math.Log(s/next), r.x, d)
		default:
			h := math.Log(s / next)
			f := h / (2 * math.Log(r.sigmas[i-1]/s))
			r.x = exponential(h, r.x, sum(w{1 + f, d}, w{-f, old}))
		}
		old = d
	}
}

// dpmpp2mSDE is the two-step solver of the stochastic equation, midpoint form.
func dpmpp2mSDE(r *run) {
	r.twoStepSDE(func(h float64) float64 { return -math.Expm1(-h) / 2 })
}

// dpmpp2mSDEHeun is the same with Heun's weight for the difference of predictions.
func dpmpp2mSDEHeun(r *run) {
	r.twoStepSDE(func(h float64) float64 { return math.Expm1(-h)/h + 1 })
}

func (r *run) twoStepSDE(second func(h float64) float64) {
	var old vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			continue
		}
		h := math.Log(s / next)
		hEta := h * (1 + r.o.Eta)
		r.x = exponential(hEta, r.x, d)
		if old != nil && !(r.o.EndFirstOrder && i == len(r.sigmas)-2) {
			f := second(hEta) * h / math.Log(r.sigmas[i-1]/s)
			r.x = sum(w{1, r.x}, w{f, d}, w{-f, old})
		}
		r.kick(next*math.Sqrt(-math.Expm1(-2*h*r.o.Eta)), s, next)
		old = d
	}
}

// dpmpp3mSDE is the three-step solver of the stochastic equation (k-diffusion).
func dpmpp3mSDE(r *run) {
	var d1, d2 vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			continue
		}
		h := math.Log(s / next)
		hEta := h * (1 + r.o.Eta)
		r.x = exponential(hEta, r.x, d)
		phi2 := math.Expm1(-hEta)/hEta + 1
		if d2 != nil {
			r0, r1 := math.Log(r.sigmas[i-1]/s)/h, math.Log(r.sigmas[i-2]/r.sigmas[i-1])/h
			near, far := sum(w{1 / r0, d}, w{-1 / r0, d1}), sum(w{1 / r1, d1}, w{-1 / r1, d2})
			bend := sum(w{1 / (r0 + r1), near}, w{-1 / (r0 + r1), far})
			r.x = sum(w{1, r.x}, w{phi2, near}, w{phi2*r0 - (phi2/hEta - 0.5), bend})
		} else if d1 != nil {
			f := phi2 * h / math.Log(r.sigmas[i-1]/s)
			r.x = sum(w{1, r.x}, w{f, d}, w{-f, d1})
		}
		r.kick(next*math.Sqrt(-math.Expm1(-2*h*r.o.Eta)), s, next)
		d1, d2 = d, d1
	}
}

// resMultistep is the second-order RES multistep solver (Zhang et al. 2023,
// arXiv:2308.02157), ancestral where eta is above zero.
func resMultistep(r *run) {
	r.res(func(x vec, sigma float64) (vec, vec) { d := r.eval(x, sigma); return d, d })
}

// resMultistepCFGpp is the same by CFG++.
func resMultistepCFGpp(r *run) { r.res(r.both) }

// res steps from the prediction that ask gives first, along the direction of the second.
func (r *run) res(ask func(x vec, sigma float64) (to, along vec)) {
	var old vec
	var oldDown float64
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		down, up, keep := r.ancestral(s, next)
		d, u := ask(r.x, s)
		x := sum(w{1, r.x}, w{1, d}, w{-1, u})
		if down == 0 || old == nil {
			r.x = sum(w{down / s, x}, w{1 - down/s, d})
		} else {
			h := math.Log(s / down)
			c2 := math.Log(oldDown/r.sigmas[i-1]) / h
			phi1 := math.Expm1(-h) / -h
			b2 := (phi1 - 1) / -h / c2
			r.x = sum(w{down / s, x}, w{h * (phi1 - b2), u}, w{h * b2, old})
		}
		r.renoise(keep, up, s, next)
		old, oldDown = u, down
	}
}

// res2s is the single-step solver of second order of the same paper, with its inner evaluation
// halfway, ancestral where eta is above zero.
func res2s(r *run) {
	const c2 = 0.5
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		down, up, keep := r.ancestral(s, next)
		d := r.eval(r.x, s)
		if down == 0 {
			r.x = d
		} else {
			h := math.Log(s / down)
			phi1 := math.Expm1(-h) / -h
			b2 := (phi1 - 1) / -h / c2
			d2 := r.eval(exponential(c2*h, r.x, d), s*math.Exp(-c2*h))
			r.x = sum(w{down / s, r.x}, w{h * (phi1 - b2), d}, w{h * b2, d2})
		}
		r.renoise(keep, up, s, next)
	}
}

// gradientEstimation is Euler with the slope extrapolated by a factor of two (Permenter
// and Yuan 2023, arXiv:2306.04848).
func gradientEstimation(r *run) {
	const gamma = 2
	var old vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		denoised := r.eval(r.x, s)
		if next == 0 {
			r.x = denoised
			continue
		}
		d := slope(r.x, denoised, s)
		if old == nil {
			old = d
		}
		r.x = sum(w{1, r.x}, w{(next - s) * gamma, d}, w{(next - s) * (1 - gamma), old})
		old = d
	}
}
