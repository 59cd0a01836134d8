package editor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"slices"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/pipeline"
	"pentimento/pipeline/region"
)

// Outline is what a fill would read and what it may change, before it runs.
type Outline struct {
	Task    pipeline.Task
	Why     string // one line: which pixels, and why this task
	Target  image.Rectangle
	Context image.Rectangle
	Err     error // why nothing can be filled; the rectangles are empty then
}

// job is a fill that is ready to be queued: the plan and the frozen picture.
type job struct {
	outline Outline
	state   *canvas.State
	mask    *image.Alpha // the selection, within Context's bounds
}

// outlineCache keeps the last outline: it follows from these three alone.
type outlineCache struct {
	state *canvas.State
	fill  settings.Fill
	out   Outline
}

// Outline computes what Fill would do now, by the same function that Fill uses.
func (e *Editor) Outline() Outline {
	state := e.doc.State()
	if c := e.outlined; c != nil && c.state == state && c.fill == e.Settings.Fill {
		return c.out
	}
	_, out := e.plan(state)
	e.outlined = &outlineCache{state, e.Settings.Fill, out}
	return out
}

// plan says which pixels of a state are filled: what is masked, or else what is blank
// inside the frame (an outpaint by frame).
func (e *Editor) plan(state *canvas.State) (image.Rectangle, Outline) {
	engine := e.engine()
	used := e.usedOf(state)
	sel, out := state.MaskUsed(), Outline{Task: pipeline.Inpaint, Why: "the masked pixels"}
	switch {
	case used.Empty() && !engine.Generates:
		out.Err = hinted("fill: there is no picture to take from", "open or paste a picture first, or choose an engine that can make one from a prompt")
		return sel, out
	case !sel.Empty() && used.In(sel) && !engine.Generates && e.allMasked(state, used):
		out.Err = hinted("fill: the mask covers the whole picture, so nothing is left to take from", "unmask a part that can serve as a source (right button erases)")
		return sel, out
	case engine.Generates && e.Settings.Fill.Model == "":
		out.Err = hinted("fill: diffusion needs a model and none is chosen", "open a Stable Diffusion checkpoint (a .safetensors file or a diffusers folder), or choose the content-aware engine")
		return sel, out
	case sel.Empty() && engine.Generates:
		if sel, out = e.frameTask(state); !out.Context.Empty() {
			return sel, out
		}
	case sel.Empty():
		out.Task, out.Why = pipeline.Outpaint, "no mask: the blank pixels inside the frame"
		sel = blankBounds(state, state.Frame)
	}
	if sel.Empty() {
		out.Err = hinted("fill: nothing is masked and nothing inside the frame is blank", "brush over what shall be replaced (M), or move the frame over a blank area (F)")
		return sel, out
	}
	lay, err := region.Plan(region.Input{Method: engine.Method, Selection: sel, Picture: used, Strength: e.Settings.Fill.Strength, FeatherPct: -1, Limits: engine.Limits})
	out.Err, out.Target, out.Context = err, lay.Target, lay.Context
	if err == nil && !engine.Generates && used.Intersect(lay.Context).Empty() {
		out.Err = hinted("fill: there is no picture near the place to take from", "move the frame so that it overlaps the picture")
	}
	return sel, out
}

// allMasked says whether every visible pixel is fully masked.
func (e *Editor) allMasked(state *canvas.State, used image.Rectangle) bool {
	img, m := render.Flatten(state, used, render.FlattenOptions{}), state.MaskImage(used)
	for i, v := range m.Pix {
		if v == 0 && img.Pix[i*4+3] != 0 {
			return false
		}
	}
	return true
}

// blankMask is 255 where the flattened picture is fully transparent.
func blankMask(state *canvas.State, r image.Rectangle) *image.Alpha {
	img, m := render.Flatten(state, r, render.FlattenOptions{}), image.NewAlpha(r)
	for i := range m.Pix {
		if img.Pix[i*4+3] == 0 {
			m.Pix[i] = 255
		}
	}
	return m
}

func blankBounds(state *canvas.State, r image.Rectangle) image.Rectangle {
	return maskBounds(blankMask(state, r))
}

// Fill starts a fill of the mask, or of the blank area of the frame: freeze the picture,
// plan, flatten what is read, build the request, queue it. The person may go on painting.
func (e *Editor) Fill() {
	e.CancelTool()
	state := e.doc.State()
	sel, out := e.plan(state)
	if e.fail(out.Err) {
		return
	}
	mask := image.NewAlpha(out.Context)
	if state.Mask.Len() > 0 {
		state.ReadMask(mask.Pix, mask.Stride, mask.Rect)
	} else if out.Task == pipeline.Outpaint {
		layMask(mask, blankMask(state, sel))
	} else {
		fillRect(mask, sel) // the whole frame: generate or refine
	}
	e.start(job{out, state, mask})
}

