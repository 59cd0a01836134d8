//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"slices"
	"testing"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// steppedRun is a run's latents before each step, and at its end.
func steppedRun(t *testing.T, p *Pipeline, q Request) (latents []*tensor.Tensor) {
	t.Helper()
	_, err := p.RunTraced(context.Background(), q, func(now Progress) {
		if now.Notice != "" {
			t.Error(now.Notice)
		}
	}, func(_ string, x *tensor.Tensor) { latents = append(latents, x.Clone()) })
	if err != nil {
		t.Fatal(err)
	}
	return latents
}

// guided is the denoiser of a stage's run at 64×64, and its noise levels.
func guided(ctx context.Context, t *testing.T, r *run, steps int) (sampler.Denoiser, []float64) {
	t.Helper()
	size := image.Pt(64, 64)
	net, err := r.model.denoiser(ctx)
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.readPrompts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	clock, levels := &denoise.Clock{}, r.model.Levels(size, steps)
	prompt, err := all.at(clock, net, size)
	if err != nil {
		t.Fatal(err)
	}
	plan := r.savings(steps)
	return denoise.Guided(r.predictor(net, levels, nil, 0, denoise.NewDeepCache(plan, clock), nil, nil), prompt, denoise.Guidance{Scale: 1, Path: r.model.Space.Path}),
		r.row.Sigmas(r.schedule, levels, steps)
}

// TestAnAdapterActsInItsSteps: a run with an adapter that starts and stops is one whose steps
// are done by two denoisers, of the model and of the same with the adapter merged into its file.
func TestAnAdapterActsInItsSteps(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these pictures take long: run without -short")
	}
	p, other := native(t), native(t)
	model, file := withAdapter(t)
	const steps = 6
	request := func(prompt, model string) Request {
		q := adapterRequest(model, prompt)
		q.Steps, q.Sampler, q.Schedule, q.CFG = steps, "Euler", "Karras", 1
		return q
	}
	ctx := context.Background()
	runs := map[string][]*tensor.Tensor{}
	acting := map[string][steps]bool{
		":start=3":             {false, false, false, true, true, true},
		":stop=2":              {true, true, false, false, false, false},
		":step=2-4":            {false, false, true, true, false, false},
		":start=.5":            {false, false, false, true, true, true},
		":start=1:stop=.34":    {true, true, false, false, false, false},
		":start=2:stop=2":      {},
		":start=1:stop=100000": {true, true, true, true, true, true},
	}
	for args := range acting {
		runs[args] = steppedRun(t, p, request("waves<lora:fog:0:0.8"+args+">", model))
	}
	err := p.stage(ctx, request("waves", model), func(plain *run) error {
		return other.stage(ctx, request("waves", merged(t, model, file, 0, 0.8)), func(adapted *run) error {
			without, sigmas := guided(ctx, t, plain, steps)
			with, _ := guided(ctx, t, adapted, steps)
			for args, acts := range acting {
				step, got := 0, runs[args]
				var want []*tensor.Tensor
				both := func(ctx context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
					if acts[step] {
						return with(ctx, x, sigma)
					}
					return without(ctx, x, sigma)
				}
				last, err := plain.row.On(plain.model.Space.Path)(ctx, both, got[0].Clone(), sigmas, nil, func(s sampler.Step) {
					step = s.Index
					want = append(want, s.X.Clone())
				})
				if err != nil {
					return err
				}
				for i, w := range append(want, last) {
					if far := pipelinetest.Relative(got[i].Data, w.Data); far > 1e-5 {
						t.Errorf("%q: after %d steps the latent is off by %g", args, i, far)
						break
					}
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if far := pipelinetest.Relative(runs[":start=3"][steps].Data, runs[":stop=2"][steps].Data); far < 1e-3 {
		t.Errorf("runs with and without are only %g apart", far)
	}
}

// TestAnotherStrengthLeavesTheNetworksOpen, and gives what they give that were opened with it.
func TestAnotherStrengthLeavesTheNetworksOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these pictures take long: run without -short")
	}
	p, fresh := native(t), native(t)
	model, _ := withAdapter(t)
	run := func(p *Pipeline, prompt string) *image.NRGBA {
		t.Helper()
		res, err := p.Run(context.Background(), adapterRequest(model, prompt), nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Image
	}
	open := func() (keys []string) {
		p.shelf.Holds(func(key string) bool { keys = append(keys, key); return false })
		slices.Sort(keys)
		return keys
	}
	run(p, "waves<lora:fog:0.3>")
	before := open()
	for _, tag := range []string{"<lora:fog:0.8>", "<lora:fog:0.2:-0.5>", "<lora:fog:1:lbw=OUTALL>", "<lora:fog:0.8:stop=1>", "<lora:fog:0.8>"} {
		got := run(p, "waves"+tag)
		if now := open(); fmt.Sprint(now) != fmt.Sprint(before) {
			t.Errorf("%s: other networks are open", tag)
		}
		if !bytes.Equal(got.Pix, run(fresh, "waves"+tag).Pix) {
			t.Errorf("%s: another picture than by networks that were opened with it", tag)
		}
		if err := fresh.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
