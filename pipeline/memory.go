package pipeline

import (
	"context"
	"errors"
	"fmt"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/model"
	"pentimento/pipeline/shelf"
	"pentimento/pipeline/tensor"
)

// What a run does where a device runs out of memory, before the processor takes over: other
// networks are closed, the autoencoder's tiles and the denoiser's batches become smaller. None of
// it changes more than rounding, and each is told.

// atOnce evaluates a denoiser on as many latents at once as its device has shown room for.
func (r *run) atOnce(ctx context.Context, net family.Denoiser, in denoise.Input) (*tensor.Tensor, error) {
	all := in.X.Shape[0]
	n := all
	if r.fits > 0 {
		n = min(n, r.fits)
	}
	for {
		out, err := inParts(ctx, net, in, n)
		var full *model.OutOfMemory
		if !errors.As(err, &full) || n == 1 {
			return out, err
		}
		n = (n + 1) / 2
		r.fits = n
		r.notice(fmt.Sprintf("%s ran out of memory for %d evaluations at once; using %d", full.Device, all, n))
		all = n
	}
}

// inParts evaluates n latents at a time.
func inParts(ctx context.Context, net family.Denoiser, in denoise.Input, n int) (*tensor.Tensor, error) {
	all := in.X.Shape[0]
	if n >= all {
		return net.Eval(ctx, in)
	}
	part := func(t *tensor.Tensor, from, to int) *tensor.Tensor {
		if t == nil {
			return nil
		}
		return t.Batch(from, to)
	}
	var outs, deep []*tensor.Tensor
	for from := 0; from < all; from += n {
		to := min(from+n, all)
		some := in
		some.X, some.Context, some.Label, some.Concat = part(in.X, from, to), part(in.Context, from, to), part(in.Label, from, to), part(in.Concat, from, to)
		some.Deep = part(in.Deep, from, to)
		if in.Keep != nil {
			some.Keep = func(t *tensor.Tensor) { deep = append(deep, t) }
		}
		some.Timesteps = in.Timesteps[from:to]
		out, err := net.Eval(ctx, some)
		if err != nil {
			return nil, err
		}
		outs = append(outs, out)
	}
	if len(deep) > 0 {
		all, err := tensor.Concat(0, deep...)
		if err != nil {
			return nil, err
		}
		in.Keep(all)
	}
	return tensor.Concat(0, outs...)
}

// severalLatents says whether a denoiser's inputs are of more than one.
func severalLatents(in map[string]*tensor.Tensor) bool {
	x := in["x"]
	return x != nil && len(x.Shape) > 0 && x.Shape[0] > 1
}

// spare makes room on a device for a network of this run: others that are open rest, the text
// encoders and the autoencoder while the denoiser runs, and are opened again when they are asked for.
func (o *opened) spare(key string) func() (bool, error) {
	return func() (bool, error) { return o.lease.Spare(key), nil }
}

// later leaves making room to the run itself, beside whose networks this one was opened.
func later() (bool, error) { return false, shelf.ErrLater }

// smallerTiles tells of a device that has less memory than the autoencoder was given.
func (r *run) smallerTiles(e *model.OutOfMemory, memory int64) {
	r.vaeMemory = memory
	r.notice(fmt.Sprintf("%s ran out of memory for a picture of this size at once; using smaller tiles", e.Device))
}
