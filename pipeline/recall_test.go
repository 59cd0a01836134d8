package pipeline

import (
	"strings"
	"testing"

	"pentimento/pipeline/metadata"
)

// TestNonsenseInARecipeIsTold: a value that cannot be meant is named, whichever row or group it belongs to.
func TestNonsenseInARecipeIsTold(t *testing.T) {
	keep := func(string) bool { return false }
	for _, c := range []struct{ line, told string }{
		{"Steps: 99999999999", "99999999999"},
		{"Steps: x", "x"},
		{"Steps: 20, Hires upscale: NaN", "Hires upscale NaN"},
		{"Steps: 20, Hires upscale: 1e30", "Hires upscale 1e30"},
		{"Steps: 20, Hires upscale: 2, Hires steps: -1", "Hires steps -1"},
		{"Steps: 20, Hires steps: -1", "Hires steps -1"},
		{"Steps: 20, Size: 64x64, Hires resize: 0x-5", "Hires resize 0x-5"},
		{"Steps: 20, Size: 64x64, Hires resize: 9000x9000", "Hires resize 9000x9000"},
		{"Steps: 20, Hires upscale: 2, Hires denoising strength: 7", "Hires denoising strength 7"},
		{"Steps: 20, Mask blur: 1e99", "Mask blur 1e99"},
		{"Steps: 20, Masked area padding: -3", "Masked area padding -3"},
		{"Steps: 20, Denoising strength: 9", "9"},
		{"Steps: 20, CFG scale: foo", "foo"},
		{"Steps: 20, Seed: 123456789012345678901234", "Seed 123456789012345678901234"},
		{"Steps: 20, Variation seed: x, Variation seed strength: 0.5", "x"},
		{"Steps: 20, Clip skip: 99", "99"},
		{"Steps: 20, SD upscale upscaler: None, SD upscale by: 1e9", "SD upscale by 1e9"},
		{"Steps: 20, SD upscale upscaler: None, SD upscale overlap: -7", "SD upscale overlap -7"},
	} {
		for _, task := range []Task{Generate, Refine, Inpaint} {
			q := Request{Ask: Ask{Engine: Diffusion, Task: task}}
			left := q.Recall(metadata.ParseA1111("a cat\n"+c.line+", Sampler: Euler, Model: m, RNG: CPU"), keep)
			n := strings.Count(strings.ReplaceAll(strings.Join(left, "\n"), "\"", ""), c.told)
			if n != 1 {
				t.Errorf("%s as %s: told %d times in %q, want %q once", c.line, task, n, left, c.told)
			}
		}
	}
	for _, line := range []string{
		"Steps: 20, Hires upscale: 1, Hires steps: 0", "Steps: 20, Size: 64x64, Hires resize: 128x0, Hires steps: 8, Hires denoising strength: 0.4",
		"Steps: 20, Mask blur: 4, Masked area padding: 32, Denoising strength: 0.75, Seed: 18446744073709551615", "Steps: 20, Mask blur x: 4.0, Mask blur: 4.5",
		"Steps: 20, Mask mode: Inpaint masked, Seed: -1",
	} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint}}
		for _, l := range q.Recall(metadata.ParseA1111("a cat\n"+line+", Sampler: Euler, Model: m, RNG: CPU"), keep) {
			if strings.Contains(l, "understood") {
				t.Errorf("%s: %q is told, and all of it can be meant", line, l)
			}
		}
	}
}
