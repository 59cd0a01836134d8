//go:build cgo

package pipeline

import (
	"context"
	"image"
	"testing"

	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// TestAStarterComputesWhatItsTrainingComputes holds a model of the starter's kind to the
// networks and the sampler that train it (assets/starter/train/reference.py wrote the
// values). Heads, groups, prediction, schedule, scale and vocabulary are told by metadata
// alone: any of them misread changes the numbers.
func TestAStarterComputesWhatItsTrainingComputes(t *testing.T) {
	ref, err := pipelinetest.ReadSafetensors("testdata/starter.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	p := New(ort.New(ort.Config{Device: "cpu"}))
	defer p.Close()
	ctx := context.Background()
	req := Request{Ask: Ask{Engine: Diffusion}, Models: Models{Model: pipelinetest.Starter().Write(t, "single", "F32")}, Text: Text{Prompt: "a red boat, sea"}}
	for _, c := range []struct {
		name string
		most float64
		run  func() (*tensor.Tensor, error)
	}{
		{"context", 1e-5, func() (*tensor.Tensor, error) { text, _, err := p.EncodeText(ctx, req); return text, err }},
		{"v", 1e-4, func() (*tensor.Tensor, error) {
			return p.EvalDenoiser(ctx, req, ref["x"], ref["timestep"], ref["context"], nil)
		}},
		{"moments", 1e-4, func() (*tensor.Tensor, error) { return p.EncodePicture(ctx, req, ref["image"]) }},
		{"picture", 1e-4, func() (*tensor.Tensor, error) { return p.DecodeLatent(ctx, req, ref["z"]) }},
		{"latent", 1e-3, func() (*tensor.Tensor, error) {
			var latent *tensor.Tensor
			full := req
			full.Task, full.Frame, full.Width, full.Height = Generate, image.Rect(0, 0, 64, 64), 64, 64
			full.Seed, full.Steps, full.CFG, full.Sampler, full.Schedule = 5, 4, 2.5, "DDIM", "trailing"
			_, err := p.RunTraced(ctx, full, nil, func(name string, x *tensor.Tensor) {
				if name == "latent" {
					latent = x.Clone()
				}
			})
			return latent, err
		}},
	} {
		got, err := c.run()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if e := pipelinetest.Relative(got.Data, ref[c.name].Data); !(e < c.most) {
			t.Errorf("%s: relative error %.2g, want below %.0g", c.name, e, c.most)
		} else {
			t.Logf("%s: relative error %.2g", c.name, e)
		}
	}
}
