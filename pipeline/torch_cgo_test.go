//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"image"
	"path/filepath"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// TestAModelOfTorchMakesThePicturesOfItsTwin, bit for bit, in both of torch's forms, of which
// one has its values at odd places.
func TestAModelOfTorchMakesThePicturesOfItsTwin(t *testing.T) {
	p := native(t)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(0, 0, 64, 64)}, Models: Models{Model: tiny(t, "tiny15")},
		Sampling: Sampling{Width: 64, Height: 64, Steps: 2}, Text: Text{Prompt: "a cat"}, Where: Where{Threads: 1}}
	twin, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, stream := range map[string]bool{"m.ckpt": false, "m.pt": true} {
		q.Model = filepath.Join(t.TempDir(), name)
		if err := pipelinetest.Tiny(t, "tiny15").WriteTorch(q.Model, "F32", stream, false); err != nil {
			t.Fatal(err)
		}
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(res.Image.Pix, twin.Image.Pix) {
			t.Errorf("%s: the picture differs from that of the same weights in a safetensors file", name)
		}
	}
}
