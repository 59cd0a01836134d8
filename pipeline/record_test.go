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

// TestWhatDrawsNoNoiseRecordsNoSeed: a seed in such a record would say that another makes another picture.
func TestWhatDrawsNoNoiseRecordsNoSeed(t *testing.T) {
	for _, q := range []Request{
		{Ask: Ask{Engine: Diffusion, Task: Upscale}, Enlarge: &Enlarging{By: 2}},
		{Ask: Ask{Engine: Diffusion, Task: Restore}, Restore: &Restoring{}},
		{Ask: Ask{Engine: Diffusion, Task: Swap}, Swap: &Swapping{}},
		{Ask: Ask{Engine: Diffusion, Task: Cut}, Cut: &Cutting{}},
	} {
		q.Seed = 7
		f := q.Record(image.Rect(0, 0, 9, 9), time.Time{})
		if _, ok := f.Recipe("ours").Get("Seed"); ok || f.Seed != 0 {
			t.Errorf("%s records the seed %d, in its recipe %v", q.Task, f.Seed, ok)
		}
	}
}
