package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"
	"time"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// work is what the networks make at once, in their own terms: count pictures of one size,
// all of the same prompt and mask.
type work struct {
	size     image.Point     // of the picture in pixels, multiples of the VAE's factor
	place    image.Rectangle // what it covers on the canvas, for previews
	picture  *tensor.Tensor  // [1,3,h,w], or one for each, in [-1,1]: what is there already; nil for nothing
	paint    *tensor.Tensor  // [1,1,h,w] at latent size, 0 keep to 1 paint: the mask; nil for everything
	hide     *tensor.Tensor  // [1,1,h,w], 0 or 1 = paint: the same at full size, for inpainting networks
	latent   *tensor.Tensor  // [count,C,h,w]: what is begun on where the mask paints, in place of the picture's; nil: the picture's
	strength float64
	count    int  // pictures; 0 is 1
	steps    int  // before strength shortens them; 0: the request's
	again    bool // it is a second pass, on what a first has made (hires)
}

// sample makes latents [count,C,h,w] of pictures first, first+1 … of the batch. Its stages
// end in "denoise".
func (r *run) sample(ctx context.Context, w work, prompts *prompts, first int) (*tensor.Tensor, error) {
	setDefault(&w.count, 1)
	setDefault(&w.steps, r.req.Steps)
	latent, concat, err := r.given(ctx, w)
	if err != nil {
		return nil, err
	}
	if err := r.readyGuides(ctx, w); err != nil {
		return nil, err
	}
	fixes, err := r.colourFixes(ctx, w)
	if err != nil {
		return nil, err
	}
	levels := r.model.Levels(w.size, w.steps)
	sigmas := r.row.Sigmas(r.schedule, levels, w.steps)
	if latent != nil {
		sigmas = r.row.Shortened(sampler.FormA, r.schedule, levels, w.steps, w.strength)
	}
	began := time.Now()
	net, err := r.model.denoiser(ctx)
	if err != nil {
		return nil, err
	}
	r.clock("open", began)
	began = time.Now()
	defer func() { r.clock("denoise", began) }()
	f := r.model.Factor()
	draws, err := r.drawAll(first, w.count, []int{1, r.model.Family.Latent, w.size.Y / f, w.size.X / f}, sigmas)
	if err != nil {
		return nil, err
	}
	clock := &denoise.Clock{}
	net = r.stepping(net, clock, len(sigmas)-1)
	d, plain, unguided, err := r.guided(ctx, net, w, prompts, first, clock, levels, sigmas, concat, r.acting(fixes, clock, len(sigmas)-1))
	if err != nil {
		return nil, err
	}
	if r.inverts(w, latent) {
		whole := r.row.Sigmas(r.schedule, levels, w.steps)
		if draws.start, err = r.inverted(ctx, w, plain, levels, latent, draws.start, whole[0]); err != nil {
			return nil, err
		}
	}
	d = r.counting(r.held(d, w, latent, draws.start, levels, sigmas, unguided), w)
	if latent != nil && w.count > 1 && latent.Shape[0] == 1 {
		latent = repeated(latent, w.count)
	}
	x := r.row.Start(r.model.Space.Path, latent, draws.start, sigmas[0])
	out, err := r.row.With(r.options(levels, unguided))(ctx, d, x, sigmas, draws.next, clock.Watch(r.watch(ctx, w, len(sigmas)-1)))
	if err != nil {
		return nil, err
	}
	r.endStep()
	out = r.row.Finish(r.model.Space.Path, out, sigmas[len(sigmas)-1])
	if r.trace != nil {
		r.trace("latent", out)
	}
	return out, nil
}

// guided is the denoiser with all that guides it, what plainly follows the prompt, and what notes the unguided predictions where the sampler
// reads them.
func (r *run) guided(ctx context.Context, net family.Denoiser, w work, prompts *prompts, first int, clock *denoise.Clock, levels *sampler.Levels, sigmas []float64, concat *tensor.Tensor, fixes []denoise.ColourFix) (d, plain sampler.Denoiser, unguided *denoise.Unguided, err error) {
	prompt, err := prompts.at(clock, net, w.size)
	if err != nil {
		return nil, nil, nil, err
	}
	scale := r.req.CFG
	if net.Guide(scale) {
		scale = 1 // the network does it; a negative prompt has no place in it
	} else if r.row.Unguided {
		unguided = &denoise.Unguided{}
	}
	guides, err := r.guide(ctx, net, w, first, clock, len(sigmas)-1)
	if err != nil {
		return nil, nil, nil, err
	}
	plan := r.savings(len(sigmas) - 1)
	in := func(predict denoise.Predictor) (denoise.Predictor, error) {
		if predict, err = r.inTiles(ctx, net, predict, w); err != nil {
			return nil, err
		}
		return r.inRegions(predict, prompts, clock, net, w)
	}
	predict, err := in(r.predictor(net, levels, concat, first, denoise.NewDeepCache(plan, clock), guides, r.refining(w, clock, len(sigmas)-1)))
	if err != nil {
		return nil, nil, nil, err
	}
	whole, err := in(r.predictor(net, levels, concat, first, nil, guides, nil))
	if err != nil {
		return nil, nil, nil, err
	}
	guidance := r.req.guidance(scale, r.model.Space.Path, clock, len(sigmas)-1)
	guidance.Unguided = unguided
	plain = denoise.Guided(guides.named(whole), prompt, denoise.Guidance{Scale: 1, Path: r.model.Space.Path})
	return denoise.Guided(guides.named(denoise.Forecasting(denoise.ColourFixed(predict, fixes), plan, clock, sigmas)), prompt, guidance), plain, unguided, nil
}

