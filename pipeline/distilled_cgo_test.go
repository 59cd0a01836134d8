//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"testing"

	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
)

// TestGuidanceReachesADistilledModel in the real runtime: another cfg is another picture, the
// same one the same, and a negative prompt changes nothing.
func TestGuidanceReachesADistilledModel(t *testing.T) {
	m := pipelinetest.Tiny(t, "tiny15")
	m.Unet.Guided = 256
	p := New(ort.New(ort.Config{}))
	defer p.Close()
	p.SetMerges(merges(t))
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: m.Write(t, "single", "F32")}, Where: Where{Device: "cpu"}, Text: Text{Prompt: "a barn"}, Sampling: Sampling{Steps: 2, CFG: 8.5, Width: 64, Height: 64, Sampler: "LCM"}}
	q.Frame.Max.X, q.Frame.Max.Y = 64, 64
	paint := func(cfg float64, negative string) []byte {
		q.CFG, q.Negative = cfg, negative
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Image.Pix
	}
	first := paint(8.5, "")
	if !bytes.Equal(first, paint(8.5, "fog")) {
		t.Error("the negative prompt changes the picture")
	}
	if bytes.Equal(first, paint(2, "")) {
		t.Error("cfg changes nothing")
	}
}
