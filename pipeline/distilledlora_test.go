package pipeline

import (
	"os"
	"path/filepath"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// TestDistilledLoRAsAreKnown by the names that their makers gave the files, and by the metadata
// of renamed ones; LoRAs with such words in other meanings are not.
func TestDistilledLoRAsAreKnown(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, metadata map[string]string) string {
		path := filepath.Join(dir, name+".safetensors")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		item := pipelinetest.NewItem("lora_unet_x.alpha", "F32", []float32{1})
		if err := pipelinetest.WriteSafetensors(path, []pipelinetest.Item{item}, metadata); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, want := range map[string]Suggestion{
		"sdxl_lightning_2step_lora":          few(2, 1, "Euler", "SGM Uniform"),
		"sdxl_lightning_8step_lora":          few(8, 1, "Euler", "SGM Uniform"),
		"SDXL-Lightning-LoRA-4steps":         few(4, 1, "Euler", "SGM Uniform"),
		"Hyper-SDXL-1step-lora":              few(1, 1, "TCD", "TCD"),
		"Hyper-SD15-2steps-lora":             few(2, 1, "DDIM", "Trailing timesteps"),
		"Hyper-SD15-8steps-lora":             few(8, 1, "DDIM", "Trailing timesteps"),
		"Hyper-SDXL-12steps-CFG-lora":        few(12, 5, "DDIM", "Trailing timesteps"),
		"lcm-lora-sdv1-5":                    few(4, 1, "LCM", "LCM"),
		"lcm-lora-sdxl/pytorch_lora_weights": few(4, 1, "LCM", "LCM"),
		"LCM_LoRA_Weights_SD15":              few(4, 1, "LCM", "LCM"),
		"TCD-SDXL-LoRA":                      few(4, 1, "TCD", "TCD"),
		"dmd2_sdxl_4step_lora_fp16":          few(4, 1, "LCM", "SGM Uniform"),
		"sd_xl_turbo_lora_v1":                few(4, 1, "Euler a", "Turbo"),
		"lightning-bolts":                    {}, "hyper realism v3": {}, "turbo engine": {}, "hyperdetail_xl": {}, "porsche_turbo_s": {}, "10steps": {}, "mylcmstyle": {}, "pytorch_lora_weights": {},
	} {
		d, ok := FindDistilled(write(name, map[string]string{"ss_output_name": "leaf", "ss_sd_model_name": "sdxl_lightning_4step.safetensors"}))
		if d.Suggestion != want || ok != (want != Suggestion{}) {
			t.Errorf("%s: %+v, want %+v", name, d, want)
		}
	}
	for key, title := range map[string]string{"ss_output_name": "Hyper-SD15-4steps-lora", "modelspec.title": "Hyper-SD15-4steps-lora"} {
		if d, _ := FindDistilled(write("fast", map[string]string{key: title})); d != (Distilled{"fast", "Hyper-SD", few(4, 1, "DDIM", "Trailing timesteps")}) {
			t.Errorf("by %s: %+v", key, d)
		}
	}
	for _, row := range distilled {
		if row.label == "" {
			continue
		}
		if !isSampler(row.Sampler) || !isSchedule(row.Schedule) {
			t.Errorf("%s proposes %q and %q, which are not known", row.label, row.Sampler, row.Schedule)
		}
	}
}

// TestDistilledModelsAreKnown by their names and by the input for guidance, and bring their
// numbers; a model that says its own keeps them.
func TestDistilledModelsAreKnown(t *testing.T) {
	data, err := os.ReadFile(tiny(t, "tiny15"))
	if err != nil {
		t.Fatal(err)
	}
	describe := func(path string) ModelInfo {
		t.Helper()
		info, err := Describe(Models{Model: path})
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	for name, want := range map[string]Suggestion{
		"sd_xl_turbo_1.0_fp16":               few(4, 1, "Euler a", "Turbo"),
		"sd_turbo":                           few(4, 1, "Euler a", "Turbo"),
		"sdxl_lightning_8step":               few(8, 1, "Euler", "SGM Uniform"),
		"juggernautXL_v9Rdphoto2Lightning":   few(6, 1, "Euler", "SGM Uniform"),
		"dreamshaperXL_lightningDPMSDE":      few(5, 2, "DPM++ SDE", "Karras"),
		"dreamshaperXL_v21TurboDPMSDE":       few(6, 2, "DPM++ SDE", "Karras"),
		"dreamshaper_8LCM":                   few(4, 1, "LCM", "LCM"),
		"anythingxl_dmd2":                    few(4, 1, "LCM", "SGM Uniform"),
		"Hyper-SDXL-1step-Unet-Comfyui.fp16": {}, "sdxl_lightning_1step_x0": {}, "v1-5-pruned-emaonly": {}, "turbochargedMix": {}, "enlightning": {},
	} {
		path := filepath.Join(t.TempDir(), name+".safetensors")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		info := describe(path)
		if info.Suggested != want || info.Distilled.Suggestion != want || (info.Distilled.Label != "") != (want != Suggestion{}) {
			t.Errorf("%s: %+v as %+v, want %+v", name, info.Suggested, info.Distilled, want)
		}
	}
	m := pipelinetest.Tiny(t, "tiny15")
	m.Unet.Guided = 256
	if info := describe(m.Write(t, "single", "F32")); info.Suggested != few(4, 8, "LCM", "LCM") || info.Distilled.Label != "LCM" {
		t.Errorf("a model that reads the strength of guidance: %+v", info.Distilled)
	}
}
