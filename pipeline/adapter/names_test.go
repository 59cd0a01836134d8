package adapter

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
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
