package pipeline

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
)

// standIn is a set of networks that know nothing: the text is zeros, the denoiser
// predicts no noise, the autoencoder repeats the first three channels, eight by eight.
func standIn(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	out, err := pipelinetest.Zeros(ctx, g, in)
	if err != nil {
		return nil, err
	}
	if z := in["z"]; z != nil {
		t := out["image"]
		w, h := t.Shape[3], t.Shape[2]
		for c := range 3 {
			for y := range h {
				for x := range w {
					t.Data[(c*h+y)*w+x] = z.Data[(c*h/8+y/8)*w/8+x/8] / 8
				}
			}
		}
	}
	return out, nil
}

// standIns is a pipeline on such networks.
func standIns(t testing.TB) (*Pipeline, *pipelinetest.Runtime) {
	rt := &pipelinetest.Runtime{Eval: standIn}
	p := New(rt)
	p.SetVAEMemory(-1) // a stand-in knows whole networks only
	p.SetMerges(merges(t))
	return p, rt
}

func noisePicture(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*i>>3 + i)
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

func disc(r image.Rectangle, c image.Point, radius int) *image.Alpha {
	m := image.NewAlpha(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if d := math.Hypot(float64(x-c.X), float64(y-c.Y)); d < float64(radius) {
				m.Pix[m.PixOffset(x, y)] = 255
			} else if d < float64(radius+3) {
				m.Pix[m.PixOffset(x, y)] = 90
			}
		}
	}
	return m
}

func TestNothingOutsideTheMaskChanges(t *testing.T) {
	names := []string{"tiny15", "tiny15-inpaint", "tinyxl"}
	if testing.Short() {
		names = names[1:2]
	}
	for _, name := range names {
		for _, q := range []Request{
			{Ask: Ask{Task: Inpaint}, Sampling: Sampling{Strength: 1}, Keep: Keep{Inside: true}}, {Ask: Ask{Task: Inpaint}, Sampling: Sampling{Strength: 0.4}, Keep: Keep{Inside: true, Feather: 5}}, {Ask: Ask{Task: Outpaint}},
			{Ask: Ask{Task: Inpaint}, Sampling: Sampling{Width: 64, Height: 72, Sampler: "euler a"}, Keep: Keep{Blend: BlendBoth}}, {Sampling: Sampling{Strength: 0.6}},
			{Ask: Ask{Task: Inpaint}, Sampling: Sampling{Strength: 0.5, Sampler: "LCM"}, Keep: Keep{Blend: BlendSoft}}, {Ask: Ask{Task: Inpaint}, Keep: Keep{Infill: InfillNoise, Fade: &Fade{}, Poisson: true}},
			{Ask: Ask{Task: Inpaint}, Keep: Keep{Area: &Area{Method: region.OnlyMasked, Padding: 8, Blur: 3}}}, {Ask: Ask{Task: Inpaint}, Keep: Keep{Area: &Area{Method: region.WholePicture, Blur: 4}}},
		} {
			p, _ := standIns(t)
			if name != "tiny15" && q.Area == nil && q.Width == 0 {
				q.Area, q.Width, q.Height = &Area{Method: region.Auto}, 96, 80
			}
			img := noisePicture(110, 91)
			img.Rect = img.Rect.Add(image.Pt(-40, 7))
			for i := range 900 { // hidden colours of blank pixels must survive too
				img.Pix[4*i+3] = 0
			}
			before := bytes.Clone(img.Pix)
			q.Engine, q.Model, q.Steps, q.Image = Diffusion, tiny(t, name), 2, img
			q.Mask = disc(img.Rect, image.Pt(10, 50), 25)
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatalf("%s, %+v: %v", name, q, err)
			}
			if res.Image.Rect != img.Rect || res.Mask.Rect != img.Rect {
				t.Fatalf("%s: result covers %v, want %v", name, res.Image.Rect, img.Rect)
			}
			changed := 0
			for i, m := range res.Mask.Pix {
				same := bytes.Equal(res.Image.Pix[4*i:4*i+4], before[4*i:4*i+4])
				if m == 0 && !same {
					t.Fatalf("%s %s: pixel %d changed outside the composite mask", name, q.Task, i)
				}
				if q.Inside && m > q.Mask.Pix[i] {
					t.Fatalf("%s %s: the composite mask is %d where %d was selected", name, q.Task, m, q.Mask.Pix[i])
				}
				if !same {
					changed++
				}
			}
			if changed < 1000 && q.Blend != BlendSoft {
				t.Errorf("%s %s: only %d pixels changed", name, q.Task, changed)
			}
			if !bytes.Equal(img.Pix, before) {
				t.Errorf("%s %s: the picture of the request was written", name, q.Task)
			}
		}
	}
}

