package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// evaluations counts what was asked of the denoiser's graphs.
func evaluations(rt *pipelinetest.Runtime) (whole, shallow int) {
	for _, line := range rt.Log() {
		switch line {
		case "run denoiser":
			whole++
		case "run denoiser, shallow":
			shallow++
		}
	}
	return whole, shallow
}

// drawn is a request for a small new picture.
func drawn(t *testing.T, model string, steps int) Request {
	return Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(0, 0, 64, 64)}, Models: Models{Model: tiny(t, model)},
		Sampling: Sampling{Steps: steps, CFG: 3, Width: 64, Height: 64, Sampler: "Euler", Schedule: "Karras"}}
}

// What a run asks of the network is what its settings say: both halves of guidance within its
// interval, the shallow part in between, nothing where a step is forecast.
func TestEvaluationsOfARun(t *testing.T) {
	for what, c := range map[string]struct {
		change         func(q *Request)
		whole, shallow int
		notice         bool
	}{
		"as the recipe says": {func(*Request) {}, 24, 0, false},
		"guidance up to 3":   {func(q *Request) { q.GuidanceRange[1] = 3 }, 12 + 8, 0, false}, // of its levels 8 are at most 3
		"guidance from 1":    {func(q *Request) { q.GuidanceRange[0] = 1 }, 12 + 6, 0, false},
		"forecast":           {func(q *Request) { q.Forecast = 2 }, 16, 0, false},
		"DeepCache":          {func(q *Request) { q.DeepCache = 3 }, 12, 12, false},
		"both":               {func(q *Request) { q.Forecast, q.DeepCache = 2, 2 }, 12, 4, false},
		"deeper than it is":  {func(q *Request) { q.DeepCache, q.DeepSkip = 2, 60 }, 16, 8, false},
		"faster":             {func(q *Request) { q.Faster = true }, 16, 0, false},
		"too few steps":      {func(q *Request) { q.Faster, q.Steps = true, 5 }, 10, 0, true},
		"adaptive steps":     {func(q *Request) { q.Faster, q.Sampler, q.CFG = true, "DPM adaptive", 1 }, -1, 0, true},
	} {
		p, rt := standIns(t)
		q := drawn(t, "tiny15", 12)
		c.change(&q)
		told := false
		if _, err := p.Run(context.Background(), q, func(p Progress) { told = told || strings.Contains(p.Notice, "faster") }); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if whole, shallow := evaluations(rt); c.whole >= 0 && whole != c.whole || shallow != c.shallow || told != c.notice {
			t.Errorf("%s: %d whole and %d shallow evaluations, told %v; want %d, %d, %v", what, whole, shallow, told, c.whole, c.shallow, c.notice)
		}
	}
}

// Faster is recorded with the numbers it stood for, and a picture made again takes those.
func TestFasterIsRecordedWithItsNumbers(t *testing.T) {
	p, rt := standIns(t)
	q := drawn(t, "tiny15", 12)
	q.Faster = true
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Request.Forecast < 2 {
		t.Fatalf("recorded: %+v", res.Request.Sampling)
	}
	data, err := json.Marshal(res.Replay())
	if err != nil {
		t.Fatal(err)
	}
	data = []byte(strings.Replace(string(data), `"forecast":2`, `"forecast":3`, 1)) // as if Faster had meant that
	back, err := ReadReplay(data)
	if err != nil {
		t.Fatal(err)
	}
	again := back.Request
	again.Model = q.Model
	before, _ := evaluations(rt)
	if res, err = p.Run(context.Background(), again, nil); err != nil {
		t.Fatal(err)
	}
	if after, _ := evaluations(rt); after-before != 14 || res.Request.Forecast != 3 { // WWWWFFWFFFFW of both halves
		t.Errorf("%d evaluations, forecast %g; want 14 and the record's 3", after-before, res.Request.Forecast)
	}
}

// Whatever makes a run faster, nothing outside the mask changes, and every task, pass, batch and
// way of holding the picture goes through.
func TestFasterRunsKeepTheRest(t *testing.T) {
	img := noisePicture(160, 120)
	mask := disc(img.Rect, image.Pt(90, 70), 22)
	for _, name := range []string{"tiny15", "tiny15-inpaint", "tinyxl"} {
		if testing.Short() && name == "tinyxl" {
			continue
		}
		for what, change := range map[string]func(q *Request){
			"inpaint": func(q *Request) {}, "strength 0.7": func(q *Request) { q.Strength = 0.7 }, "soft": func(q *Request) { q.Blend = BlendSoft },
			"both": func(q *Request) { q.Blend = BlendBoth }, "outpaint": func(q *Request) { q.Task = Outpaint }, "tiles": func(q *Request) { q.TileX = true },
			"batch": func(q *Request) { q.Batch, q.BatchSize = 3, 2 }, "hires": func(q *Request) { q.Hires = &Hires{Steps: 8} }, "noise": func(q *Request) { q.Sampler = "Euler a" },
		} {
			p, rt := standIns(t)
			rt.At = "cpu"
			q := drawn(t, name, 9)
			q.Task, q.Image, q.Mask, q.Frame, q.CFG = Inpaint, img, mask, image.Rectangle{}, 2
			q.Infill, q.Forecast, q.DeepCache = InfillEdge, 2, 2
			change(&q)
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			for _, made := range res.Images {
				sameWhere(t, name+", "+what, img, made, res.Mask)
			}
			if _, shallow := evaluations(rt); shallow == 0 {
				t.Errorf("%s, %s: no shallow evaluation", name, what)
			}
		}
	}
}

// A run that was cancelled leaves nothing that the next one would take for its own.
func TestAFasterRunCanBeCancelled(t *testing.T) {
	p, _ := standIns(t)
	q := drawn(t, "tiny15", 12)
	q.Forecast, q.DeepCache = 2, 2
	want, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"step 2 ", "step 6 ", "step 9 "} {
		ctx, stop := context.WithCancel(context.Background())
		_, err := p.Run(ctx, q, func(p Progress) {
			if strings.HasPrefix(p.Stage, at) {
				stop()
			}
		})
		stop()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at %s: %v", at, err)
		}
	}
	got, err := p.Run(context.Background(), q, nil)
	if err != nil || !slices.Equal(got.Image.Pix, want.Image.Pix) {
		t.Errorf("the next run gives another picture (%v)", err)
	}
}
