package sampler

import "math"

// restart is Heun sampling that goes back up from sigma 0.1 to 2 and down again (Xu et al.
// 2023, arXiv:2306.14878), with the segments A1111 chooses by the number of steps: none
// below 20, nine steps once below 36, a quarter of the steps twice from there on.
func restart(r *run) {
	plan := restartPlan(r.sigmas)
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
func restartPlan(sigmas []float64) [][2]float64 {
	const low, high = 0.1, 2
	steps, again, times := len(sigmas)-1, 0, 0
	switch {
	case steps >= 36:
		again, times = steps/4, 2
	case steps >= 20:
		again, times = 9, 1
	}
	if times > 0 {
		sigmas = karrasBetween(steps-again*times, sigmas[steps-1], sigmas[0])
	}
	bottom, top := nearestTo(sigmas, low), nearestTo(sigmas, high)
	var plan [][2]float64
	for i := range len(sigmas) - 1 {
		plan = append(plan, [2]float64{sigmas[i], sigmas[i+1]})
		if times > 0 && i+1 == bottom && top < bottom && sigmas[bottom] > 0 {
			segment := karrasBetween(again+1, sigmas[bottom], sigmas[top])
			for range times {
				for k := range again {
					plan = append(plan, [2]float64{segment[k], segment[k+1]})
				}
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
