package editor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"slices"

	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// Fill starts a fill of the mask, or of what the frame rule says: freeze the picture,
// plan, flatten what is read, build the request, queue it. The person may go on painting.
func (e *Editor) Fill() {
	e.CancelTool()
	if e.blocked() {
		return
	}
	state := e.doc.State()
	if sel, out := e.plan(state); !e.Fail(out.Err) {
		e.start(job{out, state, sel.mask(state, out.read)})
	}
}

// Outpaint grows the picture from its used area to a larger one: what the border tool
// asks for. Only blank pixels of the new strip are filled.
func (e *Editor) Outpaint(from, to image.Rectangle) {
	e.CancelTool()
	state := e.doc.State()
	if from.Empty() || from == to || !from.In(to) {
		return
	}
	sel := selection{blank: sides(from, to)}
	for _, side := range sel.blank {
		sel.bounds = sel.bounds.Union(side)
	}
	out := Outline{Task: pipeline.Outpaint}
	if e.needsModel(&out); out.Err == nil {
		e.layout(&out, pipeline.Scene{Selection: sel.bounds, Picture: from, Old: from})
	}
	if e.Fail(out.Err) {
		return
	}
	mask := sel.mask(state, out.read.Union(to))
	if pixels.Bounds(mask).Empty() {
		e.Fail(fault.New("outpaint: the strip holds pixels already", "drag the handle further out"))
		return
	}
	e.start(job{out, state, mask})
}

// job is a fill that is ready to be queued: the plan and the frozen picture.
type job struct {
	outline Outline
	state   *canvas.State
	mask    *image.Alpha // the selection; what it covers is read
}

// request is what the panel asks for, without the pictures.
func (e *Editor) request(task pipeline.Task) pipeline.Request {
	f := e.Settings.Fill
	req := pipeline.Request{Ask: pipeline.Ask{Engine: e.Models.Engine().ID, Task: task, Frame: e.doc.State().Frame}, Sampling: pipeline.Sampling{Seed: f.Seed}, Keep: pipeline.Keep{Feather: f.Feather}}
	if e.Models.Generates() {
		model, _ := e.Models.Chosen() // an error was told by needsModel
		e.prompting(&req)
		req.Steps, req.CFG, req.Sampler, req.Schedule = f.Steps, f.CFG, f.Sampler, f.Schedule
		req.Strength, req.Model, req.Device = f.Strength, model, e.Settings.Device
		req.Guides = e.attached(e.doc.State())
		if task == pipeline.Outpaint {
			req.Strength = 1
		}
	}
	return req
}

// start makes a new stack for a job and queues as many candidates as the panel says.
func (e *Editor) start(j job) {
	f := e.Settings.Fill
	if e.Models.Generates() {
		e.Prompting.Remember(settings.Prompt{Prompt: f.Prompt, Negative: f.Negative})
	}
	req := e.request(j.outline.Task)
	req.Frame, req.Mask, req.Plan = j.state.Frame, j.mask, j.outline.plan
	req.Image = render.Flatten(j.state, j.mask.Rect, render.FlattenOptions{})
	if !f.LockSeed {
		req.Seed = int64(rand.Uint32())
		e.Settings.Fill.Seed = req.Seed
		e.Tell(desk.Change{What: desk.FillChanged})
	}
	e.nextGroup++
	s := &Stack{ID: e.nextGroup, Place: j.outline.Target, request: req}
	e.stacks = append(e.stacks, s)
	e.shown = s.ID
	for i := range max(f.Count, 1) {
		e.queue(s, i)
	}
	e.stackChanged(s)
}

// queue adds one candidate's job; seeds count up from the request's, as other tools do.
func (e *Editor) queue(s *Stack, i int) { e.queueAgain(s, i, 0) }

