package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// TestWhatIsForFewStepsBringsItsNumbers, a LoRA or a model, and says so; flags count before them, and an ordinary one
// brings none.
func TestWhatIsForFewStepsBringsItsNumbers(t *testing.T) {
	dir := t.TempDir()
	m := pipelinetest.Tiny(t, "tiny15")
	model := m.Write(t, "single", "F16")
	fast, plain := m.WriteLoRA(t, dir, "lcm-lora-sdv1-5", 2), m.WriteLoRA(t, dir, "leaf", 2)
	turbo := filepath.Join(dir, "sd_turbo.safetensors")
	data, err := os.ReadFile(model)
	if err == nil {
		err = os.WriteFile(turbo, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	type numbers struct {
		Steps             int
		CFG               float64
		Sampler, Schedule string
	}
	for _, c := range []struct {
		flags []string
		want  numbers
		note  string
	}{
		{[]string{"--lora", fast}, numbers{4, 1, "LCM", "LCM"}, "steps, cfg, sampler, schedule taken"},
		{[]string{"--lora", fast, "--steps", "3", "--sampler", "Euler a"}, numbers{3, 1, "Euler a", "Uniform"}, ": cfg taken"},
		{[]string{"--lora", fast, "--steps", "3", "--cfg", "2", "--sampler", "Euler", "--schedule", "Karras"}, numbers{3, 2, "Euler", "Karras"}, "what was given counts"},
		{[]string{"--lora", fast + ":0", "--steps", "2"}, numbers{2, 7, "DPM++ 2M", "Karras"}, ""},
		{[]string{"--model", turbo}, numbers{4, 1, "Euler a", "Turbo"}, "sd_turbo is a model for few steps (Turbo)"},
		{[]string{"--model", turbo, "--lora", fast}, numbers{4, 1, "LCM", "LCM"}, "LoRA for few steps (LCM)"},
		{[]string{"--lora", plain, "--steps", "2"}, numbers{2, 7, "DPM++ 2M", "Karras"}, ""},
	} {
		r := paint(t, append([]string{"generate", "--model", model, "--prompt", "a barn", "--size", "64x64", "--json", "--out", filepath.Join(dir, "a.png")}, c.flags...)...)
		if r.code != ExitDone {
			t.Fatalf("%q: %s", c.flags, r.errors)
		}
		var got numbers
		if err := json.Unmarshal([]byte(r.out), &got); err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%q: %+v, want %+v", c.flags, got, c.want)
		}
		if said := strings.Contains(r.errors, "for few steps"); said != (c.note != "") || !strings.Contains(r.errors, c.note) {
			t.Errorf("%q says %q, want %q", c.flags, r.errors, c.note)
		}
	}
}
