// Package sampler turns noise into a latent by calling a Denoiser at falling sigmas.
// A sampler is one short function; everything that bends what it does (guidance,
// masks, prediction types) is a Denoiser around a Denoiser and lives in denoise.
//
// Start reading at Samplers (table.go): one row a sampler, under every name the field
// gives it; then Euler in euler.go; then Schedules (schedules.go) and Levels (levels.go),
// which say at which sigmas to call.
//
// To add a sampler: a method in a file of its own, which moves r.x from the first sigma to the
// last with what run.go has (steps, eval, draw, sum, slope), and its row. Every row is run by
// the tests for cancelling, errors and short schedules; none knows whether its numbers are right,
// so add it to TestOrderOfConvergence too, or a case to testdata.
//
// Decisions.
// 2026-11-23: the state is kept in float64 and rounded once per evaluation: 64k values
// cost a fraction of a millisecond a step, and samplers agree with the references to 1e-6.
// 2026-11-23: every sampler works in variance-exploding space (x = clean + sigma·noise).
// Those that others run on timesteps in variance-preserving space (DDIM, PLMS) are the
// same arithmetic there; only start and end differ, which Row.Start and Row.Finish say.
// 2026-11-27: flow matching mixes otherwise (path.go). Samplers without noise of their own
// are right there as they stand; of the others some renoise as the field does, the rest see
// the path in the coordinates in which it explodes.
// 2026-11-23: repeated sigmas are dropped before a run: a step of no length changes
// nothing and would divide by zero in multistep methods.
// 2026-11-23: a draw whose weight is zero is not made, so that the noise stream of the
// next one does not depend on an option that has no effect.
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
// changed. It returns ctx.Err() between evaluations when ctx ends. noise may be nil for
// samplers that draw none, step may be nil.
type Sampler func(ctx context.Context, denoise Denoiser, x *tensor.Tensor, sigmas []float64, noise Noise, step func(Step)) (*tensor.Tensor, error)
