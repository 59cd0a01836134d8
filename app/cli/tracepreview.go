package cli

import (
	"context"

	"pentimento/pipeline"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/tensor"
)

var previewStages = []stage{
	{"preview", "a half of a small autoencoder (TAESD): image of a latent z with scale factor, or z of an image from 0 to 1", []string{"model", "in", "out"}, false, tracePreview},
}

func tracePreview(ctx context.Context, env *Env, t *traceFlags) error {
	in, err := checkpoint.ReadTensors(t.in)
	if err != nil {
		return err
	}
	p, err := env.Pipeline(pipeline.Diffusion)
	if err != nil {
		return err
	}
	name, out, err := p.RunSmall(ctx, t.request(), in)
	if err != nil {
		return err
	}
	return t.write(env, map[string]*tensor.Tensor{name: out})
}
