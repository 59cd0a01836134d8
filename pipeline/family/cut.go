package family

import (
	"context"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// cutDenoiser is a UNet in two graphs as a Denoiser, for DeepCache.
type cutDenoiser struct {
	unetDenoiser
	cut *unet.Cut
}

func (d cutDenoiser) Eval(ctx context.Context, in denoise.Input) (*tensor.Tensor, error) {
	all := d.input(in)
	if in.Deep != nil {
		return d.cut.Shallow(ctx, all, in.Deep)
	}
	out, deep, err := d.cut.Whole(ctx, all)
	if err == nil && in.Keep != nil {
		in.Keep(deep)
	}
	return out, err
}

func (d cutDenoiser) Guide(scale float64) bool                   { return d.cut.Guide(scale) }
func (d cutDenoiser) Use(ctx context.Context, packed bool) error { return d.cut.Use(ctx, packed) }
func (d cutDenoiser) Usual(ctx context.Context) error            { return d.cut.Usual(ctx) }
func (d cutDenoiser) Close() error                               { return d.cut.Close() }
func (d cutDenoiser) Weigh(ctx context.Context, weights map[string]graph.Weight) error {
	return d.cut.Weigh(ctx, weights)
}
