package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"

	"pentimento/pipeline/controlnet"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// controls are the guides with networks of their own of one pass.
type controls struct {
	pass
	all []*control
	// last is what the networks gave for latents x: conditions with the same text are evaluated once.
	x    *tensor.Tensor
	last map[given][]*tensor.Tensor
	// kept is what was added for a condition at its last whole evaluation: with DeepCache the shallow
	// ones, whose deep feature was made with it, take it again. nil: there are none.
	kept map[denoiseKey][2][]*tensor.Tensor
}

// given tells what a guide's network gave for a text, denoiseKey a condition under guides.
type (
	given struct {
		guide int
		text  *tensor.Tensor
	}
	denoiseKey struct {
		text   *tensor.Tensor
		guides string
	}
)

// control is one guide, prepared.
type control struct {
	Guide
	net      *controlnet.ControlNet // nil: an adapter
	kind     string                 // of its map, for a Union net; else ""
	hint     *tensor.Tensor         // of a ControlNet
	features []*tensor.Tensor       // of an adapter, scaled
	places   []int                  // where they are added
	region   *tensor.Tensor         // [1,1,h,w]; nil: everywhere
	factors  []float64
}

func beginControls(ctx context.Context, p pass, gs []Guide) (guiding, error) {
	c := &controls{pass: p, last: map[given][]*tensor.Tensor{}}
	if p.req.cut() > 0 {
		c.kept = map[denoiseKey][2][]*tensor.Tensor{}
	}
	for i, g := range gs {
		one, err := c.prepare(ctx, i, g)
		if err != nil {
			return nil, err
		}
		c.all = append(c.all, one)
	}
	return c.steer, nil
}

// prepare opens the guide's network and shows it the picture.
func (c *controls) prepare(ctx context.Context, i int, g Guide) (*control, error) {
	f, key, err := controlFile(g.Model)
	if err != nil {
		return nil, err
	}
	one := &control{Guide: g}
	picture, region, err := c.hint(ctx, g)
	if err != nil {
		return nil, err
	}
	one.region = region
	show := func(to func() ([]*tensor.Tensor, error)) ([]*tensor.Tensor, error) {
		return c.hinting(hinted{i, c.work.size, c.work.place, c.box}, to)
	}
	if f.Kind == controlnet.Adapter {
		t, err := openControl(ctx, c.model, f, key, func(ctx context.Context, how family.Opening) (*controlnet.T2I, error) {
			return f.OpenAdapter(ctx, how.Runtime, c.model.Denoiser, how.Options, how.Variant)
		})
		if err != nil {
			return nil, err
		}
		raw, err := show(func() ([]*tensor.Tensor, error) { return t.Features(ctx, picture, c.model.Factor()) })
		if err != nil {
			return nil, err
		}
		one.factors, one.places = factors(g, f.Outs(), softFeatures), t.Places
		one.features = one.scaled(raw)
		return one, nil
	}
	one.net, err = openControl(ctx, c.model, f, key, func(ctx context.Context, how family.Opening) (*controlnet.ControlNet, error) {
		return f.Open(ctx, how.Runtime, c.model.Denoiser, how.Options, how.Variant)
	})
	if err != nil {
		return nil, err
	}
	if kinds := f.Union(); kinds != nil {
		if one.kind, err = g.unionType(kinds); err != nil {
			return nil, fmt.Errorf("pipeline: guide %q: %w", g.name(), err)
		}
	}
	one.factors = factors(g, f.Outs(), softResiduals)
	hint, err := show(func() ([]*tensor.Tensor, error) {
		h, err := one.net.Hint(ctx, picture)
		return []*tensor.Tensor{h}, err
	})
	if err == nil {
		one.hint = hint[0]
	}
	return one, err
}

// hinted is a guide's picture as its network was shown it in this run.
type hinted struct {
	guide int
	size  image.Point
	place image.Rectangle
	box   image.Rectangle // the part of it, in cells; empty: all of it
}

// hinting is what a network made of a guide's picture, made once a run.
func (r *run) hinting(s hinted, show func() ([]*tensor.Tensor, error)) ([]*tensor.Tensor, error) {
	if out := r.hinted[s]; out != nil {
		return out, nil
	}
	out, err := show()
	if err == nil && r.hinted == nil {
		r.hinted = map[hinted][]*tensor.Tensor{}
	}
	if err == nil {
		r.hinted[s] = out
	}
	return out, err
}

// The factors of each place where balance is given up: the deeper the more.
func softResiduals(i int) float64 { return math.Pow(0.825, float64(12-i)) }
func softFeatures(i int) float64  { return []float64{0.25, 0.62, 0.825, 1}[i] }

// factors are a guide's for so many places.
func factors(g Guide, n int, soft func(i int) float64) []float64 {
	if len(g.Factors) > 0 {
		return g.Factors[:n]
	}
	out := make([]float64, n)
	for i := range out {
		if out[i] = g.Weight; g.Mode == ModePrompt || g.Mode == ModeControl {
			out[i] *= soft(i)
		}
	}
	return out
}

