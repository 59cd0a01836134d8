package pipeline

import (
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// held wraps a denoiser so that what is not masked stays the picture, by Request.Blend.
// latent is the clean picture and start the run's first noise.
func (r *run) held(d sampler.Denoiser, w work, latent, start *tensor.Tensor, levels *sampler.Levels, sigmas []float64, unguided *denoise.Unguided) sampler.Denoiser {
	if w.paint == nil || latent == nil {
		return d
	}
	mask := denoise.Mask{Latent: latent, Path: r.model.Space.Path, Unguided: unguided}
	switch r.blend() {
	case BlendSoft:
		return denoise.Soft(d, r.model.Space.Path, w.paint, latent, r.req.soft())
	case BlendDifferential:
		// input and prediction are held, as ComfyUI does: a place that opens late begins as
		// the picture at the noise level of that step
		mask.At, mask.Noise = opening(w.paint, levels, sigmas), start
	case BlendBoth:
		mask.At, mask.Noise = denoise.Static(hard(w.paint)), start
	case BlendDenoised:
		mask.At = denoise.Static(hard(w.paint))
	default:
		return d
	}
	return denoise.Masked(d, mask)
}

// blend is Request.Blend as it acts on the model at hand; BlendAuto: nothing is held.
func (r *run) blend() string {
	b := r.req.Blend
	switch {
	case r.model.Inpainting && (b == BlendDenoised || b == BlendBoth):
		return BlendAuto
	case b == BlendAuto && (!r.model.Inpainting || r.graded):
		return BlendDifferential
	}
	return b
}

// opening is a differential mask in which 0 stays kept to the end: at the last level the
// paper's threshold is 0 and would open it.
func opening(paint *tensor.Tensor, levels *sampler.Levels, sigmas []float64) func(float64) *tensor.Tensor {
	at := denoise.Differential(paint, levels, sigmas, 1)
	return func(sigma float64) *tensor.Tensor {
		m := at(sigma)
		for i, v := range paint.Data {
			if v == 0 {
				m.Data[i] = 0
			}
		}
		return m
	}
}

// hard is 1 where anything may be painted.
func hard(paint *tensor.Tensor) *tensor.Tensor {
	out := tensor.New(paint.Shape...)
	for i, v := range paint.Data {
		if v > 0 {
			out.Data[i] = 1
		}
	}
	return out
}
