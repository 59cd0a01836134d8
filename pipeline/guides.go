package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/shelf"
	"pentimento/pipeline/tensor"
)

// GuideKind is a row of the table of guides: what the program knows of one kind. To add a kind:
// a file guide….go with its functions, and a row here. What a denoiser does otherwise within is
// a field of family.Inside with hooks in package unet; what it is given for that at each
// evaluation, fields of denoise.Input.
type GuideKind struct {
	Name  string // Guide.Kind
	Label string // for people
	File  bool   // it needs a network's file: Guide.Model
	// Fields are what its guides can be told besides what all can (GuideFields).
	Fields []GuideField

	// settle fills in what a guide leaves open.
	settle func(g *Guide)
	// check says why a guide cannot steer a model, before any work: it reads headers of files at
	// most. nil: nothing stands against it.
	check func(g Guide, m *family.Model) error
	// inside asks for what the denoiser is to do otherwise within for guides of the kind.
	inside func(in *family.Inside, gs []Guide)
	// items are the networks that they open, held what the weights of those take in float32.
	items func(o *opened, gs []Guide) []shelf.Item
	held  func(gs []Guide) int64
	// ready prepares, before the denoiser is opened, what other networks of the model make of the pictures.
	ready func(ctx context.Context, r *run, w work, gs []Guide) error
	// begin prepares the guides of the kind for a pass. nil: no network here reads them, and they are
	// passed by.
	begin func(ctx context.Context, p pass, gs []Guide) (guiding, error)
}

// guiding puts what guides of one kind give into an evaluation; on says which of them act now:
// one at least.
type guiding func(ctx context.Context, in *denoise.Input, e denoise.Evaluation, on []bool) error

// pass is what guides are prepared for: one run of the sampler, or one evaluation (trace).
type pass struct {
	*run
	net   family.Denoiser
	first int        // the picture of the batch that it makes, or the first of several
	work  work       // its size is that of the picture in pixels; of an evaluation that is all there is
	step  func() int // of the sampler, counted from 0
	steps int        // that it takes
	// box is the part of the pass's latent that they act in, in cells; empty: all of it.
	box image.Rectangle
}

// GuideKinds is the table, in the order in which people choose. It is filled in at the start, because what
// a row runs looks up rows.
var GuideKinds []GuideKind

func init() {
	GuideKinds = []GuideKind{
		referenceKind,
		controlKind,
		imageKind,
	}
}

// FindGuideKind is the row of a kind.
func FindGuideKind(name string) (GuideKind, error) {
	i := slices.IndexFunc(GuideKinds, func(k GuideKind) bool { return k.Name == name })
	if i < 0 {
		return GuideKind{}, fault.New(fmt.Sprintf("pipeline: a guide of kind %q is not known, want %s", name, oneOf(GuideKinds, func(k GuideKind) string { return k.Name })), "Take the guide out, or choose another kind.")
	}
	return GuideKinds[i], nil
}

// acts says whether a guide has a say at all.
func (g Guide) acts() bool {
	return g.Weight != 0 || slices.ContainsFunc(g.Factors, func(f float64) bool { return f != 0 })
}

// on says whether a guide acts in step k of n, counted from 0, as A1111's extension counts.
func (g Guide) on(k, n int) bool {
	at := float64(k) / float64(max(n, 1))
	return !(at < g.Start || at > g.End)
}

// ActiveSteps are the steps of so many, counted from 0, in which a guide acts that has that part of the
// sampling.
func ActiveSteps(steps int, start, end float64) []int {
	out := []int{}
	for k := range steps {
		if (Guide{Start: start, End: end}).on(k, steps) {
			out = append(out, k)
		}
	}
	return out
}

// kinds calls do for each kind of which guides act in the request, with those.
func (q Request) kinds(do func(k GuideKind, gs []Guide) error) error {
	return kindsOf(q.allGuides(), do)
}

