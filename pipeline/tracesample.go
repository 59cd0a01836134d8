package pipeline

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Analytic is a run of a sampler on a denoiser with an exact formula instead of a network, for
// checking it against another program:
// D(x, g) = (s²x + g²mu)/(s² + g²) + 0.1·sin(2x/√(1+g²))·g²/(1+g²).
type Analytic struct {
	Sampler   string
	Sigmas    []float64 // falling; or else
	Timesteps []int     // of SD's levels, for samplers in variance-preserving space, the result too
	CFG       float64   // with other than 1 (0 is 1) the prediction is U + CFG·(D − U), U with MuU for Mu
	Options   map[string]float64
	// Restarts of Restart by their lowest sigma: steps, times, highest sigma; nil: by the number
	// of steps.
	Restarts map[string][3]float64

	Init, Mu, MuU, S *tensor.Tensor // of one shape; Init is unit noise, MuU may be nil
	Noise            func(k int) *tensor.Tensor
}

// Run gives the result, in Init's shape.
func (a Analytic) Run(ctx context.Context) (*tensor.Tensor, error) {
	row, joined, err := sampler.Find(a.Sampler)
	for _, v := range []string{"_eta0", "_eta", "_r"} { // cases named for their options
		if head, ok := strings.CutSuffix(a.Sampler, v); ok && err != nil {
			row, joined, err = sampler.Find(head)
		}
	}
	if err != nil {
		return nil, err
	}
	if joined != "" {
		return nil, fmt.Errorf("pipeline: sampler %q names a schedule too, want the sampler alone", a.Sampler)
	}
	for what, t := range map[string]*tensor.Tensor{"mu": a.Mu, "mu_u": a.MuU, "s": a.S} {
		if t != nil && len(t.Data) != len(a.Init.Data) {
			return nil, fmt.Errorf("pipeline: %s has shape %v, want init's %v", what, t.Shape, a.Init.Shape)
		}
	}
	o, err := a.options(row)
	if err != nil {
		return nil, err
	}
	sigmas, err := a.sigmas(row)
	if err != nil {
		return nil, err
	}
	preserving := len(a.Timesteps) > 0
	row.VP = row.VP && preserving // on sigmas every sampler is in exploding space
	x := tensor.Scale(float32(sigmas[0]), a.Init)
	if preserving {
		row.VP = true
		x = row.Start(sampler.Exploding, nil, a.Init, sigmas[0])
	}
	var unguided *tensor.Tensor
	o.Unguided = func() *tensor.Tensor { return unguided }
	draws := 0
	noise := func(_, _ float64) *tensor.Tensor {
		draws++
		return a.Noise(draws - 1)
	}
	out, err := row.With(o)(ctx, a.denoiser(&unguided), x, sigmas, noise, nil)
	if err != nil {
		return nil, err
	}
	return row.Finish(sampler.Exploding, out, sigmas[len(sigmas)-1]), nil
}

func (a Analytic) options(row sampler.Row) (sampler.Options, error) {
	o := row.Default
	for name, v := range a.Options {
		switch name {
		case "eta":
			o.Eta = v
		case "s_noise":
			o.SNoise = v
		case "r":
			o.R = v
		case "s_churn":
			o.Churn = v
		case "s_tmin":
			o.ChurnMin = v
		case "s_tmax":
			o.ChurnMax = v
		case "solver_order":
			o.Order = int(v)
		default:
			return o, fmt.Errorf("pipeline: option %q, want eta, s_noise, r, s_churn, s_tmin, s_tmax or solver_order", name)
		}
	}
	if a.Restarts != nil {
		o.Restarts = []sampler.Segment{} // an empty list is not the automatic one
	}
	for _, low := range slices.Sorted(maps.Keys(a.Restarts)) {
		segment, err := restart(low, a.Restarts[low])
		if err != nil {
			return o, err
		}
		o.Restarts = append(o.Restarts, segment)
	}
	return o, nil
}

// sigmas of timesteps end at zero where the sampler's field has it so (LCM), otherwise at level 0.
func (a Analytic) sigmas(row sampler.Row) ([]float64, error) {
	if (len(a.Sigmas) > 0) == (len(a.Timesteps) > 0) {
		return nil, fmt.Errorf("pipeline: %d sigmas and %d timesteps, want one of the two", len(a.Sigmas), len(a.Timesteps))
	}
	l, out := sampler.StableDiffusion(), a.Sigmas
	for i, t := range a.Timesteps {
		if t < 0 || t >= l.Len() || i > 0 && t >= a.Timesteps[i-1] {
			return nil, fmt.Errorf("pipeline: timestep %d is %d, want falling ones from 0 to %d", i, t, l.Len()-1)
		}
		out = append(out, l.At(t))
	}
	switch {
	case len(a.Timesteps) == 0:
	case row.Name == "LCM":
		out = append(out, 0)
	default:
		out = append(out, l.Min())
	}
	return out, nil
}

// denoiser is the formula, guided; it leaves the unguided prediction in the given place.
func (a Analytic) denoiser(unguided **tensor.Tensor) sampler.Denoiser {
	return func(_ context.Context, x *tensor.Tensor, g float64) (*tensor.Tensor, error) {
		positive, negative := tensor.New(x.Shape...), tensor.New(x.Shape...)
		for i, v := range x.Data {
			s2, g2 := float64(a.S.Data[i])*float64(a.S.Data[i]), g*g
			to := func(mu *tensor.Tensor) float64 {
				return (s2*float64(v)+g2*float64(mu.Data[i]))/(s2+g2) + 0.1*math.Sin(2*float64(v)/math.Sqrt(1+g2))*g2/(1+g2)
			}
			d := to(a.Mu)
			u := d
			if a.MuU != nil {
				u = to(a.MuU)
			}
			if a.CFG != 0 && a.CFG != 1 {
				d = u + a.CFG*(d-u)
			}
			positive.Data[i], negative.Data[i] = float32(d), float32(u)
		}
		*unguided = negative
		return positive, nil
	}
}
