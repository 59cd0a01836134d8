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
	var outs, deep, maps []*tensor.Tensor
	for from := 0; from < all; from += n {
		to := min(from+n, all)
		some := in.Rows(from, to)
		if in.Keep != nil {
			some.Keep = func(t *tensor.Tensor) { deep = append(deep, t) }
		}
		if in.Attention != nil {
			some.Attention = func(t *tensor.Tensor) { maps = append(maps, t) }
		}
		out, err := net.Eval(ctx, some)
		if err != nil {
			return nil, err
		}
		outs = append(outs, out)
	}
	for _, back := range []struct {
		parts []*tensor.Tensor
		to    func(*tensor.Tensor)
	}{{deep, in.Keep}, {maps, in.Attention}} {
		if len(back.parts) == 0 {
			continue
		}
		all, err := tensor.Concat(0, back.parts...)
		if err != nil {
			return nil, err
		}
		back.to(all)
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
