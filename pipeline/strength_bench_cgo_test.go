//go:build cgo && unix

package pipeline

import (
	"context"
	"syscall"
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
			evaluate := func(strength float64) (weights, cores, first float64) {
				q.Adapters = []Adapter{{File: file, Weight: strength}}
				err := p.stage(context.Background(), q, func(r *run) error {
					began, used := time.Now(), processor()
					net, err := r.model.denoiser(context.Background())
					if err != nil {
						return err
					}
					weights, cores = time.Since(began).Seconds(), processor()-used
					began = time.Now()
					_, err = net.Eval(context.Background(), denoise.Input{X: x, Timesteps: []float32{500}, Context: text})
					first = time.Since(began).Seconds()
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				return weights, cores, first
			}
			opening, _, _ := evaluate(0.8)
			_, _, usual := evaluate(0.8)
			least, beside, work := 1e9, 1e9, 1e9
			for b.Loop() {
				for _, s := range []float64{0.5, 1, 0.7, 0.3, 0.8} {
					weights, cores, first := evaluate(s)
					b.Logf("weights %.2f s (%.2f s of one core), first evaluation %.2f s (usually %.2f)", weights, cores, first, usual)
					least, beside, work = min(least, weights), min(beside, weights+first-usual), min(work, cores)
				}
			}
			b.ReportMetric(opening, "s/open")
			b.ReportMetric(least, "s/weights")
			b.ReportMetric(work, "cpu-s/weights")
			b.ReportMetric(beside, "s/beside")
		})
	}
}

// processor is the time that this process has had of the processor's cores.
func processor() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
