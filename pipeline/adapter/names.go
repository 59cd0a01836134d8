package adapter

import (
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
)

// prefixes are what the names of a part's modules begin with in adapter files, by its role,
// dots replaced: those of kohya's trainers, of LyCORIS, of diffusers and PEFT, and of single
// files. A name without any is that of a denoiser, or of a text encoder by its own beginning.
var prefixes = map[string][]string{
	"denoiser": {"lora_unet_", "oft_unet_", "lycoris_unet_", "lycoris_", "unet_", "model_diffusion_model_", "diffusion_model_", ""},
	"text_encoder": {"lora_te_", "lora_te1_", "oft_te_", "oft_te1_", "lycoris_text_encoder_", "text_encoder_",
		"cond_stage_model_transformer_", "conditioner_embedders_0_transformer_", ""},
	"text_encoder_2": {"lora_te2_", "oft_te2_", "lycoris_text_encoder_2_", "text_encoder_2_"},
}

// targets are a part's tensors by what adapter files call their module.
type targets struct {
	role string
	all  []string
	// by is the tensors by module, dots replaced: by its name in the single file and by that in
	// the folder layout, of which there are two for SDXL's label.
	by map[string][]string
}

func targetsOf(p *checkpoint.Part) targets {
	if p == nil { // a model without such a part
		return targets{}
	}
	out := targets{p.Role, p.Names(), map[string][]string{}}
	folder := p.FolderName()
	for _, name := range out.all {
		theirs := folder(name)
		for _, n := range slices.Compact([]string{name, theirs, strings.Replace(theirs, "add_embedding.", "class_embedding.", 1)}) {
			module := flat(moduleOf(n))
			out.by[module] = append(out.by[module], name)
		}
	}
	return out
}

// of lists the tensors of a module that a file calls so; "" is all of them.
func (t targets) of(module string) []string {
	if module == "" {
		return t.all
	}
	module = flat(strings.ReplaceAll(strings.TrimPrefix(module, "base_model.model."), ".processor.", "."))
	for _, prefix := range prefixes[t.role] {
		rest, ok := strings.CutPrefix(module, prefix)
		if !ok {
			continue
		}
		if found := t.by[rest]; found != nil {
			return found
		}
		if strings.HasSuffix(rest, "_to_out") { // of diffusers' older form
			if found := t.by[rest+"_0"]; found != nil {
				return found
			}
		}
	}
	return nil
}

// Modules gives a function from what an adapter file calls a module to the tensors of a part
// that it means, none where it means another part.
func Modules(p *checkpoint.Part) func(module string) []string { return targetsOf(p).of }

func flat(name string) string { return strings.ReplaceAll(name, ".", "_") }

// moduleOf is the module that a tensor belongs to.
func moduleOf(name string) string {
	if module, ok := strings.CutSuffix(name, ".weight"); ok {
		return module
	}
	return strings.TrimSuffix(name, ".bias")
}

// sideways says of a tensor that it is stored as [in, out]: the text projection of single
// files. Adapters speak of [out, in].
func sideways(name string) bool { return name == "text_projection" }
