package pipeline

import (
	"context"
	"fmt"
	"image"
	"slices"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/model"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// The functions here run one stage of the diffusion engine by itself, for checking a
// model against another program and for bug reports. Of the request they read Model, VAE,
// Device, Threads, Prompt, ClipSkip and Emphasis. They take turns with Run.

// Chunk is one run of the text encoder: 77 token ids and the weight of each.
type Chunk struct {
	IDs     []int     `json:"ids"`
	Weights []float64 `json:"weights"`
}

// stage opens the request's model for one stage.
func (p *Pipeline) stage(ctx context.Context, req Request, do func(r *run) error) error {
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer p.leave()
	req.Task = Generate
	r := &run{p: p, req: req, report: func(Progress) {}, words: &p.words}
	if err := r.open(ctx); err != nil {
		return err
	}
	defer r.model.release()
	if err := r.complete(); err != nil {
		return err
	}
	return do(r)
}

// EncodeText is the text as the denoiser reads it: context [1,77·chunks,W], and pooled
// [1,P] where the family has one (nil otherwise). Of a scheduled prompt it is the state at
// the first step, of one with AND the first part. A colon and a number at the end of a
// prompt without AND are text, as in a negative prompt: A1111 makes them a weight of the
// whole, which no token shows.
func (p *Pipeline) EncodeText(ctx context.Context, req Request) (text, pooled *tensor.Tensor, err error) {
	req.Negative = req.Prompt
	err = p.stage(ctx, req, func(r *run) error {
		all, err := r.readPrompts(ctx)
		if err != nil {
			return err
		}
		first := all.changes[0].positive[0].text
		if len(all.changes[0].positive) == 1 {
			first = all.changes[0].negative
		}
		text, pooled = first.Context, first.Pooled
		return nil
	})
	return text, pooled, err
}

// EvalDenoiser is the denoiser's raw output for x [B,C,h,w], timestep [B], context
// [B,n,W] and, where the family has one, label [B,L]. negative says which rows are the negative
// prompt's; none: no row is. The request's guides act on it.
func (p *Pipeline) EvalDenoiser(ctx context.Context, req Request, x, timestep, text, label *tensor.Tensor, negative ...bool) (out *tensor.Tensor, err error) {
	err = p.stage(ctx, req, func(r *run) error {
		net, err := r.model.denoiser(ctx)
		if err != nil {
			return err
		}
		net.Guide(r.req.CFG)
		in := denoise.Input{X: x, Timesteps: timestep.Data, Context: text, Label: label, Negative: negative}
		if err := r.guideOne(ctx, net, &in); err != nil {
			return err
		}
		out, err = net.Eval(ctx, in)
		return err
	})
	return out, err
}

// guideOne has the request's guides steer a single evaluation, whose rows are conditions for one latent each.
func (r *run) guideOne(ctx context.Context, net family.Denoiser, in *denoise.Input) error {
	if len(r.req.Guides) == 0 {
		return nil
	}
	if n := in.Context; len(in.X.Shape) != 4 || n == nil || len(n.Shape) != 3 || n.Shape[0] != in.X.Shape[0] || in.X.Shape[0] == 0 {
		return fmt.Errorf("pipeline: x has shape %v, its context another batch or rank, or there is no row; want [B C h w] and [B n W]", in.X.Shape)
	}
	rows := in.X.Shape[0]
	if len(in.Timesteps) == 1 { // it is every row's
		in.Timesteps = slices.Repeat(in.Timesteps, rows)
	}
	if len(in.Timesteps) != rows || in.Label != nil && (len(in.Label.Shape) != 2 || in.Label.Shape[0] != rows) {
		return fmt.Errorf("pipeline: found %d timesteps for %d rows, or a label of other rows, want one a row", len(in.Timesteps), rows)
	}
	size := image.Pt(in.X.Shape[3], in.X.Shape[2]).Mul(r.model.Factor())
	w := work{size: size, place: image.Rectangle{Max: size}, count: 1}
	if err := r.readyGuides(ctx, w); err != nil {
		return err
	}
	guides, err := r.guide(ctx, net, w, 0, &denoise.Clock{}, 1)
	if err != nil || guides == nil {
		return err
	}
	e := denoise.Evaluation{X: in.X, Batch: 1, Sigma: r.model.Levels(size, max(r.req.Steps, 1)).Sigma(float64(in.Timesteps[0]))}
	for i := range in.X.Shape[0] {
		c := denoise.Condition{Context: in.Context.Batch(i, i+1), Negative: i < len(in.Negative) && in.Negative[i]}
		if in.Label != nil {
			c.Label = in.Label.Batch(i, i+1)
		}
		e.Conditions = append(e.Conditions, c)
	}
	return guides.steer(ctx, in, e)
}

// DecodeLatent turns z [B,C,h,w], without scale factor, into a picture [B,3,8h,8w].
func (p *Pipeline) DecodeLatent(ctx context.Context, req Request, z *tensor.Tensor) (out *tensor.Tensor, err error) {
	err = p.stage(ctx, req, func(r *run) error {
		d, err := r.model.decode(ctx)
		if err != nil {
			return err
		}
		out, err = d.Decode(ctx, z)
		return err
	})
	return out, err
}

// EncodePicture turns a picture [B,3,H,W] in [-1,1] into moments [B,2C,H/8,W/8]: means,
// then log-variances, without scale factor.
func (p *Pipeline) EncodePicture(ctx context.Context, req Request, picture *tensor.Tensor) (out *tensor.Tensor, err error) {
	err = p.stage(ctx, req, func(r *run) error {
		e, err := r.model.encode(ctx)
		if err != nil {
			return err
		}
		out, err = e.Encode(ctx, picture)
		return err
	})
	return out, err
}

// Sigmas are the noise levels of a schedule; model may be empty for the levels that all
// Stable Diffusion models share.
func Sigmas(schedule string, steps int, model string) ([]float64, error) {
	if steps < 1 || steps > 10000 {
		return nil, fmt.Errorf("pipeline: %d steps, want 1 to 10000", steps)
	}
	s, err := sampler.FindSchedule(schedule)
	if err != nil {
		return nil, err
	}
	levels := sampler.StableDiffusion()
	if model != "" {
		m, err := family.Open(model, checkpoint.Options{})
		if err != nil {
			return nil, err
		}
		levels = m.Levels(image.Pt(m.NativeSize, m.NativeSize), steps)
	}
	return s.Sigmas(levels, steps), nil
}

// Tokens are the token chunks of the request's prompt at the first step, as the first text
// encoder takes them (of which text: see EncodeText). No network runs.
func (p *Pipeline) Tokens(req Request) ([]Chunk, error) {
	m, err := family.Open(req.Model, req.Options())
	if err != nil {
		return nil, err
	}
	r := &run{req: req, model: &opened{header: &header{Model: m}}, words: &p.words}
	setDefault(&r.req.Steps, 20)
	t, dialect, err := r.newText(0)
	if err != nil {
		return nil, err
	}
	options := prompt.Options{Steps: r.req.Steps, Dialect: dialect}
	parsed := prompt.Parse(req.Prompt, options)
	if len(parsed.Parts) == 1 {
		options.Negative = true
		parsed = prompt.Parse(req.Prompt, options)
	}
	var out []Chunk
	encode, spec := t.Window()
	for _, c := range prompt.Chunks(parsed.Parts[0].Stages[0].Segments, encode, spec) {
		out = append(out, Chunk{c.IDs, c.Weights})
	}
	return out, nil
}

// BlockRatios are an adapter's block weights written out (adapter.NewBlocks): all 26, and those
// of layers by the names that A1111 has for them.
func BlockRatios(ratios []float64, elements string) (all []float64, of func(layer string) float64, err error) {
	b, err := adapter.NewBlocks(ratios, elements)
	if err != nil {
		return nil, nil, fmt.Errorf("pipeline: %w", err)
	}
	return b.Ratios[:], b.Of, nil
}

// RunSmall runs the half of a small autoencoder that the request's Model is: see vae.RunSmall.
func (p *Pipeline) RunSmall(ctx context.Context, req Request, in map[string]*tensor.Tensor) (name string, out *tensor.Tensor, err error) {
	if err := p.enter(ctx); err != nil {
		return "", nil, err
	}
	defer p.leave()
	return vae.RunSmall(ctx, p.runtime, req.Model, model.Options{Device: req.Device, Threads: req.Threads}, in)
}
