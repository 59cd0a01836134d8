package denoise

import (
	"context"
	"fmt"
	"math"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Terms are how the difference of a latent and a prediction is expressed.
type Terms int

// The terms. Of a straight path velocity and noise are the same.
const (
	Velocity Terms = iota // the v-prediction, as the paper and ComfyUI have it, whatever the model predicts
	Noise                 // ε
	Clean                 // the clean latent itself, as A1111's extension has it
)

// steer makes one prediction of what was asked and evaluated.
func (g Guidance) steer(ctx context.Context, predict Predictor, a *asked, clean []*tensor.Tensor, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
	if a.parts == 0 { // all weights are 0: the negative alone
		return clean[0], nil
	}
	parts := clean[:a.parts]
	positive, guides := composed(parts, a.weights[:a.parts]), a.rest != 0
	var negative *tensor.Tensor
	if a.negative {
		negative = clean[a.parts]
	}
	terms := clean[:len(a.weights)]
	if g.ZeroStar && guides {
		terms = append(append([]*tensor.Tensor{}, parts...), zeroStar(x, positive, negative))
	}
	var out *tensor.Tensor
	if g.Threshold != nil && guides {
		out = g.Threshold.each(terms, a.weights, g.Scale, max(g.Clock.Step()-1, 0), g.Steps)
	} else {
		out = sum(terms, a.weights)
	}
	if g.Rescale > 0 && guides && sigma > 0 {
		out = rescaled(x, out, positive, sigma, g)
	}
	if g.Perturbed != 0 {
		without := composed(clean[len(a.weights):], a.weights[:a.parts])
		out = tensor.Axpy(float32(g.Perturbed), tensor.Combine(1, positive, -1, without), out)
	}
	if g.Self.on() {
		var err error
		if out, err = g.selfGuided(ctx, predict, a, out, negative, x, sigma); err != nil {
			return nil, err
		}
	}
	if g.Norm > 0 {
		out = normed(out, positive, g.Norm)
	}
	return out, nil
}

// rescaled brings the guided prediction's standard deviation in some terms towards that of
// the positive one, picture by picture.
func rescaled(x, guided, positive *tensor.Tensor, sigma float64, g Guidance) *tensor.Tensor {
	// In the terms is a·x + b·clean, and clean is c·x + d·(in the terms).
	a, b, c, d := 1/sigma, -1/sigma, 1.0, -sigma // v of a straight path, or noise: (x − clean)/σ
	switch {
	case g.In == Clean:
		a, b, c, d = 0, 1, 0, 1
	case g.In == Velocity && g.Path == sampler.Exploding: // (x/(1+σ²) − clean)·√(1+σ²)/σ
		root := math.Sqrt(1 + sigma*sigma)
		a, b, c, d = 1/(root*sigma), -root/sigma, 1/(1+sigma*sigma), -sigma/root
	}
	v, want := tensor.Combine(float32(a), x, float32(b), guided), tensor.Combine(float32(a), x, float32(b), positive)
	out := guided.Clone()
	for i := range x.Shape[0] {
		spread := v.Batch(i, i+1).Std()
		if spread == 0 {
			continue
		}
		f := g.Rescale*want.Batch(i, i+1).Std()/spread + 1 - g.Rescale
		tensor.CombineInto(out.Batch(i, i+1), float32(c), x.Batch(i, i+1), float32(f*d), v.Batch(i, i+1))
	}
	return out
}

// RescaledNoise is u + scale·(c − u) of what two conditions predict, with its spread brought
// towards that of c by share, picture by picture.
func RescaledNoise(cond, uncond *tensor.Tensor, scale, share float64) (*tensor.Tensor, error) {
	if !cond.SameShape(uncond) || len(cond.Shape) == 0 {
		return nil, fmt.Errorf("denoise: cond has shape %v and uncond %v, want the same", cond.Shape, uncond.Shape)
	}
	out := tensor.Combine(float32(scale), cond, float32(1-scale), uncond)
	return rescaled(out, out, cond, 1, Guidance{Rescale: share, In: Clean}), nil
}

// zeroStar is CFG-Zero* (Fan et al. 2025, arXiv:2503.18886): the negative's direction to the
// noise, scaled so that it lies as near as it can to the positive's. In terms of clean latents,
// as ComfyUI has it: α·negative, where α projects x − positive on x − negative.
func zeroStar(x, positive, negative *tensor.Tensor) *tensor.Tensor {
	out := negative.Clone()
	size := len(x.Data) / x.Shape[0]
	for b := range x.Shape[0] {
		var dot, square float64
		for i := b * size; i < (b+1)*size; i++ {
			p, n := float64(x.Data[i])-float64(positive.Data[i]), float64(x.Data[i])-float64(negative.Data[i])
			dot, square = dot+p*n, square+n*n
		}
		alpha := dot / (square + 1e-8)
		for i := b * size; i < (b+1)*size; i++ {
			out.Data[i] = float32(alpha * float64(negative.Data[i]))
		}
	}
	return out
}

// normed keeps each place of a prediction from being longer, over its channels, than that of the
// positive one, and multiplies it by strength (ComfyUI's CFGNorm).
func normed(guided, positive *tensor.Tensor, strength float64) *tensor.Tensor {
	out := guided.Clone()
	channels, plane := guided.Shape[1], tensor.Size(guided.Shape[2:])
	for b := range guided.Shape[0] {
		for p := range plane {
			var is, may float64
			for c := range channels {
				i := (b*channels+c)*plane + p
				is += float64(guided.Data[i]) * float64(guided.Data[i])
				may += float64(positive.Data[i]) * float64(positive.Data[i])
			}
			f := strength * min(1, math.Sqrt(may)/(math.Sqrt(is)+1e-8))
			for c := range channels {
				i := (b*channels+c)*plane + p
				out.Data[i] = float32(f * float64(guided.Data[i]))
			}
		}
	}
	return out
}
