package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"pentimento/pipeline"
)

// adapterStages are those of adapters: LoRA and its kin.
var adapterStages = []stage{
	{"names", "which weights the modules of adapter files are (request: names): JSON", []string{"model"}, true, traceNames},
	{"change", "what adapters change weights by (request: loras, weights): the change of each", []string{"model", "out"}, true, traceChange},
}

// loraAsk is an adapter as requests of stages have it; strengths that it leaves out are 1. Its
// ratios may be those of any family.
type loraAsk struct {
	File     string    `json:"file"`
	TE       *float64  `json:"te"`
	UNet     *float64  `json:"unet"`
	Dyn      int       `json:"dyn"`
	Ratios   []float64 `json:"ratios"`
	Elements string    `json:"elements"`
}

// adapters are those of a stage's request.
func adapters(asked []loraAsk) (out []pipeline.Adapter, err error) {
	for _, l := range asked {
		if l.File == "" || l.Dyn < 0 {
			return nil, fmt.Errorf("request: adapter of file %q with dyn %d, want a file, and ranks of zero or more", l.File, l.Dyn)
		}
		a := pipeline.Adapter{Weight: 1, TextWeight: 1, Ranks: l.Dyn, Elements: l.Elements}
		if l.UNet != nil {
			a.Weight = *l.UNet
		}
		if l.TE != nil {
			a.TextWeight = *l.TE
		}
		if a.File, err = filepath.Abs(l.File); err != nil {
			return nil, err
		}
		if l.Ratios != nil {
			all, _, err := pipeline.BlockRatios(l.Ratios, "")
			if err != nil {
				return nil, err
			}
			a.Blocks = strings.Trim(strings.ReplaceAll(fmt.Sprint(all), " ", ","), "[]")
		}
		out = append(out, a)
	}
	return out, nil
}

// checkRows says whether a request names its batch rows as such requests do.
func checkRows(rows []string, x []int) error {
	for _, row := range rows {
		if row != "cond" && row != "uncond" {
			return fmt.Errorf("request: row %q, want cond or uncond", row)
		}
	}
	if rows != nil && (len(x) == 0 || len(rows) != x[0]) {
		return fmt.Errorf("request: %d rows for x of shape %v, want one for each of the batch", len(rows), x)
	}
	return nil
}

func traceNames(_ context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Names []string `json:"names"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	of, err := pipeline.AdapterTargets(t.request().Models, ask.Names)
	if err != nil {
		return err
	}
	return printed(json.NewEncoder(env.Stdout).Encode(of))
}

func traceChange(_ context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		LoRAs   []loraAsk `json:"loras"`
		Weights []string  `json:"weights"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	req := t.request()
	var err error
	if req.Adapters, err = adapters(ask.LoRAs); err != nil {
		return err
	}
	out, err := pipeline.AdapterChange(req, ask.Weights)
	if err != nil {
		return err
	}
	return t.write(env, out)
}
