package checkpoint

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pentimento/pipeline/graph"
)

// scaleKeys are what files of scaled 8-bit floats call the scale of MODULE.weight, after the
// module: the first are ComfyUI's of 2025, the second its later ones. besideScaled are other keys
// of such modules, which say what a computation in eight bits needs; ours is in more.
var (
	scaleKeys    = []string{".scale_weight", ".weight_scale"}
	besideScaled = []string{".scale_input", ".input_scale", ".comfy_quant"}
)

// scale gives 8-bit floats the scales that the file has for them, and leaves those out of the
// tensors, with the mark "scaled_fp8" of such a file.
func (h *header) scale() error {
	eight := map[string]int{} // by module
	for i, t := range h.tensors {
		if module, ok := strings.CutSuffix(t.Key, ".weight"); ok && (t.Type == graph.Float8E4M3 || t.Type == graph.Float8E5M2) {
			eight[module] = i
		}
	}
	if len(eight) == 0 {
		return nil
	}
	gone := map[string]bool{}
	for _, t := range h.tensors {
		if t.Key == "scaled_fp8" || strings.HasSuffix(t.Key, ".scaled_fp8") {
			gone[t.Key] = true
		}
		for _, end := range slices.Concat(scaleKeys, besideScaled) {
			module, ok := strings.CutSuffix(t.Key, end)
			if i, mine := eight[module]; ok && mine {
				gone[t.Key] = true
				if !slices.Contains(scaleKeys, end) {
					continue
				}
				if err := h.tensors[i].scaled(t); err != nil {
					return err
				}
			}
		}
	}
	h.tensors = slices.DeleteFunc(h.tensors, func(t Tensor) bool { return gone[t.Key] })
	return nil
}

// Scaled says whether the file's numbers are multiplied by one beside them: their bytes alone are
// other values.
func (t Tensor) Scaled() bool { return t.scale != 0 }

// scaled sets the scale that a tensor holds: one number for the whole weight.
func (t *Tensor) scaled(by Tensor) error {
	if by.Count() != 1 || by.Length > 8 {
		return fmt.Errorf("tensor %q has shape %v, want one number: a scale for the whole of %q", by.Key, by.Shape, t.Key)
	}
	v, err := by.Floats()
	if err != nil {
		return fmt.Errorf("tensor %q: %w", by.Key, err)
	}
	if x := float64(v[0]); x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Errorf("tensor %q is %g, want a finite scale other than 0", by.Key, x)
	}
	if v[0] != 1 {
		t.scale = v[0]
	}
	return nil
}
