package pipeline

import (
	"context"
	"image"

	"pentimento/pipeline/pixels"
)

// generate makes a picture from nothing but the prompt and the seed. It covers
// Request.Frame, or a frame of the work size at the origin where that is empty (with Hires
// of the last pass's size).
func (r *run) generate(ctx context.Context) (*Result, error) {
	place := r.req.Frame
	if place.Empty() {
		size := image.Pt(r.req.Width, r.req.Height)
		if size.X == 0 {
			size = image.Pt(r.model.NativeSize, r.model.NativeSize)
		}
		if r.req.hires() != nil {
			size = r.req.Hires.size(size)
		}
		place = image.Rectangle{Max: size}
		r.req.Frame = place
	}
	if err := r.plan(Scene{Selection: place}); err != nil {
		return nil, err
	}
	prompts, err := r.readPrompts(ctx)
	if err != nil {
		return nil, err
	}
	res := &Result{Mask: pixels.Full(place)}
	j := job{place: place, passes: r.req.Plan.Layout.Passes}
	r.count(j, r.req.Batch)
	err = r.batch(ctx, j, prompts, func(_ int, m made) error {
		res.Images = append(res.Images, m.img)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r.finished(res, j.passes[len(j.passes)-1].Size), nil
}
