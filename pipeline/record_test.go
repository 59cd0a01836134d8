package pipeline

import (
	"image"
	"strings"
	"testing"
	"time"
)

func TestARecordNamesNoFolder(t *testing.T) {
	req := Request{Ask: Ask{Engine: Diffusion}, Models: Models{Model: "/home/someone/models/dune.safetensors", VAE: "/home/someone/models/kelp.safetensors"}}
	f := req.Record(image.Rect(0, 0, 8, 8), time.Unix(9, 0))
	if f.Model != "dune.safetensors" || strings.Contains(f.VAE, "/") {
		t.Errorf("model %q, vae %q", f.Model, f.VAE)
	}
}

func TestARecordOfAGeneratedPictureHasNoFeather(t *testing.T) {
	for task, want := range map[Task]int{Generate: 0, Inpaint: 8, Outpaint: 8} {
		if f := (Request{Ask: Ask{Engine: Diffusion, Task: task}, Keep: Keep{Feather: 8}}).Record(image.Rect(0, 0, 8, 8), time.Unix(9, 0)); f.Feather != want {
			t.Errorf("%s: feather %d, want %d", task, f.Feather, want)
		}
	}
}
