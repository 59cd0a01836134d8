package cli

import (
	"context"
	"encoding/json"
	"fmt"

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
}

// negative says which rows are the negative prompt's.
func (a denoiseAsk) negative() (out []bool) {
	for _, row := range a.Rows {
		out = append(out, row == "uncond")
	}
	return out
}

// guides are those of the request, with their tensors out of the input file.
func (a denoiseAsk) guides(map[string]*tensor.Tensor) ([]pipeline.Guide, error) {
	return nil, nil
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