func TestEqualRequestsGiveEqualPictures(t *testing.T) {
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 64, Height: 72, Steps: 3, Seed: 5, Batch: 3, Sampler: "dpmpp_2m_sde"}}
	var runs [2]*Result
	for i := range runs {
		p, _ := standIns(t)
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		runs[i] = res
	}
	if runs[0].Image.Rect.Size() != image.Pt(64, 72) || len(runs[0].Images) != 3 {
		t.Fatalf("%d pictures of %v", len(runs[0].Images), runs[0].Image.Rect)
	}
	for i := range 3 {
		if !bytes.Equal(runs[0].Images[i].Pix, runs[1].Images[i].Pix) {
			t.Errorf("picture %d differs between two equal runs", i)
		}
	}
	q.Seed, q.Batch = 7, 1
	p, _ := standIns(t)
	alone, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(runs[0].Seeds, []int64{5, 6, 7}) || !bytes.Equal(alone.Image.Pix, runs[0].Images[2].Pix) {
		t.Errorf("picture of seed 7 alone differs from the third of a batch from 5 (seeds %v)", runs[0].Seeds)
	}
}

func TestLowMemoryHoldsOneNetworkAtATime(t *testing.T) {
	for _, low := range []bool{true, false} {
		p, rt := standIns(t)
		q := Request{Ask: Ask{Engine: Diffusion, Task: Refine, Image: noisePicture(64, 64)}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 64, Height: 64, Steps: 2}, Where: Where{LowMemory: low}}
		if _, err := p.Run(context.Background(), q, nil); err != nil {
			t.Fatal(err)
		}
		now, most := rt.Sessions()
		if low && most != 1 || !low && (now != 4 || most != 4) {
			t.Errorf("low memory %v: %d networks open at once, %d at the end: %v", low, most, now, rt.Log())
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if now, _ := rt.Sessions(); now != 0 {
			t.Errorf("%d networks open after Close", now)
		}
	}
}

// TestNetworksOfALargeModelLeaveForOneAnother: on the processor, where fp16 weights are widened
// into memory of their own, and not on a device that computes with them as they are.
func TestNetworksOfALargeModelLeaveForOneAnother(t *testing.T) {
	was := widenedFrom
	widenedFrom = 0
	defer func() { widenedFrom = was }()
	half := pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F16")
	for _, c := range []struct {
		model, at string
		task      Task
		most      int
	}{{half, "cpu", Refine, 1}, {half, "cpu", Generate, 2}, {half, "cuda", Refine, 4}, {tiny(t, "tiny15"), "cpu", Refine, 4}} {
		p, rt := standIns(t)
		rt.At = c.at
		q := Request{Ask: Ask{Engine: Diffusion, Task: c.task, Image: noisePicture(64, 64)}, Models: Models{Model: c.model}, Sampling: Sampling{Width: 64, Height: 64, Steps: 2}}
		for range 2 {
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			if res.Device != c.at {
				t.Errorf("%s on %s: the result says it ran on %q", c.task, c.at, res.Device)
			}
		}
		if _, most := rt.Sessions(); most != c.most {
			t.Errorf("%s of %s on %s: %d networks open at once, want %d: %v", c.task, filepath.Base(c.model), c.at, most, c.most, rt.Log())
		}
	}
}

