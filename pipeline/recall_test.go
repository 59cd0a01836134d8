package pipeline

import (
	"strings"
	"testing"

	"pentimento/pipeline/metadata"
)

// TestNonsenseInARecipeIsTold: a value that cannot be meant is named, whichever row or group it belongs to.
func TestNonsenseInARecipeIsTold(t *testing.T) {
	keep := func(string) bool { return false }
	const box = "Steps: 20, Size: 64x64, LLuL Enabled: True, LLuL x: 8, LLuL y: 8, "
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
		{box + "LLuL Multiply: 3", "LLuL Multiply 3: want 2, 4, 8, 16 or 32"},
		{box + "LLuL Start steps: 5.5", "LLuL Start steps 5.5: want a whole number, 1 to 1000"},
		{box + "LLuL Layers: ['XYZ']", "LLuL Layers ['XYZ']: want IN, M or OUT, or more exactly such as OUT05 or trans, with commas between them; all means all"},
		{box + "LLuL Apply to: ['in']", "LLuL Apply to ['in']: want among out, resblock, transformer, s. attn., x. attn., with commas"},
		{box + "LLuL Interpolation: cubic", "LLuL Interpolation cubic: want slerp or lerp"},
		{box + "LLuL fade: up", "LLuL fade up: want rise or fall"},
		{box + "LLuL size: 0x4", "LLuL size 0x4: want a size such as 256x256"},
		{box + "LLuL size: 8x999999999", "LLuL size 8x999999999: want a size such as 256x256"},
		{box + "LLuL x: 1e9", "LLuL x 1e9: want -1048576 to 1048576"},
		{"Steps: 20, LLuL Enabled: maybe", "LLuL Enabled maybe: want True or False"},
		{"Steps: 20, PAG Active: True, PAG Scale: thick", "PAG Scale thick: want 0 to 100"},
		{"Steps: 20, PAG Active: True, PAG Scale: 1e9", "PAG Scale 1e9: want 0 to 100"},
		{"Steps: 20, PAG Active: on", "PAG Active on: want True or False"},
		{"Steps: 20, sag_enabled: True, sag_blur_sigma: -1", "sag_blur_sigma -1: want above 0 and at most 10"},
		{"Steps: 20, FreeU Stages: [3]", "FreeU Stages [3]: want two stages"},
		{"Steps: 20, kohya_hrfix_enabled: True, kohya_hrfix_block_number: 3.5", "kohya_hrfix_block_number 3.5: want 1 to 32"},
		{"Steps: 20, kohya_hrfix_enabled: True, kohya_hrfix_upscale_method: by hand", "kohya_hrfix_upscale_method by hand: want bicubic"},
		{"Steps: 20, Dynamic thresholding enabled: True, Mimic mode: Sideways", "Mimic mode Sideways: want Linear Down"},
		{`Steps: 20, Tiled Diffusion: {"Method": "Foo", "Tile tile width": 96}`, "Tiled Diffusion Method Foo: want MultiDiffusion or Mixture of Diffusers"},
		{`Steps: 20, Tiled Diffusion: {"Method": "MultiDiffusion", "Tile tile width": "wide", "Tile batch size": 4}`, "Tiled Diffusion Tile tile width wide: want a whole number, 0 to 1024"},
		{`Steps: 20, Tiled Diffusion: {"Method": "MultiDiffusion", "NoiseInv": true, "NoiseInv Steps": 0}`, "Tiled Diffusion NoiseInv Steps 0: want a whole number, 1 to 200"},
		{"Steps: 20, Tiled Diffusion: fast", "Tiled Diffusion fast: want a dictionary"},
		{"Steps: 20, multidiffusion_enabled: True, multidiffusion_method: MultiDiffusion, multidiffusion_tile_width: -8", "multidiffusion_tile_width -8: want a whole number, 0 to 8192"},
		{"Steps: 20, Noise inversion: True, Noise inversion kernel size: 1", "Noise inversion kernel size 1: want a whole number, 2 to 512"},
		{`Steps: 20, ControlNet 0: "Module: canny, Model: m, Weight: heavy"`, "ControlNet 0 weight heavy: want a number"},
		{`Steps: 20, ControlNet 0: "Module: canny, Model: m, Control Mode: Loud"`, "ControlNet 0 control mode Loud: want Balanced, My prompt is more important or"},
		{`Steps: 20, ControlNet 1: "Module: tile_colorfox, Model: m"`, "ControlNet 1 module tile_colorfox: want a preprocessor that is here"},
		{"Steps: 20, ControlNet-0 Enabled: True, ControlNet-0 Module: canny, ControlNet-0 Weight: NaN", "ControlNet-0 weight NaN: want a number"},
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
		box + "LLuL Multiply: 2, LLuL Weight: 0.15, LLuL Layers: ['OUT'], LLuL Apply to: ['out'], LLuL Start steps: 5, LLuL Max steps: 20, LLuL Upscaler: bilinear, LLuL Downscaler: pooling avg, LLuL Interpolation: slerp",
		"Steps: 20, Dynamic thresholding enabled: True, Mimic mode: Constant, Mimic scale: 7, Threshold percentile: 99.5, Separate Feature Channels: True, Scaling Startpoint: MEAN, Variability Measure: AD",
		`Steps: 20, FreeU Stages: [{"backbone_factor": 1.2, "skip_factor": 0.9}, {"backbone_factor": 1.4, "skip_factor": 0.2}], FreeU Version: 2`,
		`Steps: 20, Tiled Diffusion: "{'Method': 'Mixture of Diffusers', 'Tile tile width': 96, 'NoiseInv': True, 'NoiseInv Kernel size': 64}"`,
		`Steps: 20, ControlNet 0: "Module: reference_only, Model: None, Weight: 1, Resize Mode: Crop and Resize, Control Mode: Balanced, Union Control Type: Unknown, Pixel Perfect: False"`,
	} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Inpaint}}
		for _, l := range q.Recall(metadata.ParseA1111("a cat\n"+line+", Sampler: Euler, Model: m, RNG: CPU"), keep) {
			if strings.Contains(l, "understood") || strings.Contains(l, ": want ") {
				t.Errorf("%s: %q is told, and all of it can be meant", line, l)
			}
		}
	}
}
