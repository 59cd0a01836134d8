package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// The actions that write models: a merge says in the file how it was made, what it was asked
// wrongly leaves nothing behind, and an extracted LoRA can be resized and baked in.
func TestModelsAreMergedExtractedAndResized(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector, and without goroutines of its own")
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	var files []string
	for i, name := range []string{"base", "tuned"} {
		m := pipelinetest.Tiny(t, "tiny15")
		m.Name, m.Salt = name, uint64(i)
		if err := m.WriteTo(dir, "single", "F16"); err != nil {
			t.Fatal(err)
		}
		files = append(files, at(name+".safetensors"))
	}
	if r := paint(t, "models", "merge", files[0], files[1], "--alpha", "0.25", "--base-alpha", "0", "--out", at("mix.safetensors")); r.code != ExitDone {
		t.Fatal(r.errors)
	}
	p, err := checkpoint.OpenPart(at("mix.safetensors"), "")
	if err != nil {
		t.Fatal(err)
	}
	var recipe struct {
		Interp    string  `json:"interp_method"`
		Primary   string  `json:"primary_model_hash"`
		Share     float64 `json:"multiplier"`
		Method    string
		Alpha     struct{ Base float64 }
		Secondary string `json:"secondary_model_hash"`
	}
	if err := json.Unmarshal([]byte(p.Metadata["sd_merge_recipe"]), &recipe); err != nil || recipe.Interp != "Weighted sum" || recipe.Alpha.Base != 0 || recipe.Share != 0.25 ||
		len(recipe.Primary) != 64 || !strings.Contains(p.Metadata["sd_merge_models"], recipe.Secondary) {
		t.Errorf("recipe %s, models %s (%v)", p.Metadata["sd_merge_recipe"], p.Metadata["sd_merge_models"], err)
	}
	for _, args := range [][]string{
		{"extract", files[1], files[0], "--rank", "4", "--out", at("lora.safetensors")},
		{"resize", at("lora.safetensors"), "--rank", "2", "--out", at("small.safetensors"), "--json"},
		{"merge", files[0], "--bake-lora", at("lora.safetensors") + ":0.8", "--type", "fp32", "--out", at("baked.safetensors")},
	} {
		r := paint(t, append([]string{"models"}, args...)...)
		if r.code != ExitDone {
			t.Fatalf("%v: %s", args, r.errors)
		}
		if _, err := os.Stat(args[len(args)-1]); err != nil && args[len(args)-1] != "--json" {
			t.Error(err)
		}
	}
	if p, err = checkpoint.OpenPart(at("baked.safetensors"), ""); err != nil || p.Tensors["model.diffusion_model.out.2.weight"].Stored != "F32" {
		t.Errorf("baked: %v, %v", p.Tensors["model.diffusion_model.out.2.weight"], err)
	}
	for want, args := range map[string][]string{
		"ends in .safetensors":    {"merge", files[0], "--out", at("no.ckpt")},
		"no --out":                {"merge", files[0], files[1]},
		"--type":                  {"merge", files[0], files[1], "--type", "int4", "--out", at("no.safetensors")},
		"no model C":              {"merge", files[0], files[1], "--method", "add", "--out", at("no.safetensors")},
		"want one to three":       {"merge", "--out", at("no.safetensors")},
		"that is read":            {"merge", files[0], files[1], "--out", files[1], "--overwrite"},
		"lora.safetensors\" that": {"merge", files[0], "--bake-lora", at("lora.safetensors"), "--out", at("lora.safetensors"), "--overwrite"},
		"cannot be baked in":      {"merge", files[0], "--bake-lora", at("lora.safetensors") + ":0.8:lbw=OUTALL", "--out", at("no.safetensors")},
		"same weights":            {"extract", files[0], files[0], "--out", at("no.safetensors")},
		"no pair":                 {"resize", files[0], "--out", at("no.safetensors")},
		"is there already":        {"merge", files[0], files[1], "--out", files[1]},
		"want fp16 or fp32":       {"extract", files[1], files[0], "--type", "bf16", "--out", at("no.safetensors")},
	} {
		r := paint(t, append([]string{"models"}, args...)...)
		if r.code == ExitDone || !strings.Contains(r.errors, want) {
			t.Errorf("%v: exit %d, %s, want %q", args, r.code, r.errors, want)
		}
		if _, err := os.Stat(at("no.safetensors")); err == nil {
			t.Fatalf("%v left a file", args)
		}
	}
}
