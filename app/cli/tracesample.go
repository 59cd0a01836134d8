package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/tensor"
)

var sampleStages = []stage{
	{"sample", "a sampler's result x on a denoiser with an exact formula, for init, mu, mu_u, s and noise.0 …", []string{"in", "out"}, true, traceSample},
}

// sampleAsk is the request of the stage sample.
type sampleAsk struct {
	Sampler   string             `json:"sampler"`
	Sigmas    []float64          `json:"sigmas"`
	Timesteps []int              `json:"timesteps"`
	CFG       float64            `json:"cfg"`
	Options   map[string]float64 `json:"options"`
	// Restarts are by the lowest sigma: steps, times, highest sigma.
	Restarts map[string][3]float64 `json:"restart_list"`
	Gamma    *float64              `json:"eta_gamma"`
}

func traceSample(ctx context.Context, env *Env, t *traceFlags) error {
	var ask sampleAsk
	if err := t.ask(&ask); err != nil {
		return err
	}
	in, err := checkpoint.ReadTensors(t.in)
	if err != nil {
		return err
	}
	for _, n := range []string{"init", "mu", "s"} {
		if in[n] == nil {
			return fmt.Errorf("%q has no tensor %q, want init, mu, s and, as asked for, mu_u, noise.0 …", filepath.Base(t.in), n)
		}
	}
	missing := -1
	a := pipeline.Analytic{Sampler: ask.Sampler, Sigmas: ask.Sigmas, Timesteps: ask.Timesteps, CFG: ask.CFG, Options: ask.Options, Restarts: ask.Restarts,
		Init: in["init"], Mu: in["mu"], MuU: in["mu_u"], S: in["s"],
		Noise: func(k int) *tensor.Tensor {
			n := in[fmt.Sprintf("noise.%d", k)]
			if n == nil && missing < 0 {
				missing = k
			}
			return n
		}}
	if ask.Gamma != nil {
		if a.Options == nil {
			a.Options = map[string]float64{}
		}
		a.Options["eta"] = *ask.Gamma
	}
	if ask.CFG != 0 && ask.CFG != 1 && a.MuU == nil {
		return fmt.Errorf("%q has no tensor \"mu_u\", which cfg %g needs", filepath.Base(t.in), ask.CFG)
	}
	out, err := a.Run(ctx)
	if missing >= 0 {
		return fmt.Errorf("%q has no tensor \"noise.%d\", which the sampler draws", filepath.Base(t.in), missing)
	}
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{"x": out})
}
