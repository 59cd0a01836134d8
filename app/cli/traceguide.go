package cli

import (
	"context"
	"fmt"
	"slices"

	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/tensor"
)

// guideStages guide one step, and combine what two conditions predict.
var guideStages = []stage{
	{"guide", "the guided clean latent of x, positive, negative at a noise level: denoised", []string{"model", "in", "out"}, true, traceGuide},
	{"combine", "cond and uncond combined by thresholds or rescaled: out", []string{"in", "out"}, true, traceCombine},
}

// guideRequest is what the stage guide takes. The first row says what a case of reference
// vectors says of itself.
type guideRequest struct {
	Case, Where any
	Shape       any     `json:"x_shape"`
	Timestep    any     `json:"timestep"`
	Sigma       float64 `json:"sigma"`
	CFG         float64 `json:"cfg"`
	Method      string  `json:"method"`

	Multiplier float64  `json:"multiplier"`
	Scale      float64  `json:"scale"`
	Blur       float64  `json:"blur_sigma"`
	Threshold  *float64 `json:"threshold"`
	B1         float64  `json:"b1"`
	B2         float64  `json:"b2"`
	S1         float64  `json:"s1"`
	S2         float64  `json:"s2"`
	Block      int      `json:"block"`
	Factor     float64  `json:"factor"`
	AfterSkip  bool     `json:"after_skip"`
	Down       string   `json:"down"`
	Up         string   `json:"up"`
	Strength   float64  `json:"strength"`

	placesAsk
}

// steering is what the method asks of a run.
func (g guideRequest) steering(q *pipeline.Request) error {
	s := &q.Steering
	switch g.Method {
	case "", "multidiffusion", "mixture":
	case "rescale_v":
		q.Rescale = g.Multiplier
	case "pag":
		s.Perturbed = g.Scale
	case "sag":
		limit := 1.0
		if g.Threshold != nil {
			limit = *g.Threshold
		}
		s.Self = &pipeline.SelfFields{Scale: g.Scale, Blur: g.Blur, Limit: limit}
	case "freeu", "freeu_v2":
		s.FreeU = &pipeline.FreeUFields{Version: map[string]int{"freeu": 1, "freeu_v2": 2}[g.Method], B1: g.B1, B2: g.B2, S1: g.S1, S2: g.S2}
	case "deep_shrink":
		s.Shrink = &pipeline.ShrinkFields{By: g.Factor, Block: g.Block, To: 1, AfterSkip: g.AfterSkip, Down: g.Down, Up: g.Up}
	case "cfg_zero_star":
		s.ZeroStar = true
	case "cfg_norm":
		s.Norm = g.Strength
	default:
		return fmt.Errorf("stage guide: method %q is not built, want rescale_v, pag, sag, freeu, freeu_v2, deep_shrink, cfg_zero_star, cfg_norm, multidiffusion, mixture or none", g.Method)
	}
	return nil
}

func traceGuide(ctx context.Context, env *Env, t *traceFlags) error {
	var g guideRequest
	if err := t.ask(&g); err != nil {
		return err
	}
	q := t.request()
	q.CFG = g.CFG
	if err := g.steering(&q); err != nil {
		return err
	}
	wanted := []string{"x", "negative"}
	if g.Positive == nil {
		wanted = append(wanted, "positive")
	}
	p, in, err := t.prepare(env, wanted...)
	if err != nil {
		return err
	}
	tiles, areas, err := g.places(g.Method, in)
	if err != nil {
		return err
	}
	positive := in["positive"]
	if positive == nil {
		positive = areas[0].Context
	}
	out, err := p.GuideIn(ctx, q, g.Sigma, in["x"], positive, in["negative"], tiles, areas)
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{"denoised": out})
}

// combineRequest is what the stage combine takes.
type combineRequest struct {
	Case, Shape any
	Method      string   `json:"method"`
	CFG         float64  `json:"cfg"`
	Rescale     float64  `json:"rescale"`
	Mimic       float64  `json:"mimic_scale"`
	Percentile  float64  `json:"percentile"`
	MimicMode   string   `json:"mimic_mode"`
	MimicMin    float64  `json:"mimic_min"`
	CFGMode     string   `json:"cfg_mode"`
	CFGMin      float64  `json:"cfg_min"`
	Schedule    float64  `json:"sched_val"`
	Separate    bool     `json:"separate_channels"`
	Start       string   `json:"start"`
	Variability string   `json:"variability"`
	Phi         *float64 `json:"phi"`
	Step        int      `json:"step"`
	Steps       int      `json:"max_steps"`
}

func traceCombine(_ context.Context, env *Env, t *traceFlags) error {
	var c combineRequest
	if err := t.ask(&c); err != nil {
		return err
	}
	in, err := checkpoint.ReadTensors(t.in)
	if err != nil {
		return err
	}
	cond, uncond := in["cond"], in["uncond"]
	if cond == nil || uncond == nil {
		return fmt.Errorf("stage combine: tensors cond and uncond are wanted")
	}
	var out *tensor.Tensor
	switch c.Method {
	case "dynamic_thresholding":
		if !slices.Contains([]string{"", "MEAN", "ZERO"}, c.Start) || !slices.Contains([]string{"", "AD", "STD"}, c.Variability) || !(c.Percentile >= 0 && c.Percentile <= 1) {
			return fmt.Errorf("stage combine: start %q, variability %q, percentile %g, want MEAN or ZERO, AD or STD, 0 to 1", c.Start, c.Variability, c.Percentile)
		}
		how := pipeline.Thresholding{Mimic: c.Mimic, Percentile: c.Percentile, MimicMode: c.MimicMode, MimicMin: c.MimicMin, CFGMode: c.CFGMode, CFGMin: c.CFGMin,
			Schedule: c.Schedule, Together: !c.Separate, Zero: c.Start == "ZERO", Deviation: c.Variability == "STD", Share: 1}
		if c.Phi != nil {
			how.Share = *c.Phi
		}
		out, err = how.Combine(cond, uncond, c.CFG, c.Step, c.Steps)
	case "rescale_eps":
		out, err = pipeline.RescaledNoise(cond, uncond, c.CFG, c.Rescale)
	default:
		err = fmt.Errorf("stage combine: method %q, want dynamic_thresholding or rescale_eps", c.Method)
	}
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{"out": out})
}
