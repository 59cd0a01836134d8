//go:build cgo

package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// golden is one whole run of testdata/pipelines.json.
type golden struct {
	Case        string
	Sampler     string
	Schedule    string
	Sigmas      []float64
	LatentShape []int `json:"latent_shape"`
	Seed        int64
	CFG         float64
	Timesteps   string `json:"timestep_mode"`
	Prompt      string
	Negative    string
	ClipSkip    int `json:"clip_skip"`
	Steps       int
	Denoise     float64
}

func goldens(t *testing.T) ([]golden, map[string]*tensor.Tensor) {
	t.Helper()
	raw, err := os.ReadFile("testdata/pipelines.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []golden }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/pipelines.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return list.Cases, want
}

// native is a pipeline on the real runtime, on the processor.
func native(t testing.TB) *Pipeline {
	t.Helper()
	p := New(ort.New(ort.Config{Device: "cpu"}))
	p.SetMerges(merges(t))
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func (g golden) model() string {
	switch {
	case strings.HasPrefix(g.Case, "inpaint9"):
		return "tiny15-inpaint"
	case strings.HasPrefix(g.Case, "txt2img_v"):
		return "tiny21"
	case strings.HasPrefix(g.Case, "txt2img_xl"):
		return "tinyxl"
	}
	return "tiny15"
}

func (g golden) request(t *testing.T, model string) Request {
	t.Helper()
	q := Request{
		Ask:      Ask{Engine: Diffusion, Task: Generate},
		Models:   Models{Model: model},
		Text:     Text{Prompt: g.Prompt, Negative: g.Negative, ClipSkip: g.ClipSkip},
		Sampling: Sampling{Seed: g.Seed, CFG: g.CFG, Sampler: g.Sampler, Schedule: g.Schedule, Steps: g.Steps, WholeTimesteps: g.Timesteps == "nearest", Strength: g.Denoise},
	}
	if q.Steps == 0 {
		q.Steps = len(g.Sigmas) - 1
	}
	if q.Schedule == "" {
		q.Schedule = "karras"
	}
	q.Blend = BlendDenoised
	if strings.Contains(g.Case, "blend_both") {
		q.Blend = BlendBoth
	}
	return q
}

func (g golden) work(want map[string]*tensor.Tensor) work {
	w := work{size: image.Pt(8*g.LatentShape[3], 8*g.LatentShape[2]), strength: 1}
	if g.Denoise > 0 {
		w.strength, w.picture = g.Denoise, want["img2img.input"]
	}
	if strings.HasPrefix(g.Case, "inpaint") {
		w.picture, w.hide = want["img2img.input"], want["inpaint.mask"]
		w.paint = tensor.New(1, 1, g.LatentShape[2], g.LatentShape[3])
		for y := range w.paint.Shape[2] {
			for x := range w.paint.Shape[3] {
				w.paint.Data[y*w.paint.Shape[3]+x] = w.hide.Data[8*y*w.size.X+8*x]
			}
		}
	}
	return w
}

func TestWholeRunsAgreeWithTheReference(t *testing.T) {
	cases, want := goldens(t)
	p := native(t)
	for _, g := range cases {
		t.Run(g.Case, func(t *testing.T) {
			err := p.stage(context.Background(), g.request(t, tiny(t, g.model())), func(r *run) error {
				ctx := context.Background()
				prompts, err := r.readPrompts(ctx)
				if err != nil {
					return err
				}
				var before []float64
				r.trace = func(name string, x *tensor.Tensor) { before = append(before, x.RMS()) }
				latent, err := r.sample(ctx, g.work(want), prompts, 0)
				if err != nil {
					return err
				}
				if e := pipelinetest.Relative(latent.Data, want[g.Case+".latent"].Data); !(e <= 1e-4) {
					t.Errorf("latent is off by %.2g, want at most 1e-4", e)
				}
				if len(before) != len(g.Sigmas) { // one a step, and the end
					t.Errorf("%d latents traced, want %d", len(before), len(g.Sigmas))
				}
				picture := want[g.Case+".image"]
				if picture == nil {
					return nil
				}
				got, err := r.decode(ctx, latent)
				if err != nil {
					return err
				}
				if e := pipelinetest.Relative(got.Data, picture.Data); !(e <= 1e-4) {
					t.Errorf("picture is off by %.2g, want at most 1e-4", e)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestXLTextAgreesWithTheReference(t *testing.T) {
	_, want := goldens(t)
	text, pooled, err := native(t).EncodeText(context.Background(), Request{Models: Models{Model: tiny(t, "tinyxl")}, Text: Text{Prompt: "a photo of a cat"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]*tensor.Tensor{"txt2img_xl.context": text, "txt2img_xl.pooled": pooled} {
		if e := pipelinetest.Relative(got.Data, want[name].Data); !(e <= 1e-5) {
			t.Errorf("%s is off by %.2g", name, e)
		}
	}
}

func TestModelCutDuringAJobEndsTheJobNotTheProgram(t *testing.T) {
	data, err := os.ReadFile(tiny(t, "tiny15"))
	if err != nil {
		t.Fatal(err)
	}
	p := native(t)
	path := filepath.Join(t.TempDir(), "m.safetensors")
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: path}, Sampling: Sampling{Width: 64, Height: 64, Steps: 30, Sampler: "euler"}}
	for _, at := range []string{"step.0", "step.7", "latent"} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := p.RunTraced(context.Background(), q, nil, func(name string, _ *tensor.Tensor) {
			if name == at {
				if err := os.Truncate(path, int64(len(data)/3)); err != nil {
					t.Error(err)
				}
			}
		})
		var h interface{ Hint() string }
		if err == nil || !strings.Contains(err.Error(), "changed") || !errors.As(err, &h) || h.Hint() == "" {
			t.Errorf("cut at %s: error %v, want one with a hint that says that the file changed", at, err)
		}
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(context.Background(), q, nil); err != nil {
		t.Errorf("the file is whole again, and the run fails: %v", err)
	}
}

func TestAllFilesOfAModelGiveTheSamePicture(t *testing.T) {
	single := tiny(t, "tiny15")
	folder := pipelinetest.Tiny(t, "tiny15").Write(t, "folder", "F32")
	half := pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F16")
	latents := map[string]*tensor.Tensor{}
	p := native(t)
	for name, path := range map[string]string{"single": single, "folder": folder, "half": half} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: path}, Sampling: Sampling{Width: 64, Height: 64, Steps: 4}, Text: Text{Prompt: "a (red:1.3) barn"}, Where: Where{Threads: 1}}
		if _, err := p.RunTraced(context.Background(), q, nil, func(n string, x *tensor.Tensor) { latents[name] = x }); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if e := pipelinetest.Relative(latents["folder"].Data, latents["single"].Data); !(e <= 1e-5) {
		t.Errorf("the folder differs from the file by %.2g", e)
	}
	if e := pipelinetest.Relative(latents["half"].Data, latents["single"].Data); !(e <= 1e-2) {
		t.Errorf("half precision differs by %.2g", e)
	}
}

func TestScheduledAndComposedPromptsRun(t *testing.T) {
	p := native(t)
	long := strings.Repeat("a very long sentence about harbours, ", 20)
	latents := map[string][]float32{}
	for name, text := range map[string]string{
		"cat": "cat", "cat by steps": "[cat:cat:2]", "composed": "cat :1 AND dog :0", "dog": "dog",
		"scheduled": "[cat:dog:2]", "turns": "[cat|dog]", "long": long, "parts": "cat AND " + long + ":0.5", "lora": "cat<lora:x:1>",
	} {
		notices := 0
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 64, Height: 64, Steps: 4, Sampler: "euler"}, Text: Text{Prompt: text}, Where: Where{Threads: 1}}
		q.Exact = name == "lora" // a run of before there were adapters, once more
		_, err := p.RunTraced(context.Background(), q, func(g Progress) {
			if g.Notice != "" {
				notices++
			}
		}, func(_ string, x *tensor.Tensor) { latents[name] = x.Data })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if (name == "lora") != (notices > 0) {
			t.Errorf("%s: %d notices", name, notices)
		}
	}
	for _, same := range []string{"cat by steps", "composed", "lora"} {
		if e := pipelinetest.Relative(latents[same], latents["cat"]); !(e <= 1e-5) {
			t.Errorf("%q differs from plain cat by %.2g", same, e)
		}
	}
	for _, other := range []string{"dog", "scheduled", "turns", "long", "parts"} {
		if e := pipelinetest.Relative(latents[other], latents["cat"]); e < 1e-4 {
			t.Errorf("%q is the same as cat", other)
		}
	}
}
