package cli

import (
	"context"

	"pentimento/pipeline/merge"
	"pentimento/pipeline/tensor"
)

var mergeStages = []stage{
	{"merge", "two or three checkpoints merged (request: method, a, b, c, alpha, half, base, weights, base_beta, weights_beta, keys): the tensors of keys", []string{"out"}, true, traceMerge},
}

func traceMerge(ctx context.Context, env *Env, t *traceFlags) error {
	var ask struct {
		Method, A, B, C string
		Alpha           float64
		Half            bool
		Base            *float64
		Weights         []float64
		BaseBeta        *float64  `json:"base_beta"`
		WeightsBeta     []float64 `json:"weights_beta"`
		Beta            float64
		Keys            []string
	}
	if err := t.ask(&ask); err != nil {
		return err
	}
	o := merge.Options{Method: ask.Method, A: ask.A, B: ask.B, C: ask.C, Alpha: shares(ask.Alpha, ask.Base, ask.Weights), Beta: shares(ask.Beta, ask.BaseBeta, ask.WeightsBeta)}
	if ask.Half {
		o.Type = "F16"
	}
	j, err := merge.Open(o)
	if err != nil {
		return err
	}
	out := map[string]*tensor.Tensor{}
	for _, key := range ask.Keys {
		values, shape, err := j.Values(ctx, key)
		if err != nil {
			return err
		}
		x := &tensor.Tensor{Data: values}
		for _, d := range shape {
			x.Shape = append(x.Shape, int(d))
		}
		out[key] = x
	}
	return t.write(env, out)
}

// shares are those of a merge's blocks, from one number for all and what is said apart.
func shares(all float64, base *float64, blocks []float64) merge.Blocks {
	b := merge.Uniform(all)
	if base != nil {
		b.Base = *base
	}
	if blocks != nil {
		b.Of = blocks
	}
	return b
}