func TestOneModelStaysWarmAndABudgetKeepsMore(t *testing.T) {
	p, rt := standIns(t)
	run := func(name string) {
		t.Helper()
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, name)}, Sampling: Sampling{Width: 64, Height: 64, Steps: 1}}
		if _, err := p.Run(context.Background(), q, nil); err != nil {
			t.Fatal(err)
		}
	}
	opened := func() int {
		n := 0
		for _, l := range rt.Log() {
			if strings.HasPrefix(l, "open ") {
				n++
			}
		}
		return n
	}
	run("tiny15")
	first := opened()
	run("tiny15")
	if opened() != first {
		t.Errorf("the second run opened networks again: %v", rt.Log())
	}
	run("tiny21")
	if now, _ := rt.Sessions(); now != 3 {
		t.Errorf("%d networks open after a change of model, want the new one's 3", now)
	}
	p.SetBudget(1 << 30)
	run("tiny15")
	count := opened()
	run("tiny21")
	run("tiny15")
	if now, _ := rt.Sessions(); opened() != count || now != 6 {
		t.Errorf("within the budget: %d networks open, %d opened anew", now, opened()-count)
	}
	p.SetBudget(0)
	if now, _ := rt.Sessions(); now != 3 {
		t.Errorf("%d networks open without a budget, want 3", now)
	}
}

func TestNaNStopsTheRunWithStepAndCause(t *testing.T) {
	p, rt := standIns(t)
	evals := 0
	rt.Eval = func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		out, err := standIn(ctx, g, in)
		if in["x"] != nil {
			if evals++; evals == 4 {
				out["out"].Data[17] = float32(math.NaN())
			}
		}
		return out, err
	}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 64, Height: 64, Steps: 5, CFG: 1, Sampler: "euler"}}
	_, err := p.Run(context.Background(), q, nil)
	var h interface{ Hint() string }
	if err == nil || !strings.Contains(err.Error(), "step 4 of 5") || !errors.As(err, &h) || h.Hint() == "" {
		t.Errorf("error %v, want one with the step and a hint", err)
	}
}

func TestCancelEndsARunAndTheNextOneWorks(t *testing.T) {
	p, rt := standIns(t)
	ctx, cancel := context.WithCancel(context.Background())
	rt.Eval = func(c context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		if in["x"] != nil && c == ctx {
			cancel()
			<-c.Done()
			return nil, c.Err()
		}
		return standIn(c, g, in)
	}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 64, Height: 64, Steps: 50}}
	if _, err := p.Run(ctx, q, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want %v", err, context.Canceled)
	}
	if _, err := p.Run(context.Background(), q, nil); err != nil {
		t.Errorf("the run after a cancelled one: %v", err)
	}
}

func TestWaitingForATurnEndsWithItsContext(t *testing.T) {
	p, _ := standIns(t)
	p.turn <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := p.Run(ctx, Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestProgressNeverFallsAndShowsPreviews(t *testing.T) {
	p, _ := standIns(t)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(-64, 0, 64, 64)}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 128, Height: 64, Steps: 4, Batch: 2}}
	last, previews := -1.0, 0
	_, err := p.Run(context.Background(), q, func(g Progress) {
		if g.Fraction < last || g.Fraction > 1 {
			t.Errorf("fraction %g after %g (%s)", g.Fraction, last, g.Stage)
		}
		last = g.Fraction
		if g.Preview != nil {
			previews++
			if g.Preview.Rect != q.Frame {
				t.Errorf("preview covers %v, want %v", g.Preview.Rect, q.Frame)
			}
		}
	})
	if err != nil || last != 1 || previews == 0 {
		t.Errorf("error %v, last fraction %g, %d previews", err, last, previews)
	}
}

