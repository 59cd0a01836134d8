package sampler

import "math"

// CFG++ (Chung et al. 2024, arXiv:2406.08070): a step lands on the guided prediction, but renoises
// it along the direction of the unguided one, so that guidance never pushes the latent off the
// levels the model knows. It wants a guidance scale of about 1 to 2. The formulas are ComfyUI's,
// whose samplers of these names are what people's recipes mean.

// both asks the denoiser and returns its prediction and the unguided one; where the run has no
// guidance they are the same.
func (r *run) both(x vec, sigma float64) (clean, unguided vec) {
	clean = r.eval(x, sigma)
	if r.err != nil || r.o.Unguided == nil {
		return clean, clean
	}
	if u := r.o.Unguided(); u != nil && len(u.Data) == len(clean) {
		return clean, widen(u)
	}
	return clean, clean
}

// eulerCFGpp is Euler, ancestral where eta is above zero.
func eulerCFGpp(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		down, up, _ := r.ancestral(s, next)
		d, u := r.both(r.x, s)
		r.x = sum(w{1, d}, w{down, slope(r.x, u, s)})
		r.kick(up, s, next)
	}
}

// dpmpp2sAncestralCFGpp is the single-step second-order solver with ancestral noise.
func dpmpp2sAncestralCFGpp(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		down, up, _ := r.ancestral(s, next)
		d, u := r.both(r.x, s)
		if down == 0 {
			r.x = d
		} else {
			h, mid := math.Log(s/down), math.Sqrt(s*down)
			x, first := r.x, d
			d, u = r.both(exponential(h/2, sum(w{1, x}, w{1, first}, w{-1, u}), first), mid)
			r.x = exponential(h, sum(w{1, x}, w{1, first}, w{-1, u}), d)
		}
		r.kick(up, s, next)
	}
}

// dpmpp2mCFGpp is the two-step second-order solver: the difference is between the guided
// prediction and the unguided one before it.
func dpmpp2mCFGpp(r *run) {
	var old vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d, u := r.both(r.x, s)
		f := next / s
		x := sum(w{1, d}, w{f, r.x}, w{-f, u})
		if old != nil && next > 0 {
			ratio := math.Log(s/next) / (2 * math.Log(r.sigmas[i-1]/s))
			x = sum(w{1, x}, w{(1 - f) * ratio, d}, w{-(1 - f) * ratio, old})
		}
		r.x, old = x, u
	}
}

// gradientEstimationCFGpp is Euler with the unguided slope extrapolated by a factor of two.
func gradientEstimationCFGpp(r *run) {
	const gamma = 2
	var old vec
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d, u := r.both(r.x, s)
		if next == 0 {
			r.x = d
			continue
		}
		along := slope(r.x, u, s)
		r.x = sum(w{1, d}, w{next, along})
		if old != nil {
			f := (gamma - 1) * (next - s)
			r.x = sum(w{1, r.x}, w{f, along}, w{-f, old})
		}
		old = along
	}
}
