package sampler

import "math"

// tcd is trajectory consistency distillation (Zheng et al. 2024, arXiv:2402.19159, algorithm 4):
// a jump to the timestep (1−eta) of the way to the next one, and fresh noise back up to it. Eta,
// their gamma, goes from 0, no noise, to 1, which is LCM's way. The last step draws none.
func tcd(r *run) {
	l := r.o.Levels
	if l == nil {
		l = StableDiffusion()
	}
	level := l.Sigma // on the exploding path
	if l.shift > 0 {
		level = func(t float64) float64 { return min(Straight.Ratio(l.Sigma(t)), mostRatio) }
	}
	last := len(r.sigmas) - 2
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if next == 0 {
			r.x = d
			continue
		}
		down := next
		if r.o.Eta > 0 {
			at := next
			if l.shift > 0 {
				at = next / (1 + next)
			}
			// whole timesteps, rounded down in single precision, as the reference implementation does
			down = min(next, level(math.Floor(float64((1-float32(r.o.Eta))*float32(l.T(at))))))
		}
		r.x = sum(w{1, d}, w{down, slope(r.x, d, s)})
		if i < last {
			r.kick(math.Sqrt(max(next*next-down*down, 0)), s, next)
		}
	}
}
