package fills

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"slices"

	"pentimento/app/commission"
	"pentimento/app/desk"
	"pentimento/app/jobs"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// Fill starts a fill of the mask, or of what the frame rule says: freeze the picture, plan, build the request, queue
// it; what it reads is flattened beside the window's goroutine. The person may go on painting. A stroke under way
// ends here and is filled: whoever is quick with the keys has painted it all the same.
func (f *Fills) Fill() {
	f.canvas.EndTool()
	blocks, unknown := f.blocked()
	if blocks {
		return
	}
	state := f.canvas.Committed()
	if sel, out := f.plan(state); f.desk.Fail(out.Err) {
		return
	} else {
		f.start(job{out, state, sel, out.read, unknown})
	}
}

// Outpaint grows the picture from its used area to a larger one: what the border tool
// asks for. Only blank pixels of the new strip are filled.
func (f *Fills) Outpaint(from, to image.Rectangle) {
	f.canvas.CancelTool()
	state := f.canvas.Committed()
	if from.Empty() || from == to || !from.In(to) {
		return
	}
	sel := selection{blank: sides(from, to)}
	for _, side := range sel.blank {
		sel.bounds = sel.bounds.Union(side)
	}
	out := Outline{Task: pipeline.Outpaint}
	if f.needsModel(&out); out.Err == nil {
		f.layout(&out, pipeline.Scene{Selection: sel.bounds, Picture: from, Old: from})
	}
	if f.desk.Fail(out.Err) {
		return
	}
	if !slices.ContainsFunc(sel.blank, func(side image.Rectangle) bool { return !blankBounds(state, side).Empty() }) {
		f.desk.Fail(fault.New("outpaint: the strip already contains pixels", "drag the handle further out"))
		return
	}
	f.start(job{out, state, sel, out.read.Union(to), nil})
}

// job is a fill that is ready to be queued: the plan and the frozen picture.
type job struct {
	outline Outline
	state   *canvas.State
	sel     selection
	read    image.Rectangle // what is flattened
	refused func() error    // says, on any goroutine, what keeps it from running after all; nil: nothing does
}

// request is what the panel asks for, without the pictures, with those regions.
func (f *Fills) request(task pipeline.Task, regions ...pipeline.Region) pipeline.Request {
	panel := f.desk.Settings.Fill
	req := pipeline.Request{Ask: pipeline.Ask{Engine: f.models.Engine().ID, Task: task, Frame: f.canvas.Committed().Frame}, Sampling: pipeline.Sampling{Seed: panel.Seed}}
	pipeline.Apply(&req, panel.Get)
	if row := task.Row(); row.Needs.Mask && !row.Grows && f.canvas.Committed().Selection.Len() > 0 {
		req.Inside, req.Poisson = true, false // no fade leaks out of a selection
	}
	if f.models.Generates() {
		req.Prompt, req.Negative = f.prompting.Texts()
		req.Model, _ = f.models.Chosen() // an error was shown by needsModel
		req.Device = f.desk.Settings.Device
		req.Where.Embeddings = f.models.EmbeddingPaths()
		for _, a := range panel.Adapters {
			if !a.Off {
				req.Adapters = append(req.Adapters, pipeline.Adapter{File: a.File, Weight: a.Weight, TextWeight: a.TextWeight, Ranks: a.Ranks, Blocks: a.Blocks, Elements: a.Elements, Start: a.Start, Stop: a.Stop})
			}
		}
		if len(regions) > 0 {
			req.Regions, req.RegionBase = regions, f.regional.Base
		}
		f.models.Library.FindAdapters(&req, nil)
		req.Guides, _ = f.attached(f.canvas.Committed(), "")
		if task == pipeline.Refine || task == pipeline.Inpaint && f.Started() {
			req.Strength = refines(panel)
		}
		if !task.Row().Keeps {
			req.Strength = 1
		}
	}
	return req
}

