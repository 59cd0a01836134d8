package pipeline

import (
	"context"
	"errors"
	"image"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/upscaler"
)

// RunUpscaler takes x [1,3,h,w], in the network's own order of channels, or else a picture through the upscaler that
// the request's Model is, for checking it against another program: x whole, the picture as A1111 does
// (upscaler.Network.Gridded). Of the request it also reads Device and Threads.
func (p *Pipeline) RunUpscaler(ctx context.Context, req Request, x *tensor.Tensor, picture *image.NRGBA, tile, overlap int) (out *tensor.Tensor, made *image.NRGBA, err error) {
	if err := p.enter(ctx); err != nil {
		return nil, nil, err
	}
	defer p.leave()
	f, err := upscaler.Open(req.Model)
	if err != nil {
		return nil, nil, err
	}
	n, err := f.Load(ctx, p.runtime, model.Options{Device: req.Device, Threads: req.Threads, Release: true}, graph.Variant{})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	if x != nil {
		out, err = n.Eval(ctx, x)
		return out, nil, err
	}
	made, err = n.Gridded(ctx, picture, tile, overlap)
	return nil, made, err
}