// queueAgain is queue for a job that has ended with the program a number of times.
func (e *Editor) queueAgain(s *Stack, i, tries int) {
	req := numbered(s.request, i)
	s.queued = max(s.queued, i+1)
	label := fmt.Sprintf("Fill: %s (seed %d)", describe(req), req.Seed)
	id, at, keep, runner := s.ID, &attempt{}, e.keepsake(s.ID), e.runner()
	job := e.Jobs.Add(label, id, func(ctx context.Context, report func(string, float64)) error {
		res, err := runner.Run(ctx, at.on(req), func(p pipeline.Progress) {
			report(p.Stage, p.Fraction)
			if p.Notice != "" {
				e.Post(func() { e.Say(p.Notice) })
			}
			if p.Preview != nil {
				e.Post(func() { e.preview(id, p.Preview, req.Mask) })
			}
		})
		var results []*pipeline.Result
		if err == nil {
			results = single(res)
		}
		when := now()
		for _, one := range results {
			keep(one, when)
		}
		e.Post(func() {
			switch {
			case err == nil:
				for _, one := range results {
					e.arrive(id, one, when)
				}
			default:
				e.jobFailed(id, err)
			}
		})
		return parkable(err)
	})
	s.tried(at, job)
	e.noteJob(job, id, i, tries)
}

// single takes a batch apart: one result for each picture, with its own seed.
func single(res *pipeline.Result) []*pipeline.Result {
	if len(res.Images) < 2 {
		return []*pipeline.Result{res}
	}
	var out []*pipeline.Result
	for i, img := range res.Images {
		one := *res
		one.Image, one.Images = img, nil
		one.Request.Seed, one.Request.Batch = res.Seeds[i], 1
		if one.Request.VariationStrength > 0 {
			one.Request.VariationSeed += int64(i)
		}
		out = append(out, &one)
	}
	return out
}

// OneMore fills the shown place again with the next seed.
func (e *Editor) OneMore() {
	if s := e.Shown(); s != nil && s.stale {
		e.Fail(fault.New("one more: the picture that this fill read is damaged in the project file", "mask the place and fill it again"))
	} else if s != nil {
		e.queue(s, s.queued)
		e.stackChanged(s)
	}
}

// preview shows what a running job has so far, only where something may change.
func (e *Editor) preview(id int64, img *image.NRGBA, mask *image.Alpha) {
	s := e.stack(id)
	if s == nil || s.Current() != nil {
		return
	}
	s.Preview = pixels.Visible(img, mask)
	e.stackChanged(s)
}

// jobFailed shows why a fill failed and forgets a place that has nothing to show.
func (e *Editor) jobFailed(id int64, err error) {
	var l lost
	if errors.As(err, &l) {
		e.parked(id, err)
		return
	}
	if s := e.stack(id); s != nil {
		s.Preview = nil
		if len(s.Candidates) == 0 && e.Jobs.Active(id) <= 1 && !e.stopped(id) { // the one that is just ending
			e.dropStack(s)
		} else {
			e.stackChanged(s)
		}
	}
	if !errors.Is(err, context.Canceled) {
		e.Fail(err)
	}
}

// CancelJobs cancels everything that waits or runs.
func (e *Editor) CancelJobs() {
	for _, i := range e.Jobs.List() {
		if i.Status != jobs.Parked {
			e.Jobs.Cancel(i.ID)
		}
	}
	for _, s := range slices.Clone(e.stacks) {
		if len(s.Candidates) == 0 && !e.stopped(s.ID) {
			e.dropStack(s)
		}
	}
}

// prompting writes texts, variation and the rest of what only diffusion reads into a
// request.
func (e *Editor) prompting(req *pipeline.Request) {
	f := e.Settings.Fill
	req.Prompt, req.Negative = e.Prompting.Texts()
	req.Batch, req.ClipSkip, req.RNG = max(f.Batch, 1), max(f.ClipSkip, 1), f.RNG
	if f.VariationStrength > 0 {
		req.VariationSeed, req.VariationStrength = f.Variation, f.VariationStrength
	}
	painting(req, f)
}

// numbered is a request as job number i of its stack: seeds count up over all pictures of
// all batches.
func numbered(req pipeline.Request, i int) pipeline.Request {
	return req.Nth(i * max(req.Batch, 1))
}