func TestRequestsThatCannotBeMeantAreRefused(t *testing.T) {
	good := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 64, Height: 64, Steps: 1}}
	for name, spoil := range map[string]func(*Request){
		"no model":        func(q *Request) { q.Model = "" },
		"missing file":    func(q *Request) { q.Model += ".not" },
		"unknown task":    func(q *Request) { q.Task = "dance" },
		"unknown sampler": func(q *Request) { q.Sampler = "abacus" },
		"unknown rng":     func(q *Request) { q.RNG = "dice" },
		"negative steps":  func(q *Request) { q.Steps = -1 },
		"strength of 2":   func(q *Request) { q.Strength = 2 },
		"one side":        func(q *Request) { q.Height = 0 },
		"empty mask": func(q *Request) {
			q.Task, q.Image, q.Mask = Inpaint, noisePicture(64, 64), image.NewAlpha(image.Rect(0, 0, 64, 64))
		},
		"no picture": func(q *Request) { q.Task = Inpaint },
	} {
		p, _ := standIns(t)
		q := good
		spoil(&q)
		if _, err := p.Run(context.Background(), q, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(nil).Run(context.Background(), good, nil); err == nil {
		t.Error("a pipeline without a runtime ran a network")
	}
}

// BenchmarkStepOverhead measures our own work in one step at 512×512 with guidance: all
// but the networks' time.
func BenchmarkStepOverhead(b *testing.B) {
	p, _ := standIns(b)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(b, "tiny15")}, Sampling: Sampling{Width: 512, Height: 512, Steps: 20}}
	var seconds []float64
	for b.Loop() {
		res, err := p.Run(context.Background(), q, func(Progress) {})
		if err != nil {
			b.Fatal(err)
		}
		seconds = append(seconds, res.Steps...)
	}
	slices.Sort(seconds)
	b.ReportMetric(1000*seconds[len(seconds)/2], "ms/step")
	b.ReportMetric(1000*seconds[len(seconds)*99/100], "ms/step-p99")
}

// TestAGradedMaskChangesByDegrees: a mask that says how much may change is followed by both kinds
// of network without a setting: what may change a little begins late, as the picture is, and is
// laid back whole; where it is 0 every bit stays. A soft edge alone is no such mask.
func TestAGradedMaskChangesByDegrees(t *testing.T) {
	img := noisePicture(240, 120)
	mask := image.NewAlpha(img.Rect)
	for i, v := range []uint8{64, 128, 255} {
		pixels.Fill(mask, image.Rect(20+64*i, 20, 84+64*i, 100), v)
	}
	if soft := disc(img.Rect, image.Pt(60, 60), 30); region.Graded(soft) || !region.Graded(mask) {
		t.Fatal("a soft edge is taken for degrees, or degrees for an edge")
	}
	for _, name := range []string{"tiny15", "tiny15-inpaint"} {
		p, _ := standIns(t)
		res, err := p.Run(t.Context(), Request{
			Ask:      Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: mask},
			Models:   Models{Model: tiny(t, name)},
			Sampling: Sampling{Steps: 12, CFG: 1, Sampler: "Euler", Strength: 1, Seed: 3, Width: 240, Height: 120},
			Keep:     Keep{Inside: true},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		sameWhere(t, name, img, res.Image, mask)
		var spread [3]float64 // of the noise that is left, about the grey of an empty latent
		for i := range spread {
			for y := 28; y < 92; y++ {
				for x := 28 + 64*i; x < 76+64*i; x++ {
					spread[i] += math.Abs(float64(res.Image.NRGBAAt(x, y).G)-127.5) / (64 * 48)
					if res.Mask.AlphaAt(x, y).A != 255 {
						t.Fatalf("%s: %d,%d is laid back by %d", name, x, y, res.Mask.AlphaAt(x, y).A)
					}
				}
			}
		}
		if !(spread[0] < 0.8*spread[1] && spread[1] < 0.8*spread[2] && spread[0] > 0) {
			t.Errorf("%s: a quarter, half and all may change, and change by %.1f", name, spread)
		}
	}
}
