package pipeline

import (
	"context"
	"slices"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/family"
	"pentimento/pipeline/preprocess"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Trace receives what a run computed, for checking a model against another program:
// "step.0", "step.1" … before each step and "latent" at the end. The tensor is the
// callee's to read during the call.
type Trace func(name string, t *tensor.Tensor)

// RunTraced is Run with a Trace; engines without a network have nothing to trace.
func (p *Pipeline) RunTraced(ctx context.Context, req Request, report func(Progress), trace Trace) (*Result, error) {
	if report == nil {
		report = func(Progress) {}
	}
	if (req.Engine.Row().Network || len(req.After) > 0) && !req.filters() {
		if err := p.enter(ctx); err != nil {
			return nil, err
		}
		defer p.leave()
	}
	return p.perform(ctx, req, report, trace, partsOf(req))
}

// SetBudget says how many bytes of weights may stay open besides those of the model in
// use; 0, the start value, keeps one model.
func (p *Pipeline) SetBudget(bytes int64) { p.shelf.SetBudget(bytes) }

// Close closes every model; it waits for a run under way. The pipeline can be used again.
func (p *Pipeline) Close() error {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	return p.shelf.Close()
}

// enter waits for this run's turn at the networks.
func (p *Pipeline) enter(ctx context.Context) error {
	if p.runtime == nil {
		return fault.New(`pipeline: engine "diffusion" has no runtime`, "This build runs no networks: use the content engine.")
	}
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Pipeline) leave() { <-p.turn }

// run is one request on its way through the networks.
type run struct {
	p     *Pipeline
	req   Request
	task  TaskRow
	model *opened // nil for a task that needs none
	words *words
	// embeddings are those that the texts name.
	embeddings []family.Embedding
	report     func(Progress)
	trace      Trace

	vaeMemory int64 // that the autoencoder may take
	fits      int   // latents that the denoiser's device has room for at once; 0: not known
	graded    bool  // the mask says how much may change, and not only where

	row      sampler.Row
	schedule sampler.Schedule

	now     Progress // what was reported last
	shown   time.Time
	showing time.Duration // what the last preview cost
	showed  Previews
	timings []Timing
	steps   []float64
	done    int // evaluation steps finished, of total
	total   int

	forms       forms
	stepBegan   time.Time
	device      string
	parts       *parts                         // the runs within this one, and within the one that this is in
	hinted      map[hinted][]*tensor.Tensor    // what guides' networks made of their pictures
	maps        map[madeMap]preprocess.Picture // and their preprocessors
	cited       []cited                        // references that are encoded
	single      bool                           // batches failed: one picture after another
	images      map[int]imageTokens            // of the IP-Adapters' pictures, in their order
	setOf       []int                          // of each region: its set of adapters (source.sets)
	toldRegions bool                           // what is seen of them
	toldTiles   bool                           // how many there are
	retouch     float64                        // that divides timesteps, while the noise of a picture is found; else 0 or 1
	evaluated   int                            // how often the sampler has asked for a prediction of this picture
	toldBox     bool                           // that the one to refine is not there
	kept        *kept                          // of soft inpainting: what the pass under way was held to
}

// kept is the clean latent [1 or B,C,h,w] and the mask [1,1,h,w] that held a pass.
type kept struct{ latent, paint *tensor.Tensor }

// diffuse runs a request that needs networks, by the row of its task.
func (p *Pipeline) diffuse(ctx context.Context, req Request, report func(Progress), trace Trace, in *parts) (*Result, error) {
	r := &run{p: p, req: req, report: report, trace: trace, words: &p.words, parts: in}
	r.req.settle()
	r.req.hurry()
	var err error
	if r.task, err = FindTask(r.req.Task); err != nil {
		return nil, err
	}
	if r.task.Needs.Model {
		if err := r.open(ctx); err != nil {
			return nil, err
		}
		defer r.model.release()
	}
	if err := r.complete(); err != nil {
		return nil, err
	}
	res, err := r.task.Run(r, ctx)
	if err != nil {
		return nil, err
	}
	if err := r.end(ctx, res); err != nil {
		return nil, err
	}
	return res, nil
}

// end fills in what every task's result says.
func (r *run) end(ctx context.Context, res *Result) error {
	if res.Image == nil {
		res.Image = res.Images[0]
	}
	r.req.Parts = r.parts.ran
	res.Request, res.Timings, res.Steps, res.Device = r.req, r.timings, r.steps, r.device
	res.Previews = r.showed
	r.say("done", 1)
	return ctx.Err()
}

// open claims the request's model; the task's end releases it.
func (r *run) open(ctx context.Context) error {
	began := time.Now()
	if r.req.Model == "" {
		return fault.New("pipeline: no model is chosen", "Open a Stable Diffusion checkpoint: a .safetensors, .ckpt or .gguf file, or a diffusers folder.")
	}
	r.say("opening the model", 0)
	src := r.req.source()
	if err := r.adapt(ctx, r.p, &src); err != nil {
		return err
	}
	if err := r.req.checkRegions(); err != nil {
		return err
	}
	if err := r.req.findUpscaler(); err != nil {
		return err
	}
	if len(r.req.allGuides()) > 0 {
		r.req.findGuides()
		r.req.settleGuides() // what a file is tells what is left open
		src.guides, src.inside = r.req.source().guides, r.req.inside()
		h, err := r.p.headers.look(src.Models)
		if err == nil {
			err = r.req.checkGuides(h.Model)
		}
		if err != nil {
			return err
		}
	}
	o, err := r.p.open(ctx, src, r.req.memory(), r.req.evaluated(), r.notice)
	if err != nil {
		return err
	}
	r.model, o.first.of = o, r.req.Steps
	was := r.req.Separate
	if err := r.p.separate(ctx, o, &r.req); err != nil {
		o.release()
		return err
	}
	if r.req.Exact && len(was) > 0 && !slices.Equal(was, r.req.Separate) {
		r.notice("the VAE or the text encoders are not the files that this picture was made with")
	}
	if err := r.embed(ctx, r.p); err != nil {
		o.release()
		return err
	}
	r.vaeMemory = r.p.vaeMemory(o.Checkpoint, r.req.Where)
	if fits := r.p.fitting(r.vaeMemory); fits < r.vaeMemory && !r.req.Exact { // the same pixels again need the same tiles
		r.vaeMemory = fits
		r.notice("memory is short: the autoencoder may have to use smaller tiles, which can differ in rounding")
	}
	r.clock("open", began)
	return nil
}

// notice tells the person something besides the progress.
func (r *run) notice(text string) {
	r.report(Progress{Stage: r.now.Stage, Fraction: r.now.Fraction, Notice: text})
}

// complete sets defaults and refuses what cannot be meant.
func (r *run) complete() error {
	r.req = r.req.WithDefaults()
	q := &r.req
	if t := q.tiles(); t != nil && r.model != nil { // the record says what the model has decided
		settled := t.settled(max(r.model.NativeSize/r.model.Factor(), 1))
		q.Tiled = &settled
	}
	row, joined, err := sampler.Find(q.Sampler)
	if err != nil {
		return err
	}
	r.row = row
	if q.Schedule == "" {
		q.Schedule = joined
	}
	var of *family.Family // of the model, where the task needs one
	if r.model != nil {
		of = r.model.Family
	}
	if r.schedule, err = scheduleFor(of, row, q.Schedule); err != nil {
		return err
	}
	q.Sampler, q.Schedule = row.Name, r.schedule.Label
	if bad := q.outOfRange(); len(bad) > 0 {
		return bad[0]
	}
	return nil
}

// scheduleFor resolves a schedule's name; left open, it is the family's or the sampler's.
func scheduleFor(f *family.Family, row sampler.Row, name string) (sampler.Schedule, error) {
	if f != nil && f.Automatic != "" {
		row.Schedule = f.Automatic
	}
	return sampler.ScheduleFor(row, name)
}

// setDefault fills in a value that was left open.
func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// say reports a stage and a fraction that never falls.
func (r *run) say(stage string, fraction float64) {
	r.now = Progress{Stage: stage, Fraction: max(r.now.Fraction, fraction)}
	r.report(r.now)
}

// clock notes how long a stage took; stages of one name are added up.
func (r *run) clock(stage string, began time.Time) {
	s := time.Since(began).Seconds()
	for i := range r.timings {
		if r.timings[i].Stage == stage {
			r.timings[i].Seconds += s
			return
		}
	}
	r.timings = append(r.timings, Timing{stage, s})
}