// refines is the strength of a picture that is refined as a whole. It is not that of an
// inpaint, of which all is to be new: with it nothing of the picture would stay.
func refines(panel settings.Fill) float64 {
	if panel.Refine > 0 {
		return panel.Refine
	}
	return panel.Strength
}

// StartsFrom says that what a State shows at the mask is meant: a fill of it keeps a part.
func (f *Fills) StartsFrom(s *canvas.State) { f.begun = s }

// Started says whether the next fill begins with pixels that were laid there for it.
func (f *Fills) Started() bool { return f.begun != nil && f.begun == f.canvas.Committed() }

// keepsSome says whether the next fill keeps a part of what it paints over.
func (f *Fills) keepsSome() bool {
	task := f.Outline().Task
	return task == pipeline.Refine || task == pipeline.Inpaint && f.Started()
}

// Strength is how far the next fill may go, of the two that the panel keeps.
func (f *Fills) Strength() float64 {
	if f.keepsSome() {
		return refines(f.desk.Settings.Fill)
	}
	return f.desk.Settings.Fill.Strength
}

// SetStrength sets that.
func (f *Fills) SetStrength(v float64) {
	refine := f.keepsSome()
	f.desk.SetFill(func(p *settings.Fill) {
		if refine {
			p.Refine = v
		} else {
			p.Strength = v
		}
	})
}

// start makes a new stack for a job and queues as many candidates as the panel says.
func (f *Fills) start(j job) {
	panel := f.desk.Settings.Fill
	if f.models.Generates() {
		f.remember()
	}
	regions := f.acting(j.state, j.outline)
	req := f.request(j.outline.Task, uncut(regions)...)
	f.planned(&req, j.outline, j.state)
	if !panel.LockSeed {
		req.Seed = int64(rand.Uint32())
		f.desk.Settings.Fill.Seed = req.Seed
		f.desk.Tell(desk.Change{What: desk.FillChanged})
	}
	s := f.add(j.outline.place(j.state), req)
	f.make(s, f.scene(j.state, j.sel, regions, j.read, j.outline), j.refused)
	f.queueAll(s)
}

// queueAll queues as many candidates of a new stack as the panel says.
func (f *Fills) queueAll(s *Stack) {
	s.Queued = max(f.desk.Settings.Fill.Count, 1)
	f.Memory.Asked(s)
	for i := range s.Queued {
		f.queue(s, i)
	}
	f.stackChanged(s)
}

// queue adds one candidate's job; seeds count up from the request's, as other tools do.
func (f *Fills) queue(s *Stack, i int) { f.Queue(s, i, 0) }

// Queue is queue for a job that was running when the program crashed, tries times.
func (f *Fills) Queue(s *Stack, i, tries int) {
	req := numbered(s.Request, i)
	s.Queued = max(s.Queued, i+1)
	label := words.T("Fill: %s (seed %d)", Describe(req), req.Seed)
	id, at, keep, runner, lists, made := s.ID, &attempt{}, f.Memory.Keepsake(s.ID), f.runner(f.canvas.Committed()), f.models.WildcardPaths(), s.making
	job := f.Jobs.Add(label, f.group(id), func(ctx context.Context, report func(string, float64)) error {
		req := req
		if made != nil {
			whole, err := made.of(ctx, i)
			if err != nil {
				f.desk.Post(func() { f.jobFailed(id, err) })
				return err
			}
			req = whole
		}
		results, err := run(ctx, runner, f.withLists(at.on(req), lists), func(p pipeline.Progress) {
			report(p.Stage, p.Fraction)
			if p.Notice != "" {
				f.desk.Post(func() { f.desk.Say(p.Notice) })
			}
			if p.Preview != nil {
				f.desk.Post(func() { f.preview(id, p.Preview, req.Mask) })
			}
		})
		when := now()
		var all []*Candidate
		for _, one := range results {
			keep(one, when)
			all = append(all, Finished(one, when))
		}
		f.desk.Post(func() {
			switch {
			case err == nil:
				for _, c := range all {
					f.arrive(id, c)
				}
			default:
				f.jobFailed(id, err)
			}
		})
		return parkable(err)
	})
	s.tried(at, job)
	f.Memory.Queued(job, id, i, tries)
}