// options bend the sampler as the request and the model have it.
func (r *run) options(levels *sampler.Levels, unguided *denoise.Unguided) sampler.Options {
	o := r.req.noising(r.row)
	o.Path, o.Levels = r.model.Space.Path, levels
	if unguided != nil {
		o.Unguided = unguided.Last
	}
	return o
}

// given encodes what a run begins on and what an inpainting network sees besides it. Such a
// network sees the picture anyway: at full strength it starts from noise alone, as the
// field's tools run it, unless the request holds it in a soft way.
func (r *run) given(ctx context.Context, w work) (latent, concat *tensor.Tensor, err error) {
	began := time.Now()
	defer func() { r.clock("encode", began) }()
	inpainting := r.model.Inpainting
	r.kept = nil
	if w.picture != nil && (w.strength < 1 || !inpainting || r.blend() != BlendAuto) {
		if latent, err = r.toLatent(ctx, w.picture); err != nil {
			return nil, nil, err
		}
		r.model.learn(latent, w.picture)
		r.kept = &kept{latent, w.paint}
	}
	if w.latent != nil {
		if latent, err = begun(latent, w.latent, w.paint); err != nil {
			return nil, nil, err
		}
	}
	if inpainting {
		concat, err = r.seen(ctx, w)
	}
	return latent, concat, err
}

// predictor is the network as guidance asks it for pictures from first on.
func (r *run) predictor(net family.Denoiser, levels *sampler.Levels, concat *tensor.Tensor, first int, cache *denoise.DeepCache, guides *guides, refine func(image.Rectangle) denoise.Refined) denoise.Predictor {
	m := denoise.Model{Network: r.formed(net, first), Levels: levels, Space: r.model.Space, Nearest: r.req.WholeTimesteps, Concat: concat, Cache: cache, Refine: refine, Retouch: &r.retouch}
	r.req.within(&m)
	guides.into(&m)
	if at := net.Device(); at == "cpu" || at == "" || r.model.tight {
		m.Together = 1 // two evaluations cost a processor as much as one of two, and half the memory
	}
	return m.Predictor()
}

// repeated is a batch of n equal entries.
func repeated(t *tensor.Tensor, n int) *tensor.Tensor {
	out := tensor.New(append([]int{n}, t.Shape[1:]...)...)
	for at := 0; at < len(out.Data); at += len(t.Data) {
		copy(out.Data[at:], t.Data)
	}
	return out
}

// watch reports the steps: stage, fraction, preview at most five times a second.
func (r *run) watch(ctx context.Context, w work, steps int) func(sampler.Step) {
	return func(s sampler.Step) {
		r.endStep()
		r.stepBegan = time.Now()
		if r.trace != nil {
			r.trace(fmt.Sprintf("step.%d", s.Index), s.X)
		}
		r.now = Progress{Stage: fmt.Sprintf("step %d of %d", s.Index+1, steps), Fraction: max(r.now.Fraction, r.fraction())}
		p := r.now
		if s.Denoised != nil && r.mayShow(time.Now()) {
			p.Preview = r.show(ctx, s.Denoised, w.place)
		}
		r.report(p)
	}
}

// fraction of the whole run: text 3 %, decoding the last 7 %.
func (r *run) fraction() float64 {
	return 0.03 + 0.9*math.Min(1, float64(r.done)/float64(max(r.total, 1)))
}

// endStep notes the time of the step under way, if there is one.
func (r *run) endStep() {
	if r.stepBegan.IsZero() {
		return
	}
	r.steps = append(r.steps, time.Since(r.stepBegan).Seconds())
	r.stepBegan = time.Time{}
	r.done++
}
