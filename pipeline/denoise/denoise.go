// Package denoise turns a network into a sampler.Denoiser and bends it: prediction
// types, guidance, composed and scheduled prompts, masks. Everything here is a function
// around a function, so that one reads a run from the inside out:
//
//	predict := denoise.Model{Network: unet, Levels: levels, Space: denoise.Epsilon}.Predictor()
//	d := denoise.Guided(predict, denoise.Always(prompt), denoise.Guidance{Scale: 7})
//	d = denoise.Masked(d, denoise.Mask{At: denoise.Static(mask), Latent: latent})
//	latent, err := row.Run(ctx, d, start, sigmas, noise, clock.Watch(report))
//
// Start reading here, then space.go (what a network's predictions mean), guided.go, prompt.go, masked.go, soft.go;
// steer.go, threshold.go and attention.go
// what else steers; guides.go how pictures do; inside.go what a network does otherwise within; effort.go says which steps do with less than a whole evaluation, by forecast.go and deepcache.go. Timesteps exist in
// this package only; everything above it speaks of sigmas.
//
// Decisions.
// 2026-11-23: guidance rescale works on the v-prediction whatever the model predicts, as
// the paper and ComfyUI do: one knob, one meaning.
// 2026-11-23: NaN and infinity are caught by the sampler, which knows the step
// (sampler.BadValueError).
// 2026-11-27: a prediction space is a value of four formulas (space.go; one file each), not
// an interface: everything in it is linear.
package denoise