// onlyPrompt says that the negative prompt's evaluation goes without the guide.
func (c *control) onlyPrompt() bool { return c.Mode == ModeControl || c.Average }

// scaled is what its network gave by its factors, within the region, averaged where that is asked for.
func (c *control) scaled(all []*tensor.Tensor) []*tensor.Tensor {
	out := make([]*tensor.Tensor, len(all))
	for k, t := range all {
		out[k] = tensor.Scale(float32(c.factors[k]), t)
		if c.region != nil {
			out[k] = combined(out[k], bilinear(c.region, t.Shape[2], t.Shape[3]), func(a, b float32) float32 { return a * b })
		}
		if c.Average {
			out[k] = averaged(out[k])
		}
	}
	return out
}

// steer adds what the guides give an evaluation.
func (c *controls) steer(ctx context.Context, in *denoise.Input, e denoise.Evaluation, on []bool) error {
	if in.Deep != nil && c.again(in, e) {
		return nil
	}
	if e.X != c.x {
		clear(c.last)
		c.x = e.X
	}
	blocks := len(unet.SkipChannels(c.model.Denoiser))
	control, features := newAdditions(len(e.Conditions), blocks), newAdditions(len(e.Conditions), blocks)
	lead := c.together(on)
	for i, g := range c.all {
		if lead[i] != i {
			continue
		}
		if g.net != nil {
			if err := c.evaluate(ctx, i, c.members(lead, i), in, e); err != nil {
				return err
			}
		}
		for n, condition := range e.Conditions {
			switch {
			case g.onlyPrompt() && condition.Negative:
			case g.net == nil:
				for k, place := range g.places {
					features.add(n, place, g.features[k])
				}
			default:
				for k, t := range c.last[given{i, condition.Context}] {
					control.add(n, k, t)
				}
			}
		}
	}
	for n, condition := range e.Conditions {
		if c.kept != nil {
			c.kept[denoiseKey{condition.Context, condition.Guides}] = [2][]*tensor.Tensor{control[n], features[n]}
		}
	}
	var err error
	if in.Control, err = control.rows(e.Batch); err == nil {
		in.Features, err = features.rows(e.Batch)
	}
	return err
}

// again takes what was added at the last whole evaluation of each condition; false where that
// is not known of one.
func (c *controls) again(in *denoise.Input, e denoise.Evaluation) bool {
	var control, features additions
	for _, condition := range e.Conditions {
		was, ok := c.kept[denoiseKey{condition.Context, condition.Guides}]
		if !ok {
			return false
		}
		control, features = append(control, was[0]), append(features, was[1])
	}
	var err, both error
	in.Control, err = control.rows(e.Batch)
	in.Features, both = features.rows(e.Batch)
	return err == nil && both == nil
}

// evaluate runs the network of guide i, shown what its members show it, for those conditions that it counts for and
// was not run for yet.
func (c *controls) evaluate(ctx context.Context, i int, members []*control, in *denoise.Input, e denoise.Evaluation) error {
	g := c.all[i]
	var texts []*tensor.Tensor
	var rows []denoise.Input
	for n, condition := range e.Conditions {
		at := given{i, condition.Context}
		if _, known := c.last[at]; known || g.onlyPrompt() && condition.Negative {
			continue
		}
		c.last[at] = nil // of two with one text the first is evaluated
		texts, rows = append(texts, condition.Context), append(rows, in.Rows(n*e.Batch, (n+1)*e.Batch))
	}
	if len(texts) == 0 {
		return nil
	}
	fail := func(err error) error {
		clear(c.last)
		return fmt.Errorf("pipeline: guide %q: %w", g.name(), err)
	}
	all, err := joined(rows)
	if err != nil {
		return fail(err)
	}
	if err := c.form(ctx, c.net, c.first); err != nil {
		return fail(err)
	}
	if err := g.net.Use(ctx, c.net.Packed()); err != nil {
		return fail(err)
	}
	out, err := gives(ctx, all, members)
	if err != nil {
		return fail(err)
	}
	for n, text := range texts {
		var own []*tensor.Tensor
		for _, t := range out {
			own = append(own, t.Batch(n*e.Batch, (n+1)*e.Batch))
		}
		c.last[given{i, text}] = own
	}
	return nil
}

// joined are evaluations as one of a network of the denoiser's kind.
func joined(rows []denoise.Input) (out unet.Input, err error) {
	var xs, texts, labels []*tensor.Tensor
	for _, r := range rows {
		xs, texts = append(xs, r.X), append(texts, r.Context)
		if r.Label != nil {
			labels = append(labels, r.Label)
		}
		out.Timesteps = append(out.Timesteps, r.Timesteps...)
	}
	join := func(parts []*tensor.Tensor) *tensor.Tensor {
		if len(parts) == 0 || err != nil {
			return nil
		}
		if len(parts) == 1 {
			return parts[0]
		}
		var t *tensor.Tensor
		t, err = tensor.Concat(0, parts...)
		return t
	}
	out.X, out.Context, out.Label = join(xs), join(texts), join(labels)
	return out, err
}
