package sampler

import (
	"math"
	"slices"
)

// Beta sampling (Lee et al. 2024, arXiv:2407.12173): quantiles of the beta distribution
// with both parameters 0.6, dense at both ends.
const betaShape = 0.6

// betaSchedule is A1111's: the quantiles are laid on sigma itself.
func betaSchedule(l *Levels, n int) []float64 {
	out := linspace(1, 0, n)
	for i, p := range out {
		out[i] = l.Min() + betaQuantile(p, betaShape, betaShape)*(l.Max()-l.Min())
	}
	return append(out, 0)
}

// betaComfy is ComfyUI's: the quantiles are laid on timesteps and rounded.
func betaComfy(l *Levels, n int) []float64 {
	var out []float64
	for i := range n {
		q := betaQuantile(1-float64(i)/float64(n), betaShape, betaShape)
		out = append(out, l.At(int(roundEven(q*float64(l.Len()-1)))))
	}
	return append(slices.Compact(out), 0)
}

func roundEven(x float64) float64 { return math.RoundToEven(x) }

// betaQuantile inverts the regularized incomplete beta function by Newton's method kept
// inside a shrinking bracket; a step that leaves the bracket halves it instead.
func betaQuantile(p, a, b float64) float64 {
	if p <= 0 || p >= 1 {
		return min(max(p, 0), 1)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	low, high, x := 0.0, 1.0, p
	for range 60 {
		off := betaRegularized(x, a, b) - p
		if off < 0 {
			low = x
		} else {
			high = x
		}
		density := math.Exp(lab - la - lb + (a-1)*math.Log(x) + (b-1)*math.Log1p(-x))
		next := x - off/density
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if math.Abs(next-x) < 1e-15 {
			return next
		}
		x = next
	}
	return x
}

// betaRegularized is I_x(a, b) by Lentz's continued fraction (Abramowitz and Stegun
// 26.5.8), on whichever side converges.
func betaRegularized(x, a, b float64) float64 {
	if x > (a+1)/(a+b+2) {
		return 1 - betaRegularized(1-x, b, a)
	}
	if x <= 0 {
		return 0
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a

	const tiny = 1e-300
	f, c, d := 1.0, 1.0, 0.0
	for i := range 300 {
		m := float64(i / 2)
		var num float64
		switch {
		case i == 0:
			num = 1
		case i%2 == 0:
			num = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			num = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 / nonZero(1+num*d, tiny)
		c = nonZero(1+num/c, tiny)
		f *= c * d
		if math.Abs(1-c*d) < 1e-15 {
			break
		}
	}
	return front * (f - 1)
}

func nonZero(v, tiny float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}
