package denoise

import "math"

// Effort is what the evaluations of one step of a run take.
type Effort int

// The efforts.
const (
	Whole    Effort = iota // the whole network
	Shallow                // its shallow part, on the deep feature of the last whole evaluation
	Forecast               // no network
)

// Savings are the ways to take fewer whole evaluations in a run. The zero value takes all.
type Savings struct {
	// Window and Growth are Spectrum's (Han et al. 2026, arXiv:2603.01623, appendix B.1): after
	// a few steps one of Window steps is evaluated, the others are forecast; with every evaluation
	// the window grows. A window below 2 forecasts nothing.
	Window, Growth float64
	// Interval is DeepCache's N (Ma et al. 2024, arXiv:2312.00858, section 3.3): after the same
	// few steps one of N evaluated ones is whole, the others are shallow. 0 and 1: all are whole.
	Interval int
	// From is the share of the run's steps that come before the first shallow one, 0 to 1: where a sampler adds
	// noise, what early steps lose composes the picture anew, and what late ones lose does not. Where it is not 0 the last step
	// is whole, or noise stays in the picture.
	From float64
}

// warmUp is how many steps at the start are whole: what is forecast follows from them, and the
// composition is decided there. The paper of DeepCache has no such steps with equal intervals;
// without them a picture of Euler a by the Starter was another one.
const warmUp = 4

// Plan says what each step of a run of so many takes. The last is never forecast: nothing
// behind it would put it right.
func (s Savings) Plan(steps int) []Effort {
	out := make([]Effort, steps)
	window, since, shallow := s.Window, 1, 0
	from := max(warmUp, int(math.Round(s.From*float64(steps))))
	for i := range out {
		if window >= 2 && i >= warmUp && i < steps-1 {
			if since < int(math.Floor(window)) {
				out[i] = Forecast
				since++
				continue
			}
			window += s.Growth
		}
		since = 1
		if i >= from && shallow < s.Interval-1 && (s.From == 0 || i < steps-1) {
			out[i] = Shallow
			shallow++
		} else {
			shallow = 0
		}
	}
	return out
}

// planned is the effort of the clock's step; steps beyond the plan are whole.
func planned(plan []Effort, clock *Clock) func() Effort {
	return func() Effort {
		if i := clock.Step() - 1; i < len(plan) {
			return plan[i]
		}
		return Whole
	}
}
