//go:build cgo

package pipeline

import (
	"context"
	"testing"
	"time"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
)

// BenchmarkFullStrength is what another strength of a LoRA of 150 MB costs an SD 1.5 that is
// open: the time to its denoiser's weights, and of the first evaluation of a tiny latent after
// it beside one with nothing changed.
func BenchmarkFullStrength(b *testing.B) {
	file := pipelinetest.Full().WriteLoRA(b, b.TempDir(), "fog", 64)
	for _, dtype := range []string{"F16", "F32"} {
		b.Run(dtype, func(b *testing.B) {
			p := New(ort.New(ort.Config{Device: "cpu"}))
			defer p.Close()
			q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: fullSize(b, dtype)}, Where: Where{Threads: 2}, Sampling: Sampling{Width: 512, Height: 512}}
			x, text := pipelinetest.UnitNoise("bench.x", 1, 4, 8, 8), pipelinetest.UnitNoise("bench.c", 1, 77, 768)
			evaluate := func(strength float64) (weights, first float64) {
				q.Adapters = []Adapter{{File: file, Weight: strength}}
				err := p.stage(context.Background(), q, func(r *run) error {
					began := time.Now()
					net, err := r.model.denoiser(context.Background())
					if err != nil {
						return err
					}
					weights = time.Since(began).Seconds()
					began = time.Now()
					_, err = net.Eval(context.Background(), denoise.Input{X: x, Timesteps: []float32{500}, Context: text})
					first = time.Since(began).Seconds()
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				return weights, first
			}
			opening, _ := evaluate(0.8)
			_, usual := evaluate(0.8)
			least, beside := 1e9, 1e9
			for b.Loop() {
				for _, s := range []float64{0.5, 1, 0.7, 0.3, 0.8} {
					weights, first := evaluate(s)
					b.Logf("weights %.2f s, first evaluation %.2f s (usually %.2f)", weights, first, usual)
					least, beside = min(least, weights), min(beside, weights+first-usual)
				}
			}
			b.ReportMetric(opening, "s/open")
			b.ReportMetric(least, "s/weights")
			b.ReportMetric(beside, "s/beside")
		})
	}
}
