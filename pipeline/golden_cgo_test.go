//go:build cgo

package pipeline

import (
	"context"
	"encoding/json"
	"image"
	"os"
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
		Engine: Diffusion, Task: Generate, Model: model, Prompt: g.Prompt, Negative: g.Negative, Seed: g.Seed, CFG: g.CFG,
		Sampler: g.Sampler, Schedule: g.Schedule, Steps: g.Steps, ClipSkip: g.ClipSkip, WholeTimesteps: g.Timesteps == "nearest", Strength: g.Denoise,
	}
	if q.Steps == 0 {
		q.Steps = len(g.Sigmas) - 1
	}
	if q.Schedule == "" {
		q.Schedule = "karras"
	}
	if strings.Contains(g.Case, "blend_both") {
		q.Blend = "both"
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
	text, pooled, err := native(t).EncodeText(context.Background(), Request{Model: tiny(t, "tinyxl"), Prompt: "a photo of a cat"})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]*tensor.Tensor{"txt2img_xl.context": text, "txt2img_xl.pooled": pooled} {
		if e := pipelinetest.Relative(got.Data, want[name].Data); !(e <= 1e-5) {
			t.Errorf("%s is off by %.2g", name, e)
		}
	}
}
