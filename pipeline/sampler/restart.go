package sampler

import (
	"math"
	"slices"
)

// Segment is one place where Restart goes back up: from the level nearest to Min to that nearest
// to Max, and down again in Steps−1 steps, so many Times.
type Segment struct {
	Min, Max     float64 // sigmas
	Steps, Times int
}

// restart is Heun sampling that goes back up in places and down again (Xu et al. 2023,
// arXiv:2306.14878). Without segments of the person's own it is from sigma 0.1 to 2, as A1111
// chooses by the number of steps: never below 20, nine steps once below 36, a quarter of the
// steps twice from there on.
func restart(r *run) {
	plan := restartPlan(r.sigmas, r.o.Restarts)
	for i, step := range plan {
		r.report(min(i*(len(r.sigmas)-1)/len(plan), len(r.sigmas)-2))
		s, next := step[0], step[1]
		if i > 0 && plan[i-1][1] < s {
			last := plan[i-1][1]
			r.kick(math.Sqrt(s*s-last*last), last, s)
		}
		d := slope(r.x, r.eval(r.x, s), s)
		if next > 0 {
			ahead := sum(w{1, r.x}, w{next - s, d})
			d = sum(w{0.5, d}, w{0.5, slope(ahead, r.eval(ahead, next), next)})
		}
		if r.x = sum(w{1, r.x}, w{next - s, d}); r.err != nil {
			return
		}
	}
}

// restartPlan lists the steps, from and to, of a schedule with its restarts.
func restartPlan(sigmas []float64, segments []Segment) [][2]float64 {
	sigmas = slices.Clone(sigmas)
	for i, s := range sigmas {
		sigmas[i] = single(s)
	}
	steps := len(sigmas) - 1
	if segments == nil && steps >= 20 {
		s := Segment{Min: 0.1, Max: 2, Steps: 10, Times: 1}
		if steps >= 36 {
			s.Steps, s.Times = steps/4+1, 2
		}
		segments = []Segment{s}
		sigmas = karrasSingle(steps-(s.Steps-1)*s.Times, sigmas[steps-1], sigmas[0])
	}
	at := map[int]Segment{}
	for _, s := range segments {
		at[nearestTo(sigmas, s.Min)] = s
	}
	var plan [][2]float64
	for i := range len(sigmas) - 1 {
		plan = append(plan, [2]float64{sigmas[i], sigmas[i+1]})
		s, ok := at[i+1]
		top := nearestTo(sigmas, s.Max)
		if !ok || top >= i+1 || sigmas[i+1] == 0 {
			continue
		}
		segment := karrasSingle(s.Steps, sigmas[i+1], sigmas[top])
		for range s.Times {
			for k := range s.Steps - 1 {
				plan = append(plan, [2]float64{segment[k], segment[k+1]})
			}
		}
	}
	return plan
}

func nearestTo(sigmas []float64, s float64) int {
	best := 0
	for i, v := range sigmas {
		if math.Abs(v-s) < math.Abs(sigmas[best]-s) {
			best = i
		}
	}
	return best
}

// karrasSingle is the schedule of Karras in single precision. A segment that ends a rounding error
// below its level is followed by a draw of noise of that strength: it is part of the pictures
// people know, and of which numbers the draws after it get.
func karrasSingle(n int, low, high float64) []float64 {
	const rho = 7
	from, to := math.Pow(high, 1./rho), math.Pow(low, 1./rho)
	out := make([]float64, n)
	for i := range out {
		out[i] = single(math.Pow(single(single(from)+single(rampSingle(i, n)*single(to-from))), rho))
	}
	return append(out, 0)
}

// rampSingle is number i of n even steps from 0 to 1 as torch rounds it: by eights, each counted on
// from its first, and the rest from the nearer end.
func rampSingle(i, n int) float64 {
	step := single(1 / float64(max(n-1, 1)))
	from := func(i int) float64 {
		if i < n/2 {
			return single(step * float64(i))
		}
		return single(1 - single(step*float64(n-1-i)))
	}
	if whole := n / 8 * 8; i < whole {
		first := i / 8 * 8
		return single(from(first) + single(step*float64(i-first)))
	}
	return from(i)
}

func single(v float64) float64 { return float64(float32(v)) }
