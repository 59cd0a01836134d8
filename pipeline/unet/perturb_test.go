package unet

import (
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
)

// A list of blocks means the self-attentions that it means in pamparamm's extension: blocks without any
// are not counted.
func TestPerturbedListsNameSelfAttentions(t *testing.T) {
	p := &checkpoint.Part{Tensors: map[string]checkpoint.Tensor{}}
	for _, path := range []string{"input_blocks.1.1.transformer_blocks.0", "input_blocks.4.1.transformer_blocks.0", "input_blocks.4.1.transformer_blocks.1", "input_blocks.10.1.transformer_blocks.0",
		"middle_block.1.transformer_blocks.0", "output_blocks.3.1.transformer_blocks.0", "output_blocks.3.1.transformer_blocks.2", "output_blocks.3.1.transformer_blocks.1", "output_blocks.3.1.transformer_blocks.10"} {
		p.Tensors[path+".attn1.to_v.weight"] = checkpoint.Tensor{}
		p.Tensors[path+".attn2.to_v.weight"] = checkpoint.Tensor{}
	}
	for list, want := range map[string]string{
		"":             "middle_block.1.0",
		"m0":           "middle_block.1.0",
		"d0":           "input_blocks.1.1.0",
		"d1":           "input_blocks.4.1.0 input_blocks.4.1.1",
		"d2":           "input_blocks.10.1.0",
		"d0-1":         "input_blocks.1.1.0 input_blocks.4.1.0 input_blocks.4.1.1",
		"u0.1-3":       "output_blocks.3.1.1 output_blocks.3.1.2 output_blocks.3.1.10",
		" u0.0 ,m0,m0": "output_blocks.3.1.0 middle_block.1.0",
	} {
		paths, err := Inside{PerturbAt: list}.perturbed(p)
		if err != nil {
			t.Errorf("%q: %v", list, err)
		}
		for i, path := range paths {
			paths[i] = strings.NewReplacer("transformer_blocks.", "", ".attn1", "").Replace(path)
		}
		if got := strings.Fields(want); !slices.Equal(paths, got) {
			t.Errorf("%q: %q, want %q", list, paths, got)
		}
	}
	for _, list := range []string{"x0", "d", "d0.", "d-1", "d3", "m1", "u0.4", "u0.2-1", "d1-0", "d0,", "d9999", "D0"} {
		if paths, err := (Inside{PerturbAt: list}).perturbed(p); err == nil || !strings.Contains(err.Error(), "block") {
			t.Errorf("%q: %q, error %v", list, paths, err)
		}
	}
}
