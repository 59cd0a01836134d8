//go:build cgo

package pipeline

import (
	"context"
	"testing"

	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
)

// A whole run on a card: the denoiser is opened while the text encoder runs, and what comes out
// is what the processor makes.
func TestAPictureOfACardIsTheProcessors(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	pipelinetest.Card(t)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Text: Text{Prompt: "a red boat"}, Sampling: Sampling{Width: 64, Height: 64, Steps: 3, Seed: 1}}
	want, err := native(t).Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := New(ort.New(ort.Config{Device: "webgpu"}))
	p.SetMerges(merges(t))
	defer p.Close()
	got, err := p.Run(context.Background(), q, func(g Progress) {
		if g.Notice != "" {
			t.Error(g.Notice)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	worst := 0
	for i, v := range got.Image.Pix {
		worst = max(worst, int(v)-int(want.Image.Pix[i]), int(want.Image.Pix[i])-int(v))
	}
	if got.Device != "webgpu" || worst > 1 || len(got.Image.Pix) != len(want.Image.Pix) {
		t.Errorf("the picture of %q differs by up to %d of 255, want 1", got.Device, worst)
	}
}
