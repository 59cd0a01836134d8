package denoise

import (
	"context"
	"errors"
	"math"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Guidance is classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598).
type Guidance struct {
	// Scale is the cfg scale; at 1 the negative prompt is not evaluated at all.
	Scale float64
	// Rescale, 0 to 1, pulls the spread of the guided prediction towards that of the
	// conditional one (Lin et al. 2023, arXiv:2305.08891, section 3.4); 0.7 is usual.
	Rescale float64
	// Low and High are the sigmas between which guidance acts; outside only the positive
	// prompt is evaluated (Kynkäänniemi et al. 2024, arXiv:2404.07724). 0 and 0: always.
	Low, High float64
	// Path is that of the model's space.
	Path sampler.Path
}

// Guided asks for the prompt of the step, evaluates its parts and the negative, and
// composes u + scale·Σ wᵢ(cᵢ − u) (Liu et al. 2022, arXiv:2206.01714, for several parts).
func Guided(predict Predictor, prompt func() Prompt, g Guidance) sampler.Denoiser {
	return func(ctx context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
		p := prompt()
		if len(p.Positive) == 0 {
			return nil, errors.New("denoise: a prompt without a positive part")
		}
		scale := g.Scale
		if (g.Low > 0 || g.High > 0) && (sigma < g.Low || g.High > 0 && sigma > g.High) {
			scale = 1
		}
		conditions, weights, rest := []Condition{}, []float64{}, 1.0
		for _, part := range p.Positive {
			if w := part.Weight * scale; w != 0 {
				conditions, weights, rest = append(conditions, part.Condition), append(weights, w), rest-w
			}
		}
		if math.Abs(rest) < 1e-9 {
			rest = 0
		}
		if rest != 0 { // the negative has a share
			conditions, weights = append(conditions, p.Negative), append(weights, rest)
		}
		clean, err := predict(ctx, x, sigma, conditions)
		if err != nil {
			return nil, err
		}
		out := clean[0]
		if weights[0] != 1 {
			out = tensor.Scale(float32(weights[0]), clean[0])
		}
		for i := 1; i < len(clean); i++ {
			out = tensor.Axpy(float32(weights[i]), clean[i], out)
		}
		if g.Rescale > 0 && rest != 0 && len(clean) > 1 {
			out = rescaled(x, out, composed(clean, weights), sigma, g)
		}
		return out, nil
	}
}

// composed is the positive parts' own mean, without the negative that clean ends on.
func composed(clean []*tensor.Tensor, weights []float64) *tensor.Tensor {
	total := 0.0
	for _, w := range weights[:len(clean)-1] {
		total += w
	}
	if len(clean) == 2 || total == 0 {
		return clean[0]
	}
	out := tensor.Scale(float32(weights[0]/total), clean[0])
	for i := 1; i < len(clean)-1; i++ {
		out = tensor.Axpy(float32(weights[i]/total), clean[i], out)
	}
	return out
}

// rescaled brings the guided prediction's standard deviation in v space towards that of
// the positive one, picture by picture.
func rescaled(x, guided, positive *tensor.Tensor, sigma float64, g Guidance) *tensor.Tensor {
	root, back := 1.0, 1.0 // straight: v = (x − clean)/σ
	if g.Path == sampler.Exploding {
		root, back = math.Sqrt(1+sigma*sigma), 1/(1+sigma*sigma)
	}
	// exploding: v = (x/(1+σ²) − clean)·√(1+σ²)/σ
	velocity := func(clean *tensor.Tensor) *tensor.Tensor {
		return tensor.Combine(float32(1/(root*sigma)), x, float32(-root/sigma), clean)
	}
	v, want := velocity(guided), velocity(positive)
	out := guided.Clone()
	for b := range x.Shape[0] {
		spread := v.Batch(b, b+1).Std()
		if spread == 0 {
			continue
		}
		f := g.Rescale*want.Batch(b, b+1).Std()/spread + 1 - g.Rescale
		tensor.CombineInto(out.Batch(b, b+1), float32(back), x.Batch(b, b+1), float32(-f*sigma/root), v.Batch(b, b+1))
	}
	return out
}
