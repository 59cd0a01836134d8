package denoise

import (
	"context"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Mask says where a run may paint: 1 paint, 0 keep, [1,1,h,w] at latent size (or any shape
// tensor.Repeat takes).
type Mask struct {
	// At gives the mask at a noise level: Static, or Differential for soft masks.
	At func(sigma float64) *tensor.Tensor
	// Latent is the picture to keep, clean, in the latents' shape or [1,C,h,w].
	Latent *tensor.Tensor
	// Noise, when given, is the run's start noise (unit variance): then what the network
	// sees outside the mask is the kept picture at the right noise level, too (ComfyUI's
	// way). Without it only the prediction is held (A1111's way).
	Noise *tensor.Tensor
	// Path is that of the model's space.
	Path sampler.Path
	// Unguided is the run's, if it has one: it is held as the prediction is.
	Unguided *Unguided
}

// Static is the same mask at every level.
func Static(mask *tensor.Tensor) func(float64) *tensor.Tensor {
	return func(float64) *tensor.Tensor { return mask }
}

// Masked keeps the picture outside the mask.
func Masked(d sampler.Denoiser, m Mask) sampler.Denoiser {
	return func(ctx context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
		mask := m.At(sigma)
		latent, err := spread(m.Latent, x.Shape[0])
		if err != nil {
			return nil, err
		}
		if m.Noise != nil {
			noise, err := spread(m.Noise, x.Shape[0])
			if err != nil {
				return nil, err
			}
			if x, err = tensor.Blend(m.Path.Mix(latent, noise, sigma), x, mask); err != nil {
				return nil, err
			}
		}
		clean, err := d(ctx, x, sigma)
		if err != nil {
			return nil, err
		}
		if u := m.Unguided; u != nil && u.clean != nil {
			if u.clean, err = tensor.Blend(latent, u.clean, mask); err != nil {
				return nil, err
			}
		}
		return tensor.Blend(latent, clean, mask)
	}
}

// Differential opens a soft mask step by step (Levin and Fried 2023, arXiv:2306.00950): at
// timestep t between those of the run's first sigma and its lowest above zero, a latent
// pixel is painted when its mask value reaches (t − end)/(start − end). Late steps open
// ever softer areas. strength 1 is that hard choice, below it the choice is mixed with the
// mask itself.
func Differential(mask *tensor.Tensor, levels *sampler.Levels, sigmas []float64, strength float64) func(sigma float64) *tensor.Tensor {
	var start, end float64
	for i, s := range sigmas {
		if i == 0 {
			start = levels.T(s)
		}
		if s > 0 {
			end = levels.T(s)
		}
	}
	return func(sigma float64) *tensor.Tensor {
		threshold := 0.0
		if start > end {
			threshold = min(max((levels.T(sigma)-end)/(start-end), 0), 1)
		}
		out := tensor.New(mask.Shape...)
		for i, v := range mask.Data {
			if float64(v) >= threshold {
				out.Data[i] = 1
			}
			if strength < 1 {
				out.Data[i] = float32(strength)*out.Data[i] + float32(1-strength)*v
			}
		}
		return out
	}
}
