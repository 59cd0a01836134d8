package pipeline

import (
	"context"
	"image"
)

// generate makes a picture from nothing but the prompt and the seed. It covers
// Request.Frame, or a frame of the work size at the origin where that is empty.
func (r *run) generate(ctx context.Context) (*Result, error) {
	place := r.req.Frame
	if place.Empty() {
		side := r.model.NativeSize
		place = image.Rect(0, 0, side, side)
		if r.req.Width > 0 {
			place = image.Rect(0, 0, r.req.Width, r.req.Height)
		}
		r.req.Frame = place
	}
	r.req.Strength = 1
	res, err := r.paint(ctx, job{place: place, passes: r.passes(place)}, func(made *image.NRGBA) (*image.NRGBA, error) {
		return made, nil
	})
	if err != nil {
		return nil, err
	}
	res.Mask = whole(place)
	return res, nil
}
