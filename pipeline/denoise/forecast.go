package denoise

import (
	"context"
	"math"

	"pentimento/pipeline/tensor"
)

// Spectrum (Han et al. 2026, arXiv:2603.01623) takes what a network predicts as a function of
// time that Chebyshev polynomials describe: their coefficients follow from the steps that were
// evaluated, by ridge regression, C = (ΦᵀΦ + λI)⁻¹ΦᵀH, and give the other steps without
// the network. As the authors advise since, a share of the forecast goes straight on through the
// last two values known.
//
// Three things differ from the paper. It forecasts the features before the last layer of a
// transformer; here it is the direction to the noise, (x − clean)/σ, so that no network needs to be
// known (the same on the straight path, where it is the velocity). The constant is left out of
// the ridge's penalty: a prediction that does not change is forecast exactly. And time is the
// place in the run's schedule, with fractions, so that samplers may ask between its steps.
const (
	degree = 3    // M, of the highest polynomial
	ridge  = 0.01 // λ
	fitted = 0.3  // w: the share of the polynomials in a forecast
)

// history is what was evaluated for one condition, in the order of times.
type history struct {
	times  []float64
	values []*tensor.Tensor
}

// at is the forecast for time t of a run of so many steps: a weighted sum of what is known.
func (h *history) at(t, steps float64) *tensor.Tensor {
	weights := forecastWeights(h.times, t, steps)
	out := tensor.Scale(float32(weights[0]), h.values[0])
	for i := 1; i < len(weights); i++ {
		tensor.CombineInto(out, float32(weights[i]), h.values[i], 1, out)
	}
	return out
}

// forecastWeights are those of the values known at two times or more in the forecast for time
// t. Times are in [0, steps], which the polynomials see as [−1, 1]. They sum to 1.
func forecastWeights(times []float64, t, steps float64) []float64 {
	n := len(times)
	p := min(degree, n-1) + 1
	normal, rows := make([][]float64, p), make([][]float64, n)
	for i := range normal {
		normal[i] = make([]float64, p)
		if i > 0 {
			normal[i][i] = ridge
		}
	}
	for i, known := range times {
		rows[i] = chebyshev(2*known/steps-1, p)
		for a := range p {
			for b := range p {
				normal[a][b] += rows[i][a] * rows[i][b]
			}
		}
	}
	out := make([]float64, n)
	for a, c := range solve(normal, chebyshev(2*t/steps-1, p)) {
		for i := range out {
			out[i] += fitted * c * rows[i][a]
		}
	}
	ahead := (t - times[n-1]) / (times[n-1] - times[n-2])
	out[n-1] += (1 - fitted) * (1 + ahead)
	out[n-2] -= (1 - fitted) * ahead
	return out
}

// chebyshev are the first n polynomials of the first kind at x.
func chebyshev(x float64, n int) []float64 {
	out := make([]float64, n)
	out[0] = 1
	if n > 1 {
		out[1] = x
	}
	for i := 2; i < n; i++ {
		out[i] = 2*x*out[i-1] - out[i-2]
	}
	return out
}

// solve gives x of a·x = b for a positive definite a, which it overwrites.
func solve(a [][]float64, b []float64) []float64 {
	x := append([]float64{}, b...)
	for i := range a {
		for j := i + 1; j < len(a); j++ {
			by := a[j][i] / a[i][i]
			for k := i; k < len(a); k++ {
				a[j][k] -= by * a[i][k]
			}
			x[j] -= by * x[i]
		}
	}
	for i := len(a) - 1; i >= 0; i-- {
		for k := i + 1; k < len(a); k++ {
			x[i] -= a[i][k] * x[k]
		}
		x[i] /= a[i][i]
	}
	return x
}

// place is where in a schedule a noise level lies: i at sigmas[i], between them by the
// logarithm, and by the level itself where the schedule ends in 0.
func place(sigmas []float64, sigma float64) float64 {
	for i := 1; i < len(sigmas); i++ {
		from, to := sigmas[i-1], sigmas[i]
		if sigma < to && i+1 < len(sigmas) {
			continue
		}
		if to == 0 {
			return float64(i) - sigma/from
		}
		return float64(i-1) + math.Log(from/sigma)/math.Log(from/to)
	}
	return 0
}

// Forecasting answers the steps that a plan forecasts without asking predict. A step for whose
// conditions too little is known is evaluated: where a prompt changes, and where guidance begins.
// Of the evaluations of a step the first is remembered, which lies on the run's way; all
// is forgotten where a sampler goes back to more noise. It belongs to one run.
func Forecasting(predict Predictor, plan []Effort, clock *Clock, sigmas []float64) Predictor {
	effort := planned(plan, clock)
	known := map[key]*history{} // by the condition, one of its own for each
	step, first := 0, math.Inf(1)
	return func(ctx context.Context, x *tensor.Tensor, sigma float64, conditions []Condition) ([]*tensor.Tensor, error) {
		t, begins := place(sigmas, sigma), clock.Step() != step
		if begins {
			if sigma > first {
				clear(known)
			}
			step, first = clock.Step(), sigma
		}
		if effort() == Forecast && foreseen(known, conditions) {
			out := make([]*tensor.Tensor, len(conditions))
			for i, c := range conditions {
				out[i] = tensor.Combine(1, x, float32(-sigma), known[c.key()].at(t, float64(len(sigmas)-1)))
			}
			return out, nil
		}
		out, err := predict(ctx, x, sigma, conditions)
		if err != nil || !begins || sigma == 0 {
			return out, err
		}
		for i, c := range conditions {
			h := known[c.key()]
			if h == nil {
				h = &history{}
				known[c.key()] = h
			}
			if n := len(h.times); n > 0 && t <= h.times[n-1] {
				continue
			}
			h.times = append(h.times, t)
			h.values = append(h.values, tensor.Combine(float32(1/sigma), x, float32(-1/sigma), out[i]))
		}
		return out, nil
	}
}

// foreseen says whether enough is known of every condition.
func foreseen(known map[key]*history, conditions []Condition) bool {
	for _, c := range conditions {
		if h := known[c.key()]; h == nil || len(h.times) < 2 {
			return false
		}
	}
	return true
}
