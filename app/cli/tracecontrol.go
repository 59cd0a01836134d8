package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"pentimento/pipeline"
	"pentimento/pipeline/tensor"
)

// controlStages are those of pictures that steer.
var controlStages = []stage{
	{"active", "the steps in which a guide acts (request: steps, start, end): JSON", nil, true, traceActive},
}

// denoiseAsk is the request of the stage denoise.
type denoiseAsk struct {
	Loras []loraAsk `json:"loras"`
	Rows  []string  `json:"rows"` // what tells the prompt's rows from the negative one's

	Controls   []controlAsk   `json:"controls"`
	References []referenceAsk `json:"references"`
	Images     []imageAsk     `json:"ip"`
}

// controlAsk is a ControlNet or T2I-Adapter as requests of stages have it.
type controlAsk struct {
	File    string    `json:"file"`
	Hint    string    `json:"hint"` // these as tensors of the input
	Region  string    `json:"region"`
	Weight  *float64  `json:"weight"`
	Mode    string    `json:"mode"`
	Type    string    `json:"type"` // of its map, for a Union net
	Factors []float64 `json:"factors"`
	Average bool      `json:"average"`
}

// guide is the same as a run's.
func (a controlAsk) guide(in map[string]*tensor.Tensor) (pipeline.Guide, error) {
	g := pipeline.Guide{Kind: pipeline.GuideControl, Weight: 1, End: 1, Mode: a.Mode, Type: a.Type, Factors: a.Factors, Average: a.Average}
	if a.Weight != nil {
		g.Weight = *a.Weight
	}
	var err error
	if g.Model, err = filepath.Abs(a.File); err != nil || a.File == "" {
		return g, fmt.Errorf("request: a control of file %q, want a file", a.File)
	}
	for name, of := range map[string]string{"hint": a.Hint, "region": a.Region} {
		if of == "" && name == "region" {
			continue
		}
		t := in[of]
		if t == nil {
			return g, fmt.Errorf("request: a control's %s is %q, want the name of a tensor of the input", name, of)
		}
		g = g.With(name, t)
	}
	return g, nil
}

// negative says which rows are the negative prompt's.
func (a denoiseAsk) negative() (out []bool) {
	for _, row := range a.Rows {
		out = append(out, row == "uncond")
	}
	return out
}

// guides are those of the request, with their tensors out of the input file.
func (a denoiseAsk) guides(in map[string]*tensor.Tensor) (all []pipeline.Guide, err error) {
	for _, one := range a.Controls {
		g, err := one.guide(in)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	references, err := a.references(in)
	if err != nil {
		return nil, err
	}
	images, err := a.images(in)
	return append(append(all, references...), images...), err
}

func traceActive(_ context.Context, env *Env, t *traceFlags) error {
	ask := struct {
		Steps      int
		Start, End float64
	}{End: 1}
	if err := t.ask(&ask); err != nil {
		return err
	}
	if ask.Steps < 1 || ask.Steps > 10000 {
		return fmt.Errorf("request: %d steps, want 1 to 10000", ask.Steps)
	}
	return printed(json.NewEncoder(env.Stdout).Encode(map[string]any{"steps": pipeline.ActiveSteps(ask.Steps, ask.Start, ask.End)}))
}
