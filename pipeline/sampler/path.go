package sampler

import (
	"context"

	"pentimento/pipeline/tensor"
)

// Path is how a clean latent and unit noise are mixed at a noise level:
// x = Keep(sigma)·clean + sigma·noise. On both paths the probability flow is
// dx/dsigma = (x − denoised)/sigma, so that samplers without noise of their own are the
// same arithmetic; those that add noise must know the path.
type Path int

const (
	// Exploding: x = clean + sigma·noise, sigma from about 15 down to 0 (Karras et al. 2022).
	Exploding Path = iota
	// Straight: x = (1−sigma)·clean + sigma·noise, sigma from 1 down to 0 (rectified flow;
	// Liu et al. 2023, arXiv:2209.03003).
	Straight
)

// Keep is the share of the clean latent at a noise level.
func (p Path) Keep(sigma float64) float64 {
	if p == Straight {
		return 1 - sigma
	}
	return 1
}

// Mix is latent at a noise level, with the given unit noise of its shape.
func (p Path) Mix(latent, noise *tensor.Tensor, sigma float64) *tensor.Tensor {
	return tensor.Combine(float32(sigma), noise, float32(p.Keep(sigma)), latent)
}

// Ratio is the noise level for a clean latent of weight one, which is what the exploding
// path calls sigma; infinite where nothing of the latent is left.
func (p Path) Ratio(sigma float64) float64 { return sigma / p.Keep(sigma) }

// mostRatio stands for the infinite ratio at the start of a straight path.
const mostRatio = 9999

// exploded runs a method that knows the exploding path only on a straight one: there
// x/(1−sigma) = clean + ratio·noise, which is the exploding path with ratio for sigma.
func (m method) exploded(o Options) Sampler {
	o.Path = Exploding
	level := func(ratio float64) float64 { return ratio / (1 + ratio) }
	inward := func(x *tensor.Tensor, ratio float64) *tensor.Tensor { return tensor.Scale(float32(1/(1+ratio)), x) }
	return func(ctx context.Context, denoise Denoiser, x *tensor.Tensor, sigmas []float64, noise Noise, step func(Step)) (*tensor.Tensor, error) {
		if len(sigmas) == 0 {
			return x.Clone(), nil
		}
		ratios := make([]float64, len(sigmas))
		for i, s := range sigmas {
			ratios[i] = min(Straight.Ratio(s), mostRatio)
		}
		inner := m.sampler(o)
		ask := func(ctx context.Context, x *tensor.Tensor, ratio float64) (*tensor.Tensor, error) {
			return denoise(ctx, inward(x, ratio), level(ratio))
		}
		report := func(s Step) {
			if step != nil {
				s.X, s.Sigma = inward(s.X, s.Sigma), level(s.Sigma)
				step(s)
			}
		}
		var draw Noise
		if noise != nil {
			draw = func(from, to float64) *tensor.Tensor { return noise(level(from), level(to)) }
		}
		out, err := inner(ctx, ask, tensor.Scale(float32(1+ratios[0]), x), ratios, draw, report)
		if err != nil {
			return nil, err
		}
		return inward(out, ratios[len(ratios)-1]), nil
	}
}
