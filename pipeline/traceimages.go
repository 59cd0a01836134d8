package pipeline

import (
	"context"
	"fmt"
	"image"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/ipadapter"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// The two steps from a picture to what an IP-Adapter gives the denoiser, for checking them against
// another program. Of the request they read Model, Device and Threads.

// Vision runs the vision encoder that the request's Model is, on a picture or, where that is nil, on
// pixels [B,3,side,side]: pixels, penultimate and, with a projection, image_embeds.
func (p *Pipeline) Vision(ctx context.Context, req Request, c checkpoint.VisionConfig, picture *image.NRGBA, pixels *tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	defer p.leave()
	v, err := checkpoint.OpenVision(req.Model, c)
	if err != nil {
		return nil, err
	}
	e, err := clip.OpenVision(ctx, p.runtime, v, model.Options{Device: req.Device, Threads: req.Threads}, graph.Variant{})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if picture != nil {
		pixels = clip.Pixels(picture, v.Side)
	}
	seen, err := e.Encode(ctx, pixels)
	if err != nil {
		return nil, err
	}
	out := map[string]*tensor.Tensor{"pixels": pixels, "penultimate": seen.Penultimate}
	if seen.Embeds != nil {
		out["image_embeds"] = seen.Embeds
	}
	return out, nil
}

// ProjectImage runs the projection of the IP-Adapter that the request's Model is, on what it reads of a
// vision encoder's outputs.
func (p *Pipeline) ProjectImage(ctx context.Context, req Request, in map[string]*tensor.Tensor) (*tensor.Tensor, error) {
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	defer p.leave()
	f, err := ipadapter.Open(req.Model)
	if err != nil {
		return nil, err
	}
	wants := map[ipadapter.Kind]string{ipadapter.Plain: "image_embeds", ipadapter.Plus: "penultimate"}[f.Kind]
	if in[wants] == nil {
		return nil, fault.New(fmt.Sprintf("pipeline: a %s IP-Adapter reads %s, which is missing", f.Kind, wants), "Take it from the stage vision.")
	}
	proj, err := ipadapter.OpenProjector(ctx, p.runtime, f, model.Options{Device: req.Device, Threads: req.Threads}, graph.Variant{})
	if err != nil {
		return nil, err
	}
	defer proj.Close()
	return proj.Project(ctx, in[wants])
}
