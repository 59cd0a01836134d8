package sampler

import "math"

// ancestral splits a step to next into a deterministic part down to the first result and
// fresh noise of the second (Karras et al. 2022, appendix; Song et al. 2021), before which
// the latent is scaled by keep: 1 on the exploding path. eta 0 adds none.
func (r *run) ancestral(sigma, next float64) (down, up, keep float64) {
	eta := r.o.Eta
	switch {
	case eta == 0:
		return next, 0, 1
	case r.o.Path == Straight: // ComfyUI's way for rectified flow
		down = next * (1 + (next/sigma-1)*eta)
		keep = (1 - next) / (1 - down)
		return down, math.Sqrt(max(next*next-down*down*keep*keep, 0)), keep
	}
	up = min(next, eta*math.Sqrt(next*next*(sigma*sigma-next*next)/(sigma*sigma)))
	return math.Sqrt(next*next - up*up), up, 1
}

// churn raises the noise level before a step (Karras et al. 2022, algorithm 2) and returns
// the level reached. It draws in every step of a churning run, used or not, as the
// reference implementation does.
func (r *run) churn(sigma float64) float64 {
	if r.o.Churn <= 0 {
		return sigma
	}
	eps := r.draw(0, 0)
	if sigma < r.o.ChurnMin || sigma > r.o.ChurnMax {
		return sigma
	}
	hat := sigma * (1 + min(r.o.Churn/float64(len(r.sigmas)-1), math.Sqrt2-1))
	r.x = sum(w{1, r.x}, w{r.o.SNoise * math.Sqrt(hat*hat-sigma*sigma), eps})
	return hat
}

// euler is algorithm 2 of Karras et al. 2022 (arXiv:2206.00364) with Euler steps.
func euler(r *run) {
	for i := range r.steps() {
		s, next := r.churn(r.sigmas[i]), r.sigmas[i+1]
		d := r.eval(r.x, s)
		r.x = sum(w{next / s, r.x}, w{1 - next/s, d})
	}
}

// eulerAncestral steps down by Euler and adds fresh noise (k-diffusion).
func eulerAncestral(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		down, up, keep := r.ancestral(s, next)
		d := r.eval(r.x, s)
		r.x = sum(w{down / s, r.x}, w{1 - down/s, d})
		r.renoise(keep, up, s, next)
	}
}

// heun is algorithm 2 of Karras et al. 2022 with Heun's second-order correction.
func heun(r *run) {
	for i := range r.steps() {
		s, next := r.churn(r.sigmas[i]), r.sigmas[i+1]
		d := slope(r.x, r.eval(r.x, s), s)
		if next > 0 {
			ahead := sum(w{1, r.x}, w{next - s, d})
			d = sum(w{0.5, d}, w{0.5, slope(ahead, r.eval(ahead, next), next)})
		}
		r.x = sum(w{1, r.x}, w{next - s, d})
	}
}

// heunpp2 weighs up to two slopes ahead by their sigmas (Wang et al., Heun++).
func heunpp2(r *run) {
	last := len(r.sigmas) - 1
	for i := range r.steps() {
		s, next := r.churn(r.sigmas[i]), r.sigmas[i+1]
		d := slope(r.x, r.eval(r.x, s), s)
		if i+2 <= last {
			x2 := sum(w{1, r.x}, w{next - s, d})
			d2 := slope(x2, r.eval(x2, next), next)
			if i+2 == last {
				w2 := next / (2 * r.sigmas[0])
				d = sum(w{1 - w2, d}, w{w2, d2})
			} else {
				after := r.sigmas[i+2]
				x3 := sum(w{1, x2}, w{after - next, d2})
				d3 := slope(x3, r.eval(x3, after), after)
				w2, w3 := next/(3*r.sigmas[0]), after/(3*r.sigmas[0])
				d = sum(w{1 - w2 - w3, d}, w{w2, d2}, w{w3, d3})
			}
		}
		r.x = sum(w{1, r.x}, w{next - s, d})
	}
}

// midpoint steps from s to down with the slope at their geometric mean (DPM-Solver-2,
// Lu et al. 2022, arXiv:2206.00927, as k-diffusion writes it).
func (r *run) midpoint(s, down float64) {
	d := slope(r.x, r.eval(r.x, s), s)
	if down > 0 {
		mid := math.Sqrt(s * down)
		x2 := sum(w{1, r.x}, w{mid - s, d})
		d = slope(x2, r.eval(x2, mid), mid)
	}
	r.x = sum(w{1, r.x}, w{down - s, d})
}

// dpm2 is DPM-Solver-2 inside algorithm 2 of Karras et al. 2022.
func dpm2(r *run) {
	for i := range r.steps() {
		r.midpoint(r.churn(r.sigmas[i]), r.sigmas[i+1])
	}
}

// dpm2Ancestral is DPM-Solver-2 with ancestral noise.
func dpm2Ancestral(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		down, up, keep := r.ancestral(s, next)
		r.midpoint(s, down)
		r.renoise(keep, up, s, next)
	}
}

// lcm jumps to the prediction and noises it again (Luo et al. 2023, arXiv:2310.04378).
func lcm(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		r.x = r.eval(r.x, s)
		r.renoise(r.o.Path.Keep(next), next, s, next)
	}
}

// ddpm is ancestral sampling by the posterior of Ho et al. 2020 (arXiv:2006.11239).
func ddpm(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		bar, barNext := 1/(1+s*s), 1/(1+next*next)
		alpha := bar / barNext
		d := r.eval(r.x, s)
		eps := slope(r.x, d, s)
		// x lives in variance-exploding space: into the paper's space, one step, and back
		back := math.Sqrt(1 / (alpha * barNext))
		r.x = sum(w{back * math.Sqrt(bar), r.x}, w{-back * (1 - alpha) / math.Sqrt(1-bar), eps})
		if next > 0 {
			r.kick(math.Sqrt((1-alpha)*(1-barNext)/(1-bar)/barNext), s, next)
		}
	}
}

// ddim is Song et al. 2021 (arXiv:2010.02502): Euler along the flow, with eta of fresh
// noise per step; their formula (16) written for variance-exploding space.
func ddim(r *run) {
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		a, prev := 1/(1+s*s), 1/(1+next*next)
		noise := r.o.Eta * math.Sqrt((1-prev)/(1-a)*(1-a/prev)) // in variance-preserving space
		direction := math.Sqrt(max(1-prev-noise*noise, 0) / prev)
		r.x = sum(w{1, d}, w{direction, slope(r.x, d, s)})
		r.kick(noise/math.Sqrt(prev), s, next)
	}
}
