package cli

import (
	"context"
	"fmt"
	"image"

	"pentimento/pipeline"
)

// finder finds things of a kind for the verb select.
type finder struct {
	pass  pipeline.Detailing
	where pipeline.Where
	p     *pipeline.Pipeline
}

// openFinder gets the networks of --find; masks are as tight as they are found.
func (f *selectFlags) openFinder(ctx context.Context, env *Env) (*finder, error) {
	if err := env.checkDevice(f.where.Device); err != nil {
		return nil, err
	}
	pass := pipeline.UsualDetailing(f.find)
	pass.Blur, pass.Find.Grow = 0, 0
	ready, err := env.ready(ctx, []pipeline.Detailing{pass}, "", f.fetch, func(text string) { fmt.Fprintf(env.Stderr, "note: %s\n", text) })
	if err != nil {
		return nil, err
	}
	p, err := env.Pipeline(pipeline.Diffusion)
	return &finder{ready[0], f.where, p}, err
}

// look is the mask of all that is found in a picture.
func (f *finder) look(ctx context.Context, img *image.NRGBA) (*image.Alpha, error) {
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Finding, Frame: img.Rect, Image: img}, Details: []pipeline.Detailing{f.pass}, Where: f.where}
	res, err := f.p.Run(ctx, q, func(pipeline.Progress) {})
	if err != nil {
		return nil, err
	}
	return pipeline.Covers(res.Request.Details, img.Rect), nil
}

// nothing says that a picture shows none of them.
func (f *finder) nothing(in string) error {
	return WithHint(fmt.Errorf("%q: found no %s in it", in, f.pass.Find.What), "pentimento detail IN OUT --mask-only --find %s --confidence F finds what is less sure", f.pass.Find.What)
}
