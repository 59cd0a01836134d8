package editor

import (
	"context"
	"fmt"
	"image"

	"pentimento/app/commission"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Refining is how what was made larger is refined by the open model.
type Refining struct {
	Strength float64 // how much may change
	AtOnce   bool    // by tiled diffusion, not tile by tile
}

// CanRefine is an error where what is made larger can't be refined: the panel's engine has no model, or a picture has several
// layers, each of which would become another picture.
func (e *Editor) CanRefine(what string) error {
	if !e.Models.Generates() {
		return fault.New("no model is open that could refine it", "Open a checkpoint, or choose the Starter in the fill panel.")
	}
	if n := len(e.doc.State().Layers); what == EnlargePicture && n > 1 {
		return fault.New(fmt.Sprintf("the picture has %d layers, and each would be refined to another picture", n), "Choose the frame or a layer, or merge the layers first.")
	}
	return nil
}

// EnlargeRefined is Enlarge, after which the open model refines what was made with the panel's prompt and settings.
func (e *Editor) EnlargeRefined(what string, factor float64, upscaler string, how Refining) {
	if e.Fail(e.CanRefine(what)) {
		return
	}
	q, err := e.Fills.Refining()
	if e.Fail(err) {
		return
	}
	if q.Strength = how.Strength; !how.AtOnce {
		q.Tiled = nil
	} else if q.Tiled == nil || q.Tiled.Method == "" {
		q.Tiled = &pipeline.Tiled{Method: pipeline.Mixture}
	}
	one := pipeline.Enlarging{By: factor, Upscaler: upscaler}
	by, made := e.refiner(q, one)
	if e.doc.State().Source.Deep() && (what == EnlargePicture || what == EnlargeLayer) {
		e.Say(words.T("A scaled picture has 8 bits a channel; undo brings its 16 back"))
	}
	e.enlargeBy(what, one, by, made)
}

// refiner enlarges pictures and has the open model refine them. The request that comes with it says how, once it did.
func (e *Editor) refiner(q pipeline.Request, how pipeline.Enlarging) (canvas.Resampler, *pipeline.Request) {
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil {
		runner = e.Fills.Runner
	}
	runner = commission.In(e.doc.State().Source.Space(), runner)
	p, done := e.page, &pipeline.Request{}
	return func(ctx context.Context, picture image.Image, w, h int, report func(float64)) (image.Image, error) {
		one, q, img := how, q, commission.Narrow(picture)
		one.By = min(max(float64(w)/float64(img.Rect.Dx()), float64(h)/float64(img.Rect.Dy()), 1), 8)
		q.Enlarge, q.Image, q.Frame = &one, img, img.Rect
		q, err := q.Expanded()
		if err != nil {
			return nil, err
		}
		res, err := runner.Run(ctx, q, func(g pipeline.Progress) {
			if g.Notice != "" {
				p.ed.Post(func() { p.ed.Say(g.Notice) })
			}
			report(g.Fraction)
		})
		if err != nil {
			return nil, err
		}
		*done = res.Request
		done.Image = nil
		return res.Image, nil
	}, done
}