import (
	"context"
	"fmt"
	"image"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Input is one evaluation of a denoising network for a batch of B latents.
type Input struct {
	X         *tensor.Tensor // [B,C,h,w], already scaled as the network wants it
	Timesteps []float32      // B values, fractions allowed
	Context   *tensor.Tensor // [B,n,W], the encoded prompts
	Label     *tensor.Tensor // [B,L] for SDXL, else nil
	Concat    *tensor.Tensor // [B,1+C,h,w] mask and masked-image latent for inpainting networks, else nil
	// Deep, where given, is the deep feature of an earlier evaluation of these latents: then only
	// the shallow part of the network is evaluated, on top of it (DeepCache).
	Deep *tensor.Tensor
	// Keep, where given, receives the deep feature of an evaluation of the whole network.
	Keep func(deep *tensor.Tensor)
	// Perturbed, where given, says of each latent whether the network's self-attention is to be
	// left out for it (PAG). Only networks opened for that mind it.
	Perturbed []bool
	// Attention, where given, receives the mean self-attention map of each latent, [B,n] for n
	// places of the middle block (SAG). Only networks opened for that call it.
	Attention func(maps *tensor.Tensor)
	// Negative says of each latent whether it is evaluated for the negative prompt; nil: for none.
	Negative []bool
	Set      int     // which of its sets of adapters the network is to have
	FreeU    FreeU   // the numbers of networks opened for it
	Refined  Refined // the box that networks opened for it refine
	Shrink   float32 // by how much networks opened for it shrink the picture within; 0: not at all
	// References are what networks opened for them follow.
	References []Reference
	// Images are what networks opened for it read beside the text, one for each adapter.
	Images []Image
	// Control is what ControlNets add to what the way up of networks opened for it reads of each block of the way
	// down, and last to what the middle block makes; Features what T2I-Adapters add to what those
	// blocks make. [1 or B, 1 or C, 1 or h, 1 or w] each; nil: nothing.
	Control, Features []*tensor.Tensor
}

// Network evaluates a denoiser once: what it predicts (noise or velocity) for each latent,
// in X's shape. It must end early with ctx.Err() when ctx ends and must not keep in.
type Network func(ctx context.Context, in Input) (*tensor.Tensor, error)

// Condition is one encoded prompt. Contexts are [1,n,W] (or [B,n,W], one for each latent
// of the batch), labels [1,L] or [B,L] likewise.
type Condition struct {
	Context *tensor.Tensor
	Label   *tensor.Tensor
	// Negative says that it is the negative prompt's: guides tell the two apart.
	Negative bool
	// Perturbed asks for the evaluation without self-attention, Attention for its map: see Input.
	Perturbed bool
	Attention func(maps *tensor.Tensor)
	// Set is which of the network's sets of adapters its evaluation is with.
	Set int
	// Box is the part of the picture's latent that is evaluated, in its cells; empty: all of it. Placed sets it.
	Box image.Rectangle
	// Guides names the guides that act: what is remembered of a condition under some of them says
	// nothing of it under others.
	Guides string
}

// key tells apart what is remembered of conditions during a run.
type key struct {
	context   *tensor.Tensor
	perturbed bool
	guides    string
	set       int
	box       image.Rectangle
}

// of is the part of latents that is evaluated: they are those of the part already, or of the whole.
func (c Condition) of(x *tensor.Tensor) *tensor.Tensor {
	if c.Box.Empty() {
		return x
	}
	return Cut(x, c.Box)
}

func (c Condition) key() key { return key{c.Context, c.Perturbed, c.Guides, c.Set, c.Box} }

// Predictor gives the clean latent that each condition leads to, for latents x [B,C,h,w] at
// noise level sigma. The results are new tensors of x's shape; x may also be the whole of which conditions evaluate boxes of one
// size, and they are of that size then.
type Predictor func(ctx context.Context, x *tensor.Tensor, sigma float64, conditions []Condition) ([]*tensor.Tensor, error)

// Model is a network with what one must know to ask it.
type Model struct {
	Network Network
	Levels  *sampler.Levels
	Space   Space
	// Nearest rounds timesteps to whole ones instead of interpolating in log sigma.
	Nearest bool
	// Together is how many conditions go into one evaluation: 0 all, 1 one after the other.
	// It changes speed and memory only. Contexts of different length, and sets, never go together.
	Together int
	// Concat is appended to every input of an inpainting network: [1,1+C,h,w] or [B,1+C,h,w].
	Concat *tensor.Tensor
	// Cache lets some evaluations be of the network's shallow part alone; nil: none.
	Cache *DeepCache
	FreeU FreeU // see Input
	// Shrink is by how much the picture shrinks within the network at a noise level; nil: not at all.
	Shrink func(sigma float64) float64
	// Refine says of each evaluation, of a part of the picture's latent or, where that is empty, all of it, which box is refined, and how
	// much; nil: none.
	Refine func(part image.Rectangle) Refined
	// Retouch divides the timesteps that the network is told, where it is not 0; nil: it is 1.
	Retouch *float64
	Steer   Steer // see guides.go; nil: nothing steers
}

// Predictor wraps the network: scales its input, translates sigma into a timestep and turns
// what it predicts into the clean latent, all as the model's space says.
func (m Model) Predictor() Predictor {
	return func(ctx context.Context, x *tensor.Tensor, sigma float64, conditions []Condition) ([]*tensor.Tensor, error) {
		whole := tensor.Scale(float32(m.Space.In(sigma)), x)
		t := m.time(sigma)
		out := make([]*tensor.Tensor, 0, len(conditions))
		for len(out) < len(conditions) {
			group := m.group(conditions[len(out):])
			in, err := m.input(whole, float32(t), group)
			if err != nil {
				return nil, err
			}
			if err := m.Cache.prepare(&in, group, x.Shape[0]); err != nil {
				return nil, err
			}
			m.inside(&in, group, x.Shape[0], sigma)
			if m.Steer != nil {
				if err := m.Steer(ctx, &in, Evaluation{whole, group, x.Shape[0], sigma}); err != nil {
					return nil, err
				}
			}
			raw, err := m.Network(ctx, in)
			if err != nil {
				return nil, err
			}
			if len(raw.Data) != len(in.X.Data) {
				return nil, fmt.Errorf("denoise: the network returned shape %v for latents of %v", raw.Shape, in.X.Shape)
			}
			for i, c := range group {
				out = append(out, m.Space.clean(c.of(x), raw.Batch(i*x.Shape[0], (i+1)*x.Shape[0]), sigma))
			}
		}
		return out, nil
	}
}

// time is the timestep of a noise level, as the network is told it.
func (m Model) time(sigma float64) float64 {
	if m.Retouch != nil && *m.Retouch != 0 {
		return m.timestep(sigma) / *m.Retouch
	}
	return m.timestep(sigma)
}

func (m Model) timestep(sigma float64) float64 {
	switch {
	case m.Space.Time != nil:
		return m.Space.Time(sigma)
	case m.Nearest:
		return float64(m.Levels.Nearest(sigma))
	}
	return m.Levels.T(sigma)
}

// group is how many of the conditions ahead fit into one evaluation.
func (m Model) group(ahead []Condition) []Condition {
	n := len(ahead)
	if m.Together > 0 {
		n = min(n, m.Together)
	}
	for i := 1; i < n; i++ {
		if !alike(ahead[i].Context, ahead[0].Context) || !alike(ahead[i].Label, ahead[0].Label) || ahead[i].Set != ahead[0].Set {
			return ahead[:i]
		}
		if ahead[i].Box != ahead[0].Box && (m.Steer != nil || m.Refine != nil) { // what they do in a box is one evaluation's
			return ahead[:i]
		}
	}
	return ahead[:n]
}

// alike says whether two tensors agree in all but the batch dimension.
func alike(a, b *tensor.Tensor) bool {
	if a == nil || b == nil {
		return a == b
	}
	return len(a.Shape) == len(b.Shape) && len(a.Shape) > 0 && tensor.Size(a.Shape[1:]) == tensor.Size(b.Shape[1:])
}

func (m Model) input(x *tensor.Tensor, t float32, group []Condition) (Input, error) {
	b := x.Shape[0]
	in := Input{X: x, Timesteps: make([]float32, b*len(group)), Set: group[0].Set}
	for i := range in.Timesteps {
		in.Timesteps[i] = t
	}
	xs, contexts, labels, concats := make([]*tensor.Tensor, len(group)), []*tensor.Tensor{}, []*tensor.Tensor{}, []*tensor.Tensor{}
	for i, c := range group {
		xs[i] = c.of(x)
		concat := m.Concat
		if concat != nil {
			concat = c.of(concat)
		}
		contexts, labels, concats = append(contexts, c.Context), append(labels, c.Label), append(concats, concat)
	}
	var err error
	join := func(parts []*tensor.Tensor, what string) *tensor.Tensor {
		if err != nil || parts[0] == nil {
			return nil
		}
		for i, p := range parts {
			if parts[i], err = spread(p, b); err != nil {
				err = fmt.Errorf("denoise: %s: %w", what, err)
				return nil
			}
		}
		if len(parts) == 1 {
			return parts[0]
		}
		var out *tensor.Tensor
		out, err = tensor.Concat(0, parts...)
		return out
	}
	in.X = join(xs, "latents")
	in.Context = join(contexts, "context")
	in.Label = join(labels, "label")
	in.Concat = join(concats, "mask and masked image")
	return in, err
}

// spread repeats a batch of one b times.
func spread(t *tensor.Tensor, b int) (*tensor.Tensor, error) {
	if t.Shape[0] == b {
		return t, nil
	}
	if t.Shape[0] != 1 {
		return nil, fmt.Errorf("a batch of %d for %d latents, want 1 or %d", t.Shape[0], b, b)
	}
	parts := make([]*tensor.Tensor, b)
	for i := range parts {
		parts[i] = t
	}
	return tensor.Concat(0, parts...)
}
