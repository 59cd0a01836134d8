package adapter

import (
	"strings"

	"pentimento/pipeline/checkpoint"
)

// prefixes are what the names of a part's modules begin with in adapter files, by its role.
var prefixes = map[string][]string{
	"denoiser":       {"lora_unet_"},
	"text_encoder":   {"lora_te_", "lora_te1_"},
	"text_encoder_2": {"lora_te2_"},
}

// targets are a part's tensors by what adapter files call their module: its name in the
// folder layout or in the single file, dots replaced. "" is all of them.
func targets(p *checkpoint.Part) map[string][]string {
	out := map[string][]string{}
	if p == nil { // a model without such a part
		return out
	}
	folder := p.FolderName()
	for _, name := range p.Names() {
		out[""] = append(out[""], name)
		for _, end := range []string{".weight", ".bias"} {
			if !strings.HasSuffix(name, end) {
				continue
			}
			module, other := strings.TrimSuffix(name, end), strings.TrimSuffix(folder(name), end)
			for _, prefix := range prefixes[p.Role] {
				key := prefix + strings.ReplaceAll(other, ".", "_")
				out[key] = append(out[key], name)
				if also := prefix + strings.ReplaceAll(module, ".", "_"); also != key {
					out[also] = append(out[also], name)
				}
			}
		}
	}
	return out
}
