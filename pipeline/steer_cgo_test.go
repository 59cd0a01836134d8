//go:build cgo

package pipeline

import (
	"context"
	"encoding/json"
	"image"
	"math"
	"os"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// steeringCase is a row of testdata/guidance.json, written by other programs.
type steeringCase struct {
	Case             string
	Shape            []int `json:"x_shape"`
	Sigma, CFG       float64
	Method           string
	Multiplier       float64
	Scale, Threshold float64
	Blur             float64 `json:"blur_sigma"`
	B1, B2, S1, S2   float64
	Block            int
	Factor, Strength float64
	AfterSkip        bool `json:"after_skip"`
	Down, Up         string
}

func (c steeringCase) request(t *testing.T, model string) Request {
	q := Request{Ask: Ask{Engine: Diffusion}, Models: Models{Model: tiny(t, model)}, Sampling: Sampling{CFG: c.CFG}}
	switch c.Method {
	case "":
	case "rescale_v":
		q.Rescale = c.Multiplier
	case "pag":
		q.Perturbed = c.Scale
	case "sag":
		q.Self = &SelfFields{c.Scale, c.Blur, c.Threshold}
	case "freeu", "freeu_v2":
		q.FreeU = &FreeUFields{map[string]int{"freeu": 1, "freeu_v2": 2}[c.Method], c.B1, c.B2, c.S1, c.S2}
	case "deep_shrink":
		q.Shrink = &ShrinkFields{By: c.Factor, Block: c.Block, To: 1, AfterSkip: c.AfterSkip, Down: c.Down, Up: c.Up}
	case "cfg_zero_star":
		q.ZeroStar = true
	case "cfg_norm":
		q.Norm = c.Strength
	default:
		t.Fatalf("method %q", c.Method)
	}
	return q
}

func (c steeringCase) inputs(width int) (x, positive, negative *tensor.Tensor) {
	x = tensor.Scale(float32(math.Sqrt(c.Sigma*c.Sigma+1)), pipelinetest.UnitNoise(c.Case+".x", c.Shape...))
	return x, pipelinetest.UnitNoise(c.Case+".positive", 1, 77, width), pipelinetest.UnitNoise(c.Case+".negative", 1, 77, width)
}

func steeringCases(t *testing.T) []steeringCase {
	raw, err := os.ReadFile("testdata/guidance.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []steeringCase }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list.Cases
}

// One step with each kind of guidance gives what ComfyUI's nodes give.
func TestSteeringAgreesWithTheOriginals(t *testing.T) {
	want, err := pipelinetest.ReadSafetensors("testdata/guidance.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	p := native(t)
	for _, c := range steeringCases(t) {
		x, positive, negative := c.inputs(128)
		got, err := p.Guide(context.Background(), c.request(t, "tiny15"), c.Sigma, x, positive, negative)
		if err != nil {
			t.Errorf("%s: %v", c.Case, err)
			continue
		}
		if e := pipelinetest.Relative(got.Data, want[c.Case+".denoised"].Data); e > 2e-5 {
			t.Errorf("%s: off by %.2g", c.Case, e)
		}
	}
}

// A network that was opened for something gives at neutral numbers, bit for bit, what the network
// of the file gives; at others it does not. Odd sizes, several latents and parts go, too.
func TestNeutralSteeringChangesNoBit(t *testing.T) {
	for _, model := range []string{"tiny15", "tiny21"} {
		if testing.Short() && model != "tiny15" {
			continue
		}
		width := map[string]int{"tiny15": 128, "tiny21": 192}[model]
		for _, memory := range []float64{0, 0.004} { // GB: the lesser opens the network in parts
			if testing.Short() && memory > 0 {
				continue
			}
			p := native(t)
			c := steeringCase{Case: "neutral", Shape: []int{2, 4, 11, 14}, Sigma: 6, CFG: 4}
			x, positive, negative := c.inputs(width)
			guide := func(change func(q *Request)) []float32 {
				q := c.request(t, model)
				q.Memory = memory
				change(&q)
				out, err := p.Guide(context.Background(), q, c.Sigma, x, positive, negative)
				if err != nil {
					t.Fatalf("%s with %g GB: %v", model, memory, err)
				}
				return out.Data
			}
			plain := guide(func(*Request) {})
			for what, by := range map[string]struct{ neutral, other func(q *Request) }{
				"PAG":           {func(q *Request) { q.Perturbed = 1e-30 }, func(q *Request) { q.Perturbed = 2 }},
				"PAG elsewhere": {func(q *Request) { q.Perturbed, q.PerturbedAt = 1e-30, "d0,u0-1" }, func(q *Request) { q.Perturbed, q.PerturbedAt = 2, "d0,u0-1" }},
				"SAG":           {func(q *Request) { q.Self = &SelfFields{1e-30, 2, 1} }, func(q *Request) { q.Self = &SelfFields{1, 2, 1} }},
				"FreeU":         {func(q *Request) { q.FreeU = &FreeUFields{1, 1 + 1e-12, 1, 1, 1} }, func(q *Request) { q.FreeU = &FreeUFields{1, 1.2, 1.2, 0.9, 0.5} }},
				"FreeU 2":       {func(q *Request) { q.FreeU = &FreeUFields{2, 1 + 1e-12, 1, 1, 1} }, func(q *Request) { q.FreeU = &FreeUFields{2, 1.2, 1.2, 0.9, 0.5} }},
				"shrink": {func(q *Request) { q.Shrink = &ShrinkFields{2, 3, 0.9, 1, true, "bicubic", "bilinear"} },
					func(q *Request) { q.Shrink = &ShrinkFields{2, 3, 0, 1, true, "bicubic", "bilinear"} }},
				"shrink by area and arcs": {func(q *Request) { q.Shrink = &ShrinkFields{2, 2, 0.9, 1, false, "area", "bislerp"} },
					func(q *Request) { q.Shrink = &ShrinkFields{1.5, 2, 0, 1, false, "bislerp", "area"} }},
			} {
				if !slices.Equal(guide(by.neutral), plain) {
					t.Errorf("%s, %g GB: %s changes something at neutral numbers", model, memory, what)
				}
				if slices.Equal(guide(by.other), plain) {
					t.Errorf("%s, %g GB: %s changes nothing", model, memory, what)
				}
			}
		}
	}
}

// Whatever guides a run, nothing outside the mask changes, and every family, task, batch and way to
// make it faster goes through, each to another picture than the plain one.
func TestSteeredRunsKeepTheRest(t *testing.T) {
	img := noisePicture(96, 64)
	mask := disc(img.Rect, image.Pt(60, 30), 16)
	all := func(q *Request) {
		q.ZeroStar, q.Norm, q.Rescale, q.RescaleIn, q.Perturbed = true, 1, 0.5, "noise", 2
		q.Self, q.FreeU = &SelfFields{0.5, 2, 1}, &FreeUFields{2, 1.2, 1.3, 0.9, 0.4}
		q.Shrink, q.Threshold = &ShrinkFields{2, 2, 0, 0.5, true, "bicubic", "bicubic"}, &Threshold{true, usualThreshold.Thresholding}
	}
	for _, name := range []string{"tiny15", "tiny15-inpaint", "tinyxl"} {
		if testing.Short() && name == "tinyxl" {
			continue
		}
		p := native(t)
		run := func(what string, change func(q *Request)) []*image.NRGBA {
			q := drawn(t, name, 6)
			q.Task, q.Image, q.Mask, q.Frame = Inpaint, img, mask, image.Rectangle{}
			q.Infill, q.Prompt = InfillEdge, "a AND b :0.5"
			change(&q)
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			for _, made := range res.Images {
				sameWhere(t, name+", "+what, img, made, res.Mask)
			}
			return res.Images
		}
		plain := run("plain", func(*Request) {})
		one := run("all", all)
		if slices.Equal(plain[0].Pix, one[0].Pix) {
			t.Errorf("%s: the same picture with all guidance as without", name)
		}
		two := run("two at once", func(q *Request) { all(q); q.Batch, q.BatchSize = 2, 2 })
		if len(two) != 2 || !near(one[0].Pix, two[0].Pix, 2) {
			t.Errorf("%s: a picture of two is another than by itself", name)
		}
		if testing.Short() && name != "tiny15" {
			continue
		}
		run("low memory", func(q *Request) { all(q); q.LowMemory = true })
		run("PAG in the shallow part alone", func(q *Request) { all(q); q.Self, q.DeepCache, q.PerturbedAt = nil, 2, "d0" })
		run("DeepCache", func(q *Request) { all(q); q.Self = nil; q.DeepCache = 2 })
		run("DeepCache above the shrink", func(q *Request) { all(q); q.Self, q.DeepCache, q.DeepSkip = nil, 2, 3 })
		run("Faster", func(q *Request) { all(q); q.Self, q.Faster = nil, true })
	}
}

// near says whether no byte differs by more than so much.
func near(a, b []byte, most int) bool {
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > most || -d > most {
			return false
		}
	}
	return len(a) == len(b)
}
