package denoise

import (
	"context"
	"slices"

	"pentimento/pipeline/tensor"
)

// Evaluation is what is evaluated at once: conditions for a batch of latents each, in the order of
// Input's rows, at a noise level.
type Evaluation struct {
	X          *tensor.Tensor // the latents as the network sees them: one tensor for all evaluations that ask of them
	Conditions []Condition
	Batch      int
	Sigma      float64
}

// Steer puts into an evaluation what pictures that steer a run (ControlNet, reference
// attention, IP-Adapter) give the network there. It may run networks of its own, and the
// denoiser itself.
type Steer func(ctx context.Context, in *Input, e Evaluation) error

// Rows is the evaluation of latents from–to alone. What they give back (Keep, Attention) is the
// caller's to gather.
func (in Input) Rows(from, to int) Input {
	part := func(t *tensor.Tensor) *tensor.Tensor {
		if t == nil {
			return nil
		}
		return t.Batch(from, to)
	}
	flags := func(rows []bool) []bool {
		if rows == nil {
			return nil
		}
		return rows[from:to]
	}
	shared := func(all []*tensor.Tensor) (out []*tensor.Tensor) {
		for _, t := range all {
			if t != nil && t.Shape[0] > 1 {
				t = t.Batch(from, to)
			}
			out = append(out, t)
		}
		return out
	}
	out := in
	out.Control, out.Features = shared(in.Control), shared(in.Features)
	out.X, out.Context, out.Label, out.Concat, out.Deep = part(in.X), part(in.Context), part(in.Label), part(in.Concat), part(in.Deep)
	out.Images = slices.Clone(in.Images)
	for i, image := range out.Images {
		out.Images[i].Tokens, out.Images[i].Mask = part(image.Tokens), part(image.Mask)
	}
	out.Timesteps, out.Perturbed, out.Negative = in.Timesteps[from:to], flags(in.Perturbed), flags(in.Negative)
	out.References = citedRows(in.References, from, to)
	return out
}