func kindsOf(guides []Guide, do func(k GuideKind, gs []Guide) error) error {
	for _, k := range GuideKinds {
		var gs []Guide
		for _, g := range guides {
			if g.Kind == k.Name && g.acts() {
				if k.settle != nil {
					k.settle(&g)
				}
				gs = append(gs, g)
			}
		}
		if len(gs) == 0 || k.begin == nil {
			continue
		}
		if err := do(k, gs); err != nil {
			return err
		}
	}
	return nil
}

// With is a guide that is given a tensor in place of what a picture of it is made into, for
// checking a model against another program. Which there are, its kind says.
func (g Guide) With(name string, t *tensor.Tensor) Guide {
	all := map[string]*tensor.Tensor{name: t}
	for n, v := range g.tensors {
		all[n] = cmp.Or(all[n], v)
	}
	g.tensors = all
	return g
}

// checkGuides says why the request's guides cannot steer a model, before any work.
func (q Request) checkGuides(m *family.Model) error {
	for _, g := range q.allGuides() {
		if _, err := FindGuideKind(g.Kind); err != nil {
			return err
		}
	}
	return q.kinds(func(k GuideKind, gs []Guide) error {
		for _, g := range gs {
			if err := g.check(q, k, m); err != nil {
				return fault.With(fmt.Errorf("pipeline: guide %q: %w", g.name(), err), fault.Hint(err))
			}
		}
		return nil
	})
}

// check is checkGuides for one of a kind.
func (g Guide) check(q Request, k GuideKind, m *family.Model) error {
	switch {
	case !(g.Start >= 0 && g.Start <= g.End && g.End <= 1):
		return fmt.Errorf("it acts from %g to %g of the sampling, want two parts of it from 0 to 1, the second not below the first", g.Start, g.End)
	case !(g.Weight >= -10 && g.Weight <= 10):
		return fmt.Errorf("its weight is %g, want -10 to 10", g.Weight)
	case k.File && g.Model == "":
		return fault.With(errors.New("no file of its network is chosen"), "Choose one made for this family of models.")
	case g.Image == nil && g.tensors == nil && !(g.Placed && (q.Image != nil || q.Plan != nil)): // of a plan the picture comes later
		return fault.With(errors.New("it has no picture"), "Add the picture again, or take the guide out.")
	case !m.Family.Inside:
		return fmt.Errorf("models of %s take no guides", m.Family.Label)
	case m.Denoiser.ONNX != nil:
		return fault.With(errors.New("the model is an ONNX folder, whose network can't be guided within"), "Open the model's .safetensors file or diffusers folder.")
	case k.check != nil:
		return k.check(g, m)
	}
	return nil
}

// name is what a guide is called in errors.
func (g Guide) name() string { return cmp.Or(g.Name, baseName(g.Model), g.Kind) }

// guideItems are the networks that the guides of a run open.
func (o *opened) guideItems() (out []shelf.Item) {
	_ = kindsOf(o.source.guides, func(k GuideKind, gs []Guide) error {
		if k.items != nil {
			out = append(out, k.items(o, gs)...)
		}
		return nil
	})
	return out
}

// guidesHeld is what the weights of the guides' networks take in float32.
func guidesHeld(guides []Guide) (n int64) {
	_ = kindsOf(guides, func(k GuideKind, gs []Guide) error {
		if k.held != nil {
			n += k.held(gs)
		}
		return nil
	})
	return n
}

// guides are those of a run of the sampler, prepared.
type guides struct {
	step func() int // counted from 0
	of   int
	all  []prepared
	// begin prepares them for a tile, which is done once: tiles.
	begin func(ctx context.Context, box image.Rectangle) ([]prepared, error)
	tiles map[image.Rectangle][]prepared
}

// prepared are the guides of one kind.
type prepared struct {
	guides []Guide
	steer  guiding
}

// settleGuides fills in what guides leave open, so that the record says it.
func (q *Request) settleGuides() {
	settle := func(gs []Guide) []Guide {
		gs = slices.Clone(gs)
		for i := range gs {
			if k, err := FindGuideKind(gs[i].Kind); err == nil && k.settle != nil {
				k.settle(&gs[i])
			}
		}
		return gs
	}
	q.Guides, q.Regions, q.After = settle(q.Guides), slices.Clone(q.Regions), slices.Clone(q.After)
	for i := range q.Regions {
		q.Regions[i].Guides = settle(q.Regions[i].Guides)
	}
	for i := range q.After {
		q.After[i].Guides = settle(q.After[i].Guides)
	}
}

