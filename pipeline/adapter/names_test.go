package adapter

import (
	"bufio"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
)

// Every weight is found by the names that the trainers' dialects have for it.
func TestModulesAreFoundByAllNames(t *testing.T) {
	list, err := os.Open("testdata/modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	of := map[string]func(string) []string{}
	for s := bufio.NewScanner(list); s.Scan(); {
		row := strings.Fields(s.Text())
		arch, target, module := row[0], row[1], row[2]
		if of[arch] == nil {
			_, ck := tiny(t, arch)
			of[arch] = Modules(ck.Denoiser)
		}
		dotless := strings.TrimPrefix(module, "lora_unet_")
		for _, name := range []string{module, "lora_unet_" + strings.ReplaceAll(target, ".", "_"), "lycoris_" + dotless, "unet." + dotless,
			"diffusion_model." + target, "base_model.model." + dotless} {
			if !slices.Contains(of[arch](name), target+".weight") {
				t.Errorf("%s: module %s is %v, want %s.weight", arch, name, of[arch](name), target)
			}
		}
		if found := of[arch]("text_encoder." + dotless); found != nil {
			t.Errorf("%s: a text encoder's %s is %v of the denoiser", arch, dotless, found)
		}
	}
	if len(of) != 2 {
		t.Errorf("models %v, want two", of)
	}
}

// SDXL's second text encoder keeps q, k and v in one tensor, of which a module is a third; its
// text projection is stored the other way round.
func TestModulesOfAFusedTensorChangeTheirThird(t *testing.T) {
	_, ck := tiny(t, "tinyxl")
	const layer = "lora_te2_text_model_encoder_layers_0_self_attn_"
	f, err := Open(write(t, map[string][]int{layer + "k_proj.lora_up.weight": {192, 2}, layer + "k_proj.lora_down.weight": {2, 192}, "lora_te2_text_projection.diff": {192, 192}}))
	if err != nil {
		t.Fatal(err)
	}
	if left, err := f.Without(ck.Denoiser, ck.Text[0], ck.Text[1]); err != nil || len(left) > 0 {
		t.Errorf("modules %q have no place, error %v", left, err)
	}
	own := ck.Text[1].Tensors
	source, err := Over(context.Background(), ck.Text[1], Use{File: f, Strength: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	const k, q = "encoder.layers.0.self_attn.k_proj.weight", "encoder.layers.0.self_attn.q_proj.weight"
	if own[k].Key != own[q].Key || !strings.HasSuffix(own[k].Key, "attn.in_proj_weight") {
		t.Fatalf("%s is %s, want a part of one tensor", k, own[k].Key)
	}
	if w, _ := source(q); w.Data != nil {
		t.Error("q changes, too")
	}
	for name, by := range map[string]float32{k: 1, "text_projection": 0.5} {
		w, _ := source(name)
		got, err := checkpoint.Widen(w.Data, w.Type)
		if err != nil {
			t.Fatal(err)
		}
		values, err := own[name].Floats()
		if err != nil {
			t.Fatal(err)
		}
		for i := range values {
			if d := got[i] - values[i] - by; d > 1e-6 || d < -1e-6 {
				t.Fatalf("%s changes by %g, want %g", name, got[i]-values[i], by)
			}
		}
	}
}

func TestModulesOfTextEncodersAreFound(t *testing.T) {
	for arch, encoders := range map[string][][]string{
		"tiny15": {{"lora_te_", "lora_te1_", "text_encoder.", "base_model.model.", "base_model.model.text_encoder.", ""}},
		"tiny21": {{"lora_te_", "text_encoder."}},
		"tinyxl": {{"lora_te1_", "text_encoder."}, {"lora_te2_", "text_encoder_2."}},
	} {
		_, ck := tiny(t, arch)
		for i, prefixes := range encoders {
			for _, prefix := range prefixes {
				name := prefix + "text_model.encoder.layers.1.self_attn.v_proj"
				if strings.HasSuffix(prefix, "_") {
					name = strings.ReplaceAll(name, ".", "_")
				}
				for j, part := range ck.Text {
					got := Modules(part)(name)
					if want := "encoder.layers.1.self_attn.v_proj.weight"; slices.Contains(got, want) != (i == j) {
						t.Errorf("%s, text encoder %d: %s is %v", arch, j+1, name, got)
					}
				}
				if got := Modules(ck.Denoiser)(name); got != nil {
					t.Errorf("%s: %s is %v of the denoiser", arch, name, got)
				}
			}
		}
	}
}
