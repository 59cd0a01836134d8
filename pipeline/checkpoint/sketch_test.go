package checkpoint

import "testing"

// TestAUnionNetsKindsSayNothingOfItsFamily: what tells a Union net which maps it is shown is no mark of SDXL.
func TestAUnionNetsKindsSayNothingOfItsFamily(t *testing.T) {
	reads := func(width int64) map[string]Tensor {
		return map[string]Tensor{"control_add_embedding.linear_1.weight": {Shape: []int64{1280, 1536}},
			"input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": {Shape: []int64{320, width}}}
	}
	for width, want := range map[int64]string{128: "", 768: "sd1", 2048: "sdxl"} {
		if got := familyOf(reads(width), nil); got != want {
			t.Errorf("one that reads text of width %d is of %q, want %q", width, got, want)
		}
	}
	with := reads(128)
	with["add_embedding.linear_1.weight"] = Tensor{Shape: []int64{1280, 2816}}
	if got := familyOf(with, nil); got != "sdxl" {
		t.Errorf("what only SDXL has: %q", got)
	}
}
