package adapter

import (
	"math"
	"path/filepath"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// What is merged a few rows at a time has the bits of what is merged whole: pictures that were made
// before can be made again.
func TestByRowsTheNumbersAreTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		dtype string
		shape []int
		ranks []int // of LoRAs
	}{
		"several pieces":      {"F16", []int{131, 1500}, []int{300, 5}}, // and a rank of two parts
		"a convolution":       {"BF16", []int{61, 40, 3, 3}, []int{4}},
		"too small for tiles": {"F32", []int{3, 5}, []int{2}},
		"narrow":              {"F32", []int{40000, 7}, []int{2, 3}},
		"wide":                {"F16", []int{7, 150000}, []int{2}},
		"a bias":              {"F16", []int{140000}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			n, rest := 1, 1
			for i, d := range c.shape {
				if n *= d; i > 0 {
					rest *= d
				}
			}
			items := []pipelinetest.Item{pipelinetest.NewItem("w", c.dtype, pipelinetest.Uniform("w", 1, n).Data, c.shape...)}
			model := filepath.Join(t.TempDir(), "model.safetensors")
			if err := pipelinetest.WriteSafetensors(model, items, nil); err != nil {
				t.Fatal(err)
			}
			p, err := checkpoint.OpenPart(model, "denoiser")
			if err != nil {
				t.Fatal(err)
			}
			w := p.Tensors["w"]
			var changes []change
			use := func(kind Kind, items ...pipelinetest.Item) {
				path := filepath.Join(t.TempDir(), "an.safetensors")
				if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
					t.Fatal(err)
				}
				f, err := Open(path)
				if err != nil {
					t.Fatal(err)
				}
				changes = append(changes, change{place{"w", kind, f.modules["lora_unet_m"]}, Use{File: f}, 0.7})
			}
			for _, rank := range c.ranks {
				down := append([]int{rank}, c.shape[1:]...)
				up := []int{c.shape[0], rank, 1, 1}[:max(len(c.shape), 2)]
				use(lora, pipelinetest.NewItem("lora_unet_m.lora_up.weight", "F16", pipelinetest.Uniform("up", 1, up...).Data, up...),
					pipelinetest.NewItem("lora_unet_m.lora_down.weight", "F32", pipelinetest.Uniform("down", 1, down...).Data, down...))
			}
			use(full, pipelinetest.NewItem("lora_unet_m.diff", "F32", pipelinetest.Uniform("diff", 1, n).Data, c.shape...))
			want, err := w.Floats()
			if err != nil {
				t.Fatal(err)
			}
			was := want[0]
			if _, err := add(want, want, w, changes); err != nil {
				t.Fatal(err)
			}
			var from checkpoint.Reader
			if err := from.Open(w); err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			got := make([]float32, n)
			if err := addByRows(got, &from, w, changes); err != nil {
				t.Fatal(err)
			}
			for i, v := range got {
				if math.Float32bits(v) != math.Float32bits(want[i]) {
					t.Fatalf("value %d of %v is %g, want %g", i, c.shape, v, want[i])
				}
			}
			if got[0] == was {
				t.Error("nothing changed")
			}
		})
	}
}
