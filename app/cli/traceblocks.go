package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"pentimento/pipeline"
)

// blockStages are those of an adapter's block weights.
var blockStages = []stage{
	{"blocks", "block weights as all 26, or of some layers by the names that A1111 has for them: JSON", nil, true, traceBlocks},
}

func traceBlocks(_ context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Ratios   []float64 `json:"ratios"`
		Elements string    `json:"elements"`
		Keys     []string  `json:"keys"`
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	if len(ask.Keys) == 0 && ask.Elements != "" {
		return fmt.Errorf("request: elements without keys, want both")
	}
	ratios, of, err := pipeline.BlockRatios(ask.Ratios, ask.Elements)
	if err != nil {
		return err
	}
	if len(ask.Keys) == 0 {
		return printed(json.NewEncoder(env.Stdout).Encode(map[string]any{"ratios": ratios}))
	}
	out := map[string]float64{}
	for _, key := range ask.Keys {
		out[key] = of(strings.ReplaceAll(key, ".", "_"))
	}
	return printed(json.NewEncoder(env.Stdout).Encode(out))
}
