package sampler

import (
	"fmt"
	"math"
	"slices"
)

// Levels are the noise levels a model was trained on, in rising order: level t has
// sigma = sqrt((1−a)/a), a being the cumulative product of alphas at t. They translate
// between sigmas and timesteps. Levels do not change and may be shared.
type Levels struct {
	alphas, sigmas, logs []float64
	shift                float64 // of Shifted, whose levels have a closed form; 0 for all others
}

// Shifted are the levels of flow matching (Esser et al. 2024, arXiv:2403.03206): level t of
// n has sigma = shift·u/(1+(shift−1)·u) with u = (t+1)/n, so that the last one is 1. A shift
// that is not positive, or fewer than two levels, give those of 1 and 1000.
func Shifted(n int, shift float64) *Levels {
	if n < 2 || !(shift > 0) || math.IsInf(shift, 0) {
		n, shift = 1000, 1
	}
	l := &Levels{shift: shift}
	for t := range n {
		u := float64(t+1) / float64(n)
		s := shift * u / (1 + (shift-1)*u)
		l.sigmas, l.logs = append(l.sigmas, s), append(l.logs, math.Log(s))
	}
	return l
}

// FromAlphas takes a checkpoint's alphas_cumprod: at least two values, falling, in (0, 1).
// They are rounded to float32 before sigmas are made of them, as checkpoints hold them and
// A1111 computes: at level 0 this moves SD's lowest sigma by one part in 80,000.
func FromAlphas(alphas []float64) (*Levels, error) {
	if len(alphas) < 2 {
		return nil, fmt.Errorf("sampler: %d noise levels, want at least 2", len(alphas))
	}
	l := &Levels{alphas: slices.Clone(alphas)}
	for i, a := range alphas {
		if !(a > 0 && float32(a) < 1) || i > 0 && a >= alphas[i-1] {
			return nil, fmt.Errorf("sampler: alphas_cumprod[%d] is %v, want falling values between 0 and 1", i, a)
		}
		a := float64(float32(a))
		s := math.Sqrt((1 - a) / a)
		l.sigmas, l.logs = append(l.sigmas, s), append(l.logs, math.Log(s))
	}
	return l, nil
}

// fromBetas accumulates betas that are known to be good.
func fromBetas(n int, beta func(i int) float64) *Levels {
	alphas, a := make([]float64, n), 1.0
	for i := range alphas {
		a *= 1 - beta(i)
		alphas[i] = a
	}
	l, err := FromAlphas(alphas)
	if err != nil {
		return StableDiffusion()
	}
	return l
}

// StableDiffusion is the schedule of SD 1.x, 2.x and SDXL: ScaledLinear(1000, 0.00085, 0.012).
func StableDiffusion() *Levels { return ScaledLinear(1000, 0.00085, 0.012) }

// ScaledLinear has betas whose square roots rise evenly (Rombach et al. 2022). Arguments
// that give no falling alphas fall back to StableDiffusion, as in Linear.
func ScaledLinear(n int, start, end float64) *Levels {
	b := linspace(math.Sqrt(start), math.Sqrt(end), n)
	return fromBetas(n, func(i int) float64 { return b[i] * b[i] })
}

// Linear has betas that rise evenly (Ho et al. 2020).
func Linear(n int, start, end float64) *Levels {
	b := linspace(start, end, n)
	return fromBetas(n, func(i int) float64 { return b[i] })
}

// Cosine is the squared-cosine schedule, betas capped at 0.999 (Nichol and Dhariwal 2021).
func Cosine(n int) *Levels {
	bar := func(t float64) float64 { c := math.Cos((t + 0.008) / 1.008 * math.Pi / 2); return c * c }
	return fromBetas(n, func(i int) float64 {
		return min(1-bar(float64(i+1)/float64(n))/bar(float64(i)/float64(n)), 0.999)
	})
}

// ZeroTerminalSNR shifts and scales sqrt(alphas) so that the last level is pure noise
// (Lin et al. 2023, algorithm 1). A sigma must stay finite, so the last alpha is the small
// number that the field uses, 4.8973451890853435e-08 (sigma 4518.8).
func (l *Levels) ZeroTerminalSNR() *Levels {
	if l.shift > 0 {
		return l // it is so already
	}
	n := len(l.alphas)
	first, last := math.Sqrt(l.alphas[0]), math.Sqrt(l.alphas[n-1])
	alphas := make([]float64, n)
	for i, a := range l.alphas {
		r := (math.Sqrt(a) - last) * first / (first - last)
		alphas[i] = r * r
	}
	alphas[n-1] = 4.8973451890853435e-08
	z, err := FromAlphas(alphas)
	if err != nil {
		return l
	}
	return z
}

// Len is the number of levels, 1000 for the known families.
func (l *Levels) Len() int { return len(l.sigmas) }

// Alpha is alphas_cumprod at timestep t, which is clamped; of Shifted levels it is the share
// of the clean latent in the variance.
func (l *Levels) Alpha(t int) float64 {
	if l.shift > 0 {
		r := Straight.Ratio(l.At(t))
		return 1 / (1 + r*r)
	}
	return l.alphas[min(max(t, 0), len(l.alphas)-1)]
}

// At is the sigma of timestep t, which is clamped.
func (l *Levels) At(t int) float64 { return l.sigmas[min(max(t, 0), len(l.sigmas)-1)] }

// Min and Max are the lowest and highest sigma.
func (l *Levels) Min() float64 { return l.sigmas[0] }

// Max is the highest sigma.
func (l *Levels) Max() float64 { return l.sigmas[len(l.sigmas)-1] }

// Sigma is the sigma of a fractional timestep, interpolated in log sigma; t is clamped.
func (l *Levels) Sigma(t float64) float64 {
	t = min(max(t, 0), float64(len(l.logs)-1))
	if l.shift > 0 {
		u := (t + 1) / float64(len(l.sigmas))
		return l.shift * u / (1 + (l.shift-1)*u)
	}
	low := math.Floor(t)
	i, frac := int(low), t-low
	if frac == 0 {
		return l.sigmas[i]
	}
	return math.Exp((1-frac)*l.logs[i] + frac*l.logs[i+1])
}

// T is the fractional timestep of a sigma, interpolated in log sigma and clamped.
func (l *Levels) T(sigma float64) float64 {
	if n := float64(len(l.sigmas)); l.shift > 0 {
		return min(max(sigma/(l.shift-(l.shift-1)*sigma)*n-1, 0), n-1)
	}
	log := math.Log(sigma)
	above, _ := slices.BinarySearch(l.logs, log)
	if above < len(l.logs) && l.logs[above] == log {
		return float64(above)
	}
	low := min(max(above-1, 0), len(l.logs)-2)
	f := (log - l.logs[low]) / (l.logs[low+1] - l.logs[low])
	return float64(low) + min(max(f, 0), 1)
}

// Nearest is the whole timestep whose log sigma is nearest.
func (l *Levels) Nearest(sigma float64) int {
	log := math.Log(sigma)
	above, _ := slices.BinarySearch(l.logs, log)
	above = min(above, len(l.logs)-1)
	if above > 0 && math.Abs(log-l.logs[above-1]) <= math.Abs(l.logs[above]-log) {
		return above - 1
	}
	return above
}

// linspace is n values from a to b, both included; n of 1 gives a.
func linspace(a, b float64, n int) []float64 {
	out := make([]float64, max(n, 0))
	for i := range out {
		out[i] = a
		if n > 1 {
			out[i] = a + (b-a)*float64(i)/float64(n-1)
		}
	}
	if n > 1 {
		out[n-1] = b
	}
	return out
}
