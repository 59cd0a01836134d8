//go:build cgo

package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// The benchmarks of this file are the README's figures for SD 1.5 at full size, 512×512,
// two threads. Each prints the least of several runs: what the machine can do when nothing
// else runs. They write 4.3 GB (and 2.1 GB) unless PENTIMENTO_BENCH_DIR keeps them.

var twoThreads = model.Options{Device: "cpu", Threads: 2}

func openFull(b *testing.B, dtype string) (*ort.Runtime, *checkpoint.Checkpoint) {
	b.Helper()
	rt := ort.New(ort.Config{Device: "cpu"})
	ck, err := checkpoint.Open(fullSize(b, dtype), checkpoint.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return rt, ck
}

// least runs do n times and reports the least and the mean seconds, and the processor
// seconds of the best run: half of them are what two idle cores would need.
func least(b *testing.B, n int, do func() error) {
	b.Helper()
	var all []float64
	spent := math.Inf(1)
	for b.Loop() {
		all = all[:0]
		for range n {
			began, used := time.Now(), processorSeconds()
			if err := do(); err != nil {
				b.Fatal(err)
			}
			all = append(all, time.Since(began).Seconds())
			spent = min(spent, processorSeconds()-used)
		}
	}
	best, sum := all[0], 0.0
	for _, s := range all {
		best, sum = min(best, s), sum+s
	}
	b.ReportMetric(best, "s/least")
	b.ReportMetric(sum/float64(len(all)), "s/mean")
	b.ReportMetric(spent, "cpu-s/least")
}

// processorSeconds is the processor time this process has used, by /proc, where there is
// one, in hundredths.
func processorSeconds() float64 {
	data, _ := os.ReadFile("/proc/self/stat")
	f := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / 100
}

func BenchmarkFullEvaluation(b *testing.B) {
	for _, fast := range []bool{true, false} {
		for _, batch := range []int{1, 2} {
			b.Run(fmt.Sprintf("packed=%v/batch=%d", fast, batch), func(b *testing.B) {
				rt, ck := openFull(b, "F32")
				o := twoThreads
				o.Fast = fast
				net, err := unet.Open(context.Background(), rt, ck, o, graph.Variant{})
				if err != nil {
					b.Fatal(err)
				}
				defer net.Close()
				x, text := pipelinetest.UnitNoise("bench.x", batch, 4, 64, 64), pipelinetest.UnitNoise("bench.c", batch, 77, 768)
				run := func() error {
					_, err := net.Eval(context.Background(), unet.Input{X: x, Timesteps: []float32{500}, Context: text})
					return err
				}
				if err := run(); err != nil { // the first one reads the weights
					b.Fatal(err)
				}
				least(b, 5, run)
			})
		}
	}
}

func BenchmarkFullVAE(b *testing.B) {
	o := twoThreads
	o.Fast, o.Release = true, true
	b.Run("decode", func(b *testing.B) {
		rt, ck := openFull(b, "F32")
		d, err := vae.OpenDecoder(rt, ck, o, graph.Variant{})
		if err != nil {
			b.Fatal(err)
		}
		defer d.Close()
		z := pipelinetest.UnitNoise("bench.z", 1, 4, 64, 64)
		least(b, 3, func() error { _, err := d.Decode(context.Background(), z); return err })
	})
	b.Run("encode", func(b *testing.B) {
		rt, ck := openFull(b, "F32")
		e, err := vae.OpenEncoder(rt, ck, o, graph.Variant{})
		if err != nil {
			b.Fatal(err)
		}
		defer e.Close()
		img := pipelinetest.Uniform("bench.image", 1, 1, 3, 512, 512)
		least(b, 3, func() error { _, err := e.Encode(context.Background(), img); return err })
	})
}

// BenchmarkFullOpen is from pressing the button to the start of the first evaluation, for
// a model that is not open: header, vocabulary, both prompts, noise, denoiser. The file is
// in the system's cache and the native library is loaded.
func BenchmarkFullOpen(b *testing.B) {
	for _, dtype := range []string{"F32", "F16"} {
		b.Run(dtype, func(b *testing.B) {
			rt, _ := openFull(b, dtype)
			if _, err := rt.Version(); err != nil {
				b.Fatal(err)
			}
			q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: fullSize(b, dtype)}, Text: Text{Prompt: "a photo of a cat"}, Sampling: Sampling{Width: 512, Height: 512}, Where: Where{Threads: 2}}
			best, spent := math.Inf(1), math.Inf(1)
			for b.Loop() {
				for range 5 {
					p := New(rt)
					p.SetMerges(merges(b))
					ctx, cancel := context.WithCancel(context.Background())
					began, used := time.Now(), processorSeconds()
					_, err := p.RunTraced(ctx, q, nil, func(string, *tensor.Tensor) {
						best, spent = min(best, time.Since(began).Seconds()), min(spent, processorSeconds()-used)
						cancel()
					})
					if err == nil {
						b.Fatal("the run was not cancelled")
					}
					if err := p.Close(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(best, "s/least")
			b.ReportMetric(spent, "cpu-s/least")
		})
	}
}

// BenchmarkFullCancel is from the cancel to the return of the evaluation it ends, the worst
// of several moments; each but the first begins once the one before has let go of the library.
func BenchmarkFullCancel(b *testing.B) {
	rt, ck := openFull(b, "F32")
	net, err := unet.Open(context.Background(), rt, ck, twoThreads, graph.Variant{})
	if err != nil {
		b.Fatal(err)
	}
	defer net.Close()
	x, text := pipelinetest.UnitNoise("bench.x", 1, 4, 64, 64), pipelinetest.UnitNoise("bench.c", 1, 77, 768)
	worst := 0.0
	for b.Loop() {
		for i := range 8 {
			ctx, cancel := context.WithCancel(context.Background())
			asked := make(chan time.Time, 1)
			time.AfterFunc(time.Duration(100+250*i)*time.Millisecond, func() { asked <- time.Now(); cancel() })
			if _, err := net.Eval(ctx, unet.Input{X: x, Timesteps: []float32{500}, Context: text}); err == nil {
				b.Fatal("the evaluation was not ended")
			}
			worst = max(worst, time.Since(<-asked).Seconds())
			cancel()
		}
	}
	b.ReportMetric(1000*worst, "ms/worst")
}

// BenchmarkFullMemory runs a whole 512×512 picture in a process of its own and reports
// the most memory it held: all, and what is not the mapped file.
func BenchmarkFullMemory(b *testing.B) {
	for _, mode := range []string{"default", "half", "low-memory", "half low-memory"} {
		b.Run(mode, func(b *testing.B) {
			path := fullSize(b, map[bool]string{true: "F16", false: "F32"}[strings.HasPrefix(mode, "half")])
			for b.Loop() {
				c := exec.Command(os.Args[0], "-test.run", "^TestFullPictureChild$", "-test.v")
				c.Env = append(os.Environ(), "PENTIMENTO_CHILD="+mode, "PENTIMENTO_CHILD_MODEL="+path)
				out, err := c.CombinedOutput()
				if err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
				for line := range strings.Lines(string(out)) {
					if f := strings.Fields(line); len(f) == 3 && f[0] == "peak" {
						v, _ := strconv.ParseFloat(f[2], 64)
						b.ReportMetric(v/1e9, "GB/"+f[1])
					}
				}
			}
		})
	}
}

// TestFullPictureChild is the process that BenchmarkFullMemory looks at.
func TestFullPictureChild(t *testing.T) {
	mode := os.Getenv("PENTIMENTO_CHILD")
	if mode == "" {
		return // not asked for: the benchmark runs this
	}
	var anon, all int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			a, r := resident()
			anon, all = max(anon, a), max(all, r)
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	p := native(t)
	q := Request{
		Ask:      Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(0, 0, 512, 512)},
		Models:   Models{Model: os.Getenv("PENTIMENTO_CHILD_MODEL")},
		Text:     Text{Prompt: "a photo of a cat"},
		Sampling: Sampling{Width: 512, Height: 512, Steps: 2},
		Where:    Where{Threads: 2, LowMemory: strings.HasSuffix(mode, "low-memory")},
	}
	if _, err := p.Run(context.Background(), q, nil); err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-done
	fmt.Printf("\npeak all %d\npeak anonymous %d\n", all, anon)
}

// resident is what /proc says of this process: anonymous and all memory, in bytes.
func resident() (anon, all int64) {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "RssAnon:":
			anon = n << 10
		case "VmHWM:":
			all = n << 10
		}
	}
	return anon, all
}
