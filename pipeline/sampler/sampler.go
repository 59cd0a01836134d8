// Package sampler turns noise into a latent by calling a Denoiser at falling sigmas.
// A sampler is one short function; everything that bends what it does (guidance,
// masks, prediction types) is a Denoiser around a Denoiser and lives in denoise.
package sampler

import (
	"context"

	"pentimento/pipeline/tensor"
)

// Denoiser predicts the clean latent from x [B,C,H,W] at noise level sigma (Karras et
// al. 2022, D(x; sigma)). It must not keep or change x.
type Denoiser func(ctx context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error)

// Noise draws a unit-variance tensor of the latent's shape for the step from sigma to
// next (0, 0 where a sampler does not say).
type Noise func(sigma, next float64) *tensor.Tensor

// Step is what a sampler reports before each step: preview data and progress.
type Step struct {
	Index, Total int
	Sigma        float64
	X            *tensor.Tensor // latent before the step; read only, valid during the call
	Denoised     *tensor.Tensor // last prediction; nil before the first evaluation
}

// Sampler integrates from sigmas[0] to the last sigma. x is the noisy start and is not
// changed. It returns ctx.Err() between evaluations when ctx ends.
type Sampler func(ctx context.Context, denoise Denoiser, x *tensor.Tensor, sigmas []float64, noise Noise, step func(Step)) (*tensor.Tensor, error)
