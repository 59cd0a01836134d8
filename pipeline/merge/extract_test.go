package merge_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/merge"
	"pentimento/pipeline/pipelinetest"
)

// A LoRA that was extracted turns the base into the tuned model: at full rank to rounding, at a
// small one at least as nearly as half of it, in every family and layout.
func TestAnExtractedLoRAGivesTheTunedModel(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector, and without goroutines of its own")
	}
	for _, name := range []string{"tiny15", "tiny21", "tinyxl"} {
		base, tuned := pipelinetest.Tiny(t, name), pipelinetest.Tiny(t, name)
		tuned.Salt = 3
		layout := map[bool]string{true: "folder", false: "single"}[name == "tiny15"]
		a, b := base.Write(t, "single", "F32"), tuned.Write(t, layout, "F32")
		last := 2.0
		ranks := []int{4, 16}
		if name == "tiny15" { // large matrices take long to decompose whole
			ranks = append(ranks, 100000)
		}
		for _, rank := range ranks {
			o := merge.Extraction{Base: a, Tuned: b, Rank: rank, Type: "F32"}
			if rank == 4 && name == "tiny15" {
				o.ConvRank = rank
			}
			far := remaining(t, o)
			if far > last {
				t.Errorf("%s: rank %d leaves %g of the change, half of it %g", name, rank, far, last)
			}
			last = far
		}
		if name == "tiny15" && last > 1e-5 {
			t.Errorf("%s: full rank leaves %g of the change, want rounding", name, last)
		}
	}
}

// remaining extracts a LoRA and is the share of the change that the base with it lacks.
func remaining(t *testing.T, o merge.Extraction) float64 {
	t.Helper()
	var file bytes.Buffer
	if err := merge.Extract(context.Background(), o, &file, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lora.safetensors")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := adapter.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	base, err := checkpoint.Open(o.Base, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tuned, err := checkpoint.Open(o.Tuned, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	changes, err := adapter.ChangesOf(base.Denoiser, adapter.Use{File: f, Strength: 1})
	if err != nil {
		t.Fatal(err)
	}
	left, change := 0.0, 0.0
	for _, name := range changes.Weights() {
		was, got, want := values(t, base.Denoiser.Tensors[name]), values(t, base.Denoiser.Tensors[name]), values(t, tuned.Denoiser.Tensors[name])
		if err := changes.Apply(name, got); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			d, c := float64(got[i]-want[i]), float64(was[i]-want[i])
			left, change = left+d*d, change+c*c
		}
	}
	if change == 0 {
		t.Fatal("the adapter changes no weight")
	}
	return math.Sqrt(left / change)
}

func values(t *testing.T, of checkpoint.Tensor) []float32 {
	t.Helper()
	v, err := of.Floats()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Models without a difference, and of two kinds, give an error in words.
func TestWhatHasNoLoRAIsSaid(t *testing.T) {
	a := pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F32")
	other := pipelinetest.Tiny(t, "tiny21").Write(t, "single", "F32")
	for _, c := range []struct {
		want, b string
		rank    int
	}{{"same weights", a, 4}, {"the models are", other, 4}, {"positive rank", other, 0}} {
		o := merge.Extraction{Base: a, Tuned: c.b, Rank: c.rank, Type: "F16"}
		if err := merge.Extract(context.Background(), o, &bytes.Buffer{}, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A LoRA resized to its own rank, or a larger one, gives the same change; to a share of its
// length, one that is at most as far as that share says; what is no pair is kept.
func TestAResizedLoRAGivesTheSameChange(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector, and without goroutines of its own")
	}
	dir := t.TempDir()
	m := pipelinetest.Tiny(t, "tiny15")
	file := m.WriteLoRA(t, dir, "lora", 8)
	ck, err := checkpoint.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	was := changes(t, ck, file)
	for _, c := range []struct {
		o        merge.Resizing
		far      float64
		smallest bool
	}{
		{merge.Resizing{Rank: 8}, 1e-6, false},
		{merge.Resizing{Rank: 64}, 1e-6, false},
		{merge.Resizing{Rank: 8, Keep: 0.9}, math.Sqrt(1 - 0.81), true},
		{merge.Resizing{Rank: 4, Type: "F16"}, 0.8, true},
	} {
		c.o.File = file
		var b bytes.Buffer
		r, err := merge.Resize(context.Background(), c.o, &b, nil)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "resized.safetensors")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		left, all := 0.0, 0.0
		for name, now := range changes(t, ck, path) {
			for i, v := range now {
				left, all = left+math.Pow(float64(v-was[name][i]), 2), all+math.Pow(float64(was[name][i]), 2)
			}
		}
		if far := math.Sqrt(left / all); far > c.far || c.smallest && r.Rank >= 8 || all == 0 {
			t.Errorf("%+v: rank %g on average, %g from the change, want %g at most", c.o, r.Rank, far, c.far)
		}
	}
}

// changes are the weights of the denoiser with an adapter, less those without.
func changes(t *testing.T, ck *checkpoint.Checkpoint, file string) map[string][]float32 {
	t.Helper()
	f, err := adapter.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float32{}
	for _, name := range ck.Denoiser.Names() {
		v, err := adapter.Change(ck.Denoiser, name, adapter.Use{File: f, Strength: 1})
		if err != nil {
			t.Fatal(err)
		}
		out[name] = v
	}
	return out
}