// run is commission.Run; of a new picture, whose run knows of no mask, it leaves what the
// selection covers.
func run(ctx context.Context, runner pipeline.Runner, req pipeline.Request, report func(pipeline.Progress)) ([]*pipeline.Result, error) {
	results, err := commission.Run(ctx, runner, req, report)
	if req.Task == pipeline.Generate && req.Mask != nil {
		for _, res := range results {
			r := res.Image.Rect.Intersect(req.Frame)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					if c := req.Mask.AlphaAt(x, y).A; c < 255 {
						p := res.Image.Pix[res.Image.PixOffset(x, y):][:4]
						if p[3] = canvas.Dim(p[3], c); c == 0 {
							clear(p)
							res.Mask.Pix[res.Mask.PixOffset(x, y)] = 0
						}
					}
				}
			}
		}
	}
	return results, err
}

// withLists names the folders of lists to a request whose texts are drawn from them, and the
// adapters that the drawn texts name. It reads the disk.
func (f *Fills) withLists(req pipeline.Request, lists func() string) pipeline.Request {
	if req.Templated() {
		req.Where.Wildcards = lists()
		f.models.Library.FindDrawnAdapters(&req)
	}
	return req
}

// OneMore fills the shown place again with the next seed.
func (f *Fills) OneMore() {
	if s := f.Shown(); s != nil && s.Stale {
		f.desk.Fail(fault.New("one more: the picture this fill was made from is damaged in the project file", "mask the place and fill it again"))
	} else if s != nil {
		s.awaited, f.told = true, failure{}
		f.queue(s, s.Queued)
		f.stackChanged(s)
	}
}

// preview shows what a running job has so far, only where something may change.
func (f *Fills) preview(id int64, img *image.NRGBA, mask *image.Alpha) {
	s := f.Stack(id)
	if s == nil || s.Current() != nil {
		return
	}
	s.Preview = pixels.Visible(img, mask)
	f.stackChanged(s)
}

// jobFailed shows why a fill failed and forgets a place that has nothing to show.
func (f *Fills) jobFailed(id int64, err error) {
	var l lost
	if errors.As(err, &l) {
		f.parked(id, err)
		return
	}
	if s := f.Stack(id); s != nil {
		s.Preview = nil
		if len(s.Candidates) == 0 && f.Active(s) <= 1 && !f.stopped(id) { // the one that is just ending
			f.Drop(s)
		} else {
			f.stackChanged(s)
		}
	}
	if errors.Is(err, context.Canceled) || f.told == (failure{id, err.Error()}) { // all candidates of a place fail of the same
		return
	}
	f.told = failure{id, err.Error()}
	f.desk.Fail(err)
}

// failure is what was said of a place.
type failure struct {
	place int64
	text  string
}

// CancelJobs cancels everything that waits or runs.
func (f *Fills) CancelJobs() {
	for _, i := range f.Jobs.List() {
		if i.Status != jobs.Parked {
			f.Jobs.Cancel(i.ID)
		}
	}
	for _, s := range slices.Clone(f.stacks) {
		if len(s.Candidates) == 0 && !f.stopped(s.ID) {
			f.Drop(s)
		}
	}
}

// Has says whether every picture of job number i is among the stack's candidates.
func (s *Stack) Has(i int) bool {
	job := numbered(s.Request, i)
	for n := range max(job.Batch, 1) {
		want := job.Nth(n)
		if !slices.ContainsFunc(s.Candidates, func(c *Candidate) bool {
			got := c.Result.Request
			return got.Seed == want.Seed && got.VariationSeed == want.VariationSeed
		}) {
			return false
		}
	}
	return true
}

// numbered is a request as job number i of its stack: seeds count up over all pictures of
// all batches.
func numbered(req pipeline.Request, i int) pipeline.Request {
	return req.Nth(i * max(req.Batch, 1))
}
