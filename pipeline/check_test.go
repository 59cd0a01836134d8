package pipeline

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/pixels"
)

// poor is a runtime on a machine with little memory.
type poor struct{ pipelinetest.Runtime }

func (*poor) FreeMemory() uint64 { return 1 << 20 }

func TestCheckNamesEveryReason(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "notes.safetensors")
	if err := os.WriteFile(other, []byte("this is no checkpoint"), 0o600); err != nil {
		t.Fatal(err)
	}
	img := slope(image.Rect(0, 0, 512, 512))
	mask := disc(img.Rect, image.Pt(200, 200), 60)
	good := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint, Image: img, Mask: mask, Frame: img.Rect}, Models: Models{Model: tiny(t, "tiny15")}, Text: Text{Prompt: "a cat"}, Sampling: Sampling{Strength: 1}}
	p := New(&pipelinetest.Runtime{})
	if got := p.Check(good); len(got) > 0 {
		t.Fatalf("a sound request: %+v", got)
	}
	generate := func(q *Request) { q.Task, q.Image, q.Mask = Generate, nil, nil }
	for _, c := range []struct {
		name, kind string
		blocks     bool
		spoil      func(*Request)
	}{
		{"unknown engine", "engine", true, func(q *Request) { q.Engine = "dream" }},
		{"no model", "model", true, func(q *Request) { q.Model = "" }},
		{"model gone", "model", true, func(q *Request) { q.Model += ".not" }},
		{"wrong kind of file", "model", true, func(q *Request) { q.Model = other }},
		{"VAE gone", "vae", true, func(q *Request) { q.VAE = filepath.Join(dir, "none") }},
		{"unknown sampler", "sampler", true, func(q *Request) { q.Sampler = "abacus" }},
		{"unknown schedule", "schedule", true, func(q *Request) { q.Schedule = "monday" }},
		{"unknown generator", "rng", true, func(q *Request) { q.RNG = "dice" }},
		{"unknown task", "task", true, func(q *Request) { q.Task = "dance" }},
		{"unknown blend", "blend", true, func(q *Request) { q.Blend = "shake" }},
		{"unknown infill", "infill", true, func(q *Request) { q.Infill = "sand" }},
		{"strength 0", "strength", true, func(q *Request) { q.Strength = 0 }},
		{"strength of hardly a step", "strength", false, func(q *Request) { q.Strength = 0.05 }},
		{"strength 2", "numbers", true, func(q *Request) { q.Strength = 2 }},
		{"steps -1", "numbers", true, func(q *Request) { q.Steps = -1 }},
		{"hires scale", "numbers", true, func(q *Request) { q.Hires = &Hires{Scale: 0.5} }},
		{"few steps", "steps", false, func(q *Request) { q.Steps = 3 }},
		{"negative at cfg 1", "guidance", false, func(q *Request) { q.CFG, q.Negative = 1, "blurry" }},
		{"cfg 40", "guidance", false, func(q *Request) { q.CFG = 40 }},
		{"frame too small", "frame", false, func(q *Request) { q.Frame = image.Rect(0, 0, 20, 200) }},
		{"no picture", "picture", true, func(q *Request) { q.Image = nil }},
		{"empty mask", "mask", true, func(q *Request) { q.Mask = image.NewAlpha(img.Rect) }},
		{"mask of another size", "mask", true, func(q *Request) { q.Mask = disc(image.Rect(0, 0, 80, 80), image.Pt(40, 40), 9) }},
		{"everything masked", "mask", false, func(q *Request) { q.Mask = pixels.Full(img.Rect) }},
		{"empty prompt", "prompt", false, func(q *Request) { generate(q); q.Prompt = " " }},
		{"inpainting model without a mask", "model", false, func(q *Request) { generate(q); q.Model = tiny(t, "tiny15-inpaint") }},
		{"tiny size", "size", false, func(q *Request) { generate(q); q.Width, q.Height = 128, 128 }},
		{"huge size", "size", false, func(q *Request) { generate(q); q.Width, q.Height = 1536, 1536 }},
		{"content without a mask", "picture", true, func(q *Request) { q.Engine, q.Mask = Content, nil }},
		{"content with an empty mask", "mask", true, func(q *Request) { q.Engine, q.Mask = Content, image.NewAlpha(img.Rect) }},
		{"content without a source", "mask", true, func(q *Request) { q.Engine, q.Mask = Content, pixels.Full(img.Rect) }},
		{"content with too little source", "mask", true, func(q *Request) {
			q.Engine, q.Mask = Content, pixels.CropMask(pixels.Full(image.Rect(0, 0, 400, 512)), img.Rect)
		}},
	} {
		q := good
		c.spoil(&q)
		got := p.Check(q)
		if !slices.ContainsFunc(got, func(p Problem) bool {
			return p.Kind == c.kind && p.Blocks == c.blocks && p.Text != "" && p.Advice != ""
		}) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if blocked := slices.ContainsFunc(got, func(p Problem) bool { return p.Blocks }); blocked != c.blocks {
			t.Errorf("%s: blocked %v by %+v", c.name, blocked, got)
		}
	}
	if got := New(nil).Check(good); len(got) != 1 || got[0].Kind != "runtime" {
		t.Errorf("without a runtime: %+v", got)
	}
	if got := New(&poor{}).Check(good); len(got) != 1 || got[0].Kind != "memory" || got[0].Blocks {
		t.Errorf("with little memory: %+v", got)
	}
	// a plan stands for pictures that are still to be flattened
	q := good
	q.Image, q.Mask, q.Plan = nil, nil, &Plan{}
	if got := p.Check(q); len(got) > 0 {
		t.Errorf("planned: %+v", got)
	}
}