// Outpaint grows the picture from its used area to a larger one: what the border tool
// asks for. Only the new strip is filled.
func (e *Editor) Outpaint(from, to image.Rectangle) {
	e.CancelTool()
	state, engine := e.doc.State(), e.engine()
	if from.Empty() || from == to || !from.In(to) {
		return
	}
	var sel image.Rectangle
	for _, side := range sides(from, to) {
		sel = sel.Union(side)
	}
	lay, err := region.Plan(region.Input{Method: engine.Method, Selection: sel, Picture: from, Strength: 1, FeatherPct: -1, Limits: engine.Limits})
	if e.fail(err) {
		return
	}
	mask := image.NewAlpha(lay.Context.Union(to))
	for _, side := range sides(from, to) {
		layMask(mask, blankMask(state, side))
	}
	out := Outline{Task: pipeline.Outpaint, Target: to, Context: mask.Rect}
	if grown := maskBounds(mask); grown.Empty() {
		e.fail(hinted("outpaint: the strip holds pixels already", "drag the handle further out"))
		return
	}
	e.start(job{out, state, mask})
}

// sides are the rectangles by which to exceeds from; they do not overlap.
func sides(from, to image.Rectangle) []image.Rectangle {
	all := []image.Rectangle{
		{Min: to.Min, Max: image.Pt(to.Max.X, from.Min.Y)},
		{Min: image.Pt(to.Min.X, from.Max.Y), Max: to.Max},
		{Min: image.Pt(to.Min.X, from.Min.Y), Max: image.Pt(from.Min.X, from.Max.Y)},
		{Min: image.Pt(from.Max.X, from.Min.Y), Max: image.Pt(to.Max.X, from.Max.Y)},
	}
	return slices.DeleteFunc(all, image.Rectangle.Empty)
}

func fillRect(m *image.Alpha, r image.Rectangle) {
	r = r.Intersect(m.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[m.PixOffset(r.Min.X, y):][:r.Dx()]
		for i := range row {
			row[i] = 255
		}
	}
}

// layMask copies src into m where they overlap.
func layMask(m, src *image.Alpha) {
	r := src.Rect.Intersect(m.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(m.Pix[m.PixOffset(r.Min.X, y):][:r.Dx()], src.Pix[src.PixOffset(r.Min.X, y):])
	}
}

// start makes a new stack for a job and queues as many candidates as the panel says.
func (e *Editor) start(j job) {
	f := e.Settings.Fill
	req := pipeline.Request{
		Engine: pipeline.Engine(f.Engine), Task: j.outline.Task, Frame: j.state.Frame,
		Image: render.Flatten(j.state, j.mask.Rect, render.FlattenOptions{}), Mask: j.mask,
		Seed: f.Seed, Feather: f.Feather,
	}
	if e.engine().Generates {
		e.prompting(&req)
		req.Steps, req.CFG, req.Sampler, req.Schedule = f.Steps, f.CFG, f.Sampler, f.Schedule
		req.Strength, req.Model, req.Device = f.Strength, f.Model, e.Settings.Device
		if req.Task == pipeline.Outpaint {
			req.Strength = 1
		}
	}
	if !f.LockSeed {
		req.Seed = int64(rand.Uint32())
		e.Settings.Fill.Seed = req.Seed
		e.tell(Change{What: FillChanged})
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
func (e *Editor) queue(s *Stack, i int) {
	req := numbered(s.request, i)
	s.queued = max(s.queued, i+1)
	label := fmt.Sprintf("Fill: %s (seed %d)", describe(req), req.Seed)
	id := s.ID
	e.Jobs.Add(label, id, func(ctx context.Context, report func(string, float64)) error {
		res, err := e.Pipeline.Run(ctx, req, func(p pipeline.Progress) {
			report(p.Stage, p.Fraction)
			if p.Notice != "" {
				e.Post(func() { e.say(p.Notice) })
			}
			if p.Preview != nil {
				e.Post(func() { e.preview(id, p.Preview, req.Mask) })
			}
		})
		e.Post(func() {
			switch {
			case err == nil:
				for _, one := range single(res) {
					e.arrive(id, one)
				}
			default:
				e.jobFailed(id, err)
			}
		})
		return err
	})
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
	if s := e.Shown(); s != nil {
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
	s.Preview = patchOf(&pipeline.Result{Image: img, Mask: clipMask(mask, img.Rect)})
	e.stackChanged(s)
}

// clipMask cuts a mask to r, sharing its pixels.
func clipMask(m *image.Alpha, r image.Rectangle) *image.Alpha {
	return m.SubImage(r).(*image.Alpha)
}

// jobFailed shows why a fill failed and forgets a place that has nothing to show.
func (e *Editor) jobFailed(id int64, err error) {
	if s := e.stack(id); s != nil {
		s.Preview = nil
		if len(s.Candidates) == 0 && e.Jobs.Active(id) <= 1 { // the one that is just ending
			e.dropStack(s)
		} else {
			e.stackChanged(s)
		}
	}
	if !errors.Is(err, context.Canceled) {
		e.fail(err)
	}
}

// CancelJobs cancels everything that waits or runs.
func (e *Editor) CancelJobs() {
	for _, i := range e.Jobs.List() {
		e.Jobs.Cancel(i.ID)
	}
	for _, s := range slices.Clone(e.stacks) {
		if len(s.Candidates) == 0 {
			e.dropStack(s)
		}
	}
}

// SetFill changes the fill panel's values.
func (e *Editor) SetFill(change func(*settings.Fill)) {
	change(&e.Settings.Fill)
	e.tell(Change{What: FillChanged | OverlayChanged})
}
