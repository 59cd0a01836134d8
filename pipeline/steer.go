package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// terms are the choices of Steering.RescaleIn.
var terms = map[string]denoise.Terms{"": denoise.Velocity, "noise": denoise.Noise, "clean": denoise.Clean}

// sag is self-attention guidance, where it is on.
func (q Request) sag() *denoise.SelfAttention {
	if q.Self == nil || q.Self.Scale == 0 {
		return nil
	}
	return &denoise.SelfAttention{Scale: q.Self.Scale, Blur: q.Self.Blur, Threshold: q.Self.Limit}
}

// inside is what the denoiser does otherwise within; with neutral numbers, nothing.
func (q Request) inside() family.Inside {
	in := family.Inside{Perturb: q.Perturbed != 0, Attention: q.sag() != nil}
	if in.Perturb {
		in.PerturbAt = q.PerturbedAt
	}
	if f := q.FreeU; f != nil && (f.B1 != 1 || f.B2 != 1 || f.S1 != 1 || f.S2 != 1) {
		in.FreeU = f.Version
	}
	if s := q.Shrink; s != nil && s.By > 1 && s.To > s.From {
		in.Shrink = family.Shrink{Block: s.Block, AfterSkip: s.AfterSkip, Down: s.Down, Up: s.Up}
	}
	if b := q.box(); b != nil {
		in.Refine = b.inside()
	}
	_ = q.kinds(func(k GuideKind, gs []Guide) error {
		if k.inside != nil {
			k.inside(&in, gs)
		}
		return nil
	})
	return in
}

// ways are what settings, not guides, change in a denoiser, as people call it.
func ways(in family.Inside) (names []string) {
	for _, way := range []struct {
		on   bool
		name string
	}{
		{in.Perturb, "perturbed attention (PAG)"}, {in.Attention, "self-attention guidance (SAG)"}, {in.FreeU > 0, "FreeU"},
		{in.Shrink.Block > 0, "deep shrink"}, {in.Refine.By > 0, "the refined box (LLuL)"},
	} {
		if way.on {
			names = append(names, way.name)
		}
	}
	return names
}

// within are the numbers for it.
func (q Request) within(m *denoise.Model) {
	in := q.inside()
	if f := q.FreeU; in.FreeU > 0 {
		m.FreeU = denoise.FreeU{B1: f.B1, B2: f.B2, S1: f.S1, S2: f.S2}
	}
	if s := q.Shrink; in.Shrink.Block > 0 {
		from, to := sigmaAt(m.Levels, s.From), sigmaAt(m.Levels, s.To)
		m.Shrink = func(sigma float64) float64 {
			if sigma <= from && sigma >= to {
				return s.By
			}
			return 1
		}
	}
}

// sigmaAt is the noise level at a share of the timesteps, counted from the noisiest; 0 and 1
// have no limit, as in ComfyUI.
func sigmaAt(l *sampler.Levels, share float64) float64 {
	switch {
	case share <= 0:
		return math.Inf(1)
	case share >= 1:
		return 0
	}
	return l.Sigma((1 - share) * float64(l.Len()-1))
}

// guidance is that of a run of so many steps with a scale.
func (q Request) guidance(scale float64, path sampler.Path, clock *denoise.Clock, steps int) denoise.Guidance {
	g := denoise.Guidance{
		Scale: scale, Rescale: q.Rescale, In: terms[q.RescaleIn], Low: q.GuidanceRange[0], High: q.GuidanceRange[1], Path: path,
		ZeroStar: q.ZeroStar, Clock: clock, Steps: steps, Perturbed: q.Perturbed, Self: q.sag(), Norm: q.Norm,
	}
	if t := q.Threshold; t != nil && t.On {
		g.Threshold = &t.Thresholding
	}
	return g
}

// Guide is the guided clean latent that a request's model, scale and Steering give for x
// [B,C,h,w] at noise level sigma: one step's, for checking it against another program. positive and
// negative are [1,n,W]. Networks with labels or masks are not for it.
func (p *Pipeline) Guide(ctx context.Context, req Request, sigma float64, x, positive, negative *tensor.Tensor) (*tensor.Tensor, error) {
	return p.guideIn(ctx, req, sigma, x, positive, negative, nil)
}

// guideIn is Guide in places; nil: as a whole.
func (p *Pipeline) guideIn(ctx context.Context, req Request, sigma float64, x, positive, negative *tensor.Tensor, places []denoise.Place) (out *tensor.Tensor, err error) {
	if !(sigma > 0) || math.IsInf(sigma, 0) {
		return nil, fmt.Errorf("pipeline: sigma is %v, want a number above 0", sigma)
	}
	if len(x.Shape) != 4 {
		return nil, fmt.Errorf("pipeline: x has shape %v, want [B C h w]", x.Shape)
	}
	err = p.stage(ctx, req, func(r *run) error {
		net, err := r.model.denoiser(ctx)
		if err != nil {
			return err
		}
		levels := r.model.Levels(image.Pt(r.model.NativeSize, r.model.NativeSize), max(r.req.Steps, 1))
		prompt := denoise.Always(denoise.Simple(denoise.Condition{Context: positive}, denoise.Condition{Context: negative}))
		predict := r.predictor(net, levels, nil, 0, nil, nil, nil)
		if places != nil {
			predict = denoise.Placed(predict, places)
		}
		d := denoise.Guided(predict, prompt, r.req.guidance(r.req.CFG, r.model.Space.Path, &denoise.Clock{}, r.req.Steps))
		out, err = d(ctx, x, sigma)
		return err
	})
	return out, err
}

// RescaledNoise is denoise.RescaledNoise, for checking it against another program.
func RescaledNoise(cond, uncond *tensor.Tensor, scale, share float64) (*tensor.Tensor, error) {
	return denoise.RescaledNoise(cond, uncond, scale, share)
}
