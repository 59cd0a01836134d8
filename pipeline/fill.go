package pipeline

import (
	"context"
	"fmt"
	"image"
	"time"

	"pentimento/pipeline/infill"
	"pentimento/pipeline/region"
)

// previewEvery is the least time between two previews: five a second.
const previewEvery = 200 * time.Millisecond

// fill runs the engines that need no network: infill the selection, then lay the new
// pixels back, faded inside the selection by Request.Feather where they are like the old ones. Nothing outside the
// selection changes, so Result.Mask is at most Request.Mask everywhere.
func fill(ctx context.Context, engine EngineRow, req Request, report func(Progress)) (*Result, error) {
	if req.Image == nil || req.Mask == nil {
		return nil, fmt.Errorf("pipeline: engine %q has no picture or no mask, want both", req.Engine)
	}
	began := time.Now()
	var now Progress
	var shown time.Time
	opt := infill.Options{Mode: engine.mode, Seed: req.Seed, Even: req.Task.Row().Grows}
	opt.Preview = func(full func() *image.NRGBA) {
		if time.Since(shown) < previewEvery {
			return
		}
		shown = time.Now()
		now.Preview = full()
		report(now)
		now.Preview = nil
	}
	var layers []region.Strip
	if engine.Copies {
		layers = outward(req.Image, req.Mask, req.Task)
	}
	filled, err := filledOutward(ctx, req.Image, req.Mask, layers, opt, func(stage string, fraction float64) {
		now.Stage, now.Fraction = stage, max(now.Fraction, 0.95*fraction)
		report(now)
	})
	if err != nil {
		return nil, err
	}
	fillTime := time.Since(began)
	composite := region.FadeFitting(req.Image, req.Mask, req.Feather)
	if !req.Task.Row().Grows { // there what is under the mask's border is the picture that goes on
		composite = region.FadeAlike(composite, req.Mask, req.Image, filled)
	}
	out, err := region.Blend(req.Image, filled, composite)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	report(Progress{Stage: "done", Fraction: 1})
	req.Width, req.Height = req.Image.Rect.Dx(), req.Image.Rect.Dy()
	return &Result{
		Image: out, Mask: composite, Request: req,
		Timings: []Timing{{"fill", fillTime.Seconds()}, {"blend", (time.Since(began) - fillTime).Seconds()}},
	}, nil
}
