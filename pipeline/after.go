package pipeline

import (
	"context"
	"fmt"
	"image"

	"pentimento/fault"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// withSteps carries out a request and then its steps on each picture that came out. A step
// changes what the request changed and no more: Result.Mask stays, and outside it every
// pixel is that of Request.Image.
func (p *Pipeline) withSteps(ctx context.Context, req Request, report func(Progress), trace Trace, in *parts) (*Result, error) {
	for i, s := range req.After {
		if err := s.refused(); err != nil {
			return nil, fmt.Errorf("pipeline: step %d after the run: %w", i+1, err)
		}
	}
	req.settleGuides() // with a list of steps of its own
	first := req
	first.After = nil
	share := 1 / float64(1+len(req.After))
	r := &run{p: p, req: req, report: report, parts: in}
	res, err := p.perform(ctx, first, func(g Progress) {
		if g.Fraction == 1 {
			g.Stage = r.now.Stage
		}
		g.Fraction *= share
		r.now = Progress{Stage: g.Stage, Fraction: g.Fraction}
		report(g)
	}, trace, in)
	if err != nil {
		return nil, err
	}
	r.req = res.Request
	images := res.Images
	if len(images) == 0 {
		images = []*image.NRGBA{res.Image}
	}
	outer := in.picture
	part := (1 - share) / float64(len(images)*len(req.After))
	for i := range images {
		for k, s := range req.After {
			at := share + part*float64(i*len(req.After)+k)
			in.picture = i + 1
			made, by, err := r.step(ctx, s, images[i], res.Mask, at, at+part)
			if err != nil {
				return nil, err
			}
			images[i] = made
			if by != nil {
				req.After[k].Restore = by
			}
		}
	}
	res.Image = images[0]
	in.picture = outer
	res.Request.After, res.Request.Parts = req.After, in.ran
	res.Timings, res.Steps = append(res.Timings, r.timings...), append(res.Steps, r.steps...)
	r.say("done", 1)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return res, nil
}

// refused is why a step cannot be carried out.
func (s Step) refused() error {
	row, err := FindTask(s.Task)
	switch {
	case err != nil:
		return err
	case !row.Needs.Picture:
		return fault.New(fmt.Sprintf("task %q makes a picture from nothing, want one that works on a picture", s.Task), "Choose another task for the step.")
	case row.Resizes:
		return fault.New(fmt.Sprintf("task %q changes the size, want one that does not: no step changes the size yet", s.Task), "Enlarge the finished picture.")
	case s.Scale != 0 && s.Scale != 1:
		return fault.New(fmt.Sprintf("task %q scales by %g, want 1: no step changes the size yet", s.Task, s.Scale), "Leave the scale open.")
	}
	return nil
}

// step runs one step on a picture, where mask was painted and the step's own mask allows. by is how faces were restored, with
// what that found.
func (r *run) step(ctx context.Context, s Step, img *image.NRGBA, mask *image.Alpha, from, to float64) (made *image.NRGBA, by *Restoring, err error) {
	where := mask
	if s.Mask != nil {
		where = pixels.CloneMask(mask)
		own := pixels.CropMask(s.Mask, mask.Rect)
		for i, v := range own.Pix {
			where.Pix[i] = min(where.Pix[i], v)
		}
	}
	if pixels.Bounds(where).Empty() {
		return img, nil, nil
	}
	res, err := r.within(ctx, s.request(r.req, img, where, r.parts), from, to)
	if err != nil {
		return nil, nil, err
	}
	made, err = region.Blend(img, res.Image, where)
	return made, res.Request.Restore, err
}

// request is what a step asks for. A model with its adapters, or a text, where the step
// brings none is that of the request that it follows.
func (s Step) request(q Request, img *image.NRGBA, where *image.Alpha, in *parts) Request {
	out := Request{
		Ask:  Ask{Engine: Diffusion, Task: s.Task, Frame: pixels.Bounds(where), Image: img},
		Text: s.Text, Sampling: s.Sampling, Keep: s.Keep, Models: s.Models,
		Guides: s.Guides, Adapters: s.Adapters, Where: q.Where, Details: s.Details, Restore: s.Restore,
	}
	if s.Task == Detail { // what makes the finds is what made the picture
		out.Text, out.Sampling, out.Steering, out.Keep = q.Text, q.Sampling, q.Steering, q.Keep
		out.Box = nil // it was refined when the picture was made
		out.Width, out.Height, out.Hires = 0, 0, nil
		out.Seed += int64(max(in.picture-1, 0))
	}
	if out.Model == "" {
		out.Models = q.Models
		if len(out.Adapters) == 0 {
			out.Adapters = q.Adapters
		}
	}
	if out.Prompt == "" && out.Negative == "" {
		out.Prompt, out.Negative = q.Prompt, q.Negative
	}
	if out.Task.Row().Needs.Mask {
		out.Mask = where
	}
	out.Batch, out.BatchSize = 1, 0
	return out
}