// readyGuides prepares what is to be made before the denoiser is opened: where memory is short, one
// network leaves for another.
func (r *run) readyGuides(ctx context.Context, w work) error {
	parts := []work{w}
	if boxes := r.boxes(w); boxes != nil {
		parts = nil
		for _, box := range boxes {
			parts = append(parts, pass{run: r, work: w, box: box}.part())
		}
	}
	return r.req.kinds(func(k GuideKind, gs []Guide) error {
		for _, part := range parts {
			if k.ready == nil {
				return nil
			}
			if err := k.ready(ctx, r, part, gs); err != nil {
				return err
			}
		}
		return nil
	})
}

// guide prepares the request's guides for a pass, whose first picture has the number first; nil where it has none.
func (r *run) guide(ctx context.Context, net family.Denoiser, w work, first int, clock *denoise.Clock, steps int) (*guides, error) {
	g := &guides{step: func() int { return clock.Step() - 1 }, of: steps, tiles: map[image.Rectangle][]prepared{}}
	g.begin = func(ctx context.Context, box image.Rectangle) (all []prepared, err error) {
		err = r.req.kinds(func(k GuideKind, gs []Guide) error {
			steer, err := k.begin(ctx, pass{r, net, first, w, g.step, steps, box}, gs)
			all = append(all, prepared{gs, steer})
			return err
		})
		return all, err
	}
	var err error
	if boxes := r.boxes(w); boxes != nil {
		g.all, err = g.in(ctx, boxes[0])
	} else {
		g.all, err = g.begin(ctx, image.Rectangle{})
	}
	if err != nil || len(g.all) == 0 {
		return nil, err
	}
	return g, nil
}

// in are the guides as they act in a tile.
func (g *guides) in(ctx context.Context, box image.Rectangle) ([]prepared, error) {
	if all, there := g.tiles[box]; there {
		return all, nil
	}
	all, err := g.begin(ctx, box)
	if err == nil {
		g.tiles[box] = all
	}
	return all, err
}

// steer is a denoise.Steer.
func (g *guides) steer(ctx context.Context, in *denoise.Input, e denoise.Evaluation) error {
	all := g.all
	if box := e.Conditions[0].Box; !box.Empty() {
		var err error
		if all, err = g.in(ctx, box); err != nil {
			return err
		}
	}
	for _, p := range all {
		on, any := p.on(g.step(), g.of)
		if !any {
			continue
		}
		if err := p.steer(ctx, in, e, on); err != nil {
			return err
		}
	}
	return nil
}

func (p prepared) on(k, n int) (on []bool, any bool) {
	for _, g := range p.guides {
		on = append(on, g.on(k, n))
		any = any || on[len(on)-1]
	}
	return on, any
}

// into has a model's evaluations guided; nil guides none.
func (g *guides) into(m *denoise.Model) {
	if g != nil {
		m.Steer = g.steer
	}
}

// named tells predict which guides act, so that what is remembered of a step without one isn't
// taken for a step with it.
func (g *guides) named(predict denoise.Predictor) denoise.Predictor {
	if g == nil {
		return predict
	}
	return func(ctx context.Context, x *tensor.Tensor, sigma float64, conditions []denoise.Condition) ([]*tensor.Tensor, error) {
		var name strings.Builder
		for _, p := range g.all {
			on, _ := p.on(g.step(), g.of)
			fmt.Fprint(&name, on)
		}
		conditions = slices.Clone(conditions)
		for i := range conditions {
			conditions[i].Guides = name.String()
		}
		return predict(ctx, x, sigma, conditions)
	}
}

// guides checks them.
func (c *checker) guides(m *family.Model) {
	if err := c.q.checkGuides(m); err != nil {
		c.block("guide", strings.TrimPrefix(err.Error(), "pipeline: "), fault.Hint(err))
	}
}
