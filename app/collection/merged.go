package collection

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pentimento/app/words"
)

// merged says how a checkpoint was merged, by the recipe that A1111's merger and ours write
// (modules/extras.py): "Weighted sum, 0.3 · A: meadow · B: harbour · VAE: sea.safetensors".
func merged(m map[string]string) string {
	var r struct {
		Primary   string  `json:"primary_model_hash"`
		Secondary string  `json:"secondary_model_hash"`
		Tertiary  string  `json:"tertiary_model_hash"`
		Interp    string  `json:"interp_method"`
		Share     float64 `json:"multiplier"`
		VAE       string  `json:"bake_in_vae"`
		Alpha     *struct {
			Base float64   `json:"base"`
			Of   []float64 `json:"blocks"`
		} `json:"alpha"`
		Adapters []string `json:"adapters"`
	}
	if json.Unmarshal([]byte(m["sd_merge_recipe"]), &r) != nil {
		return ""
	}
	var models map[string]struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal([]byte(m["sd_merge_models"]), &models) // without names the hashes say it
	parts := []string{r.Interp}
	if r.Alpha != nil && slices.ContainsFunc(r.Alpha.Of, func(v float64) bool { return v != r.Alpha.Base }) {
		parts[0] += words.T(", a share for each block")
	} else if r.Secondary != "" {
		parts[0] += fmt.Sprintf(", %.4g", r.Share)
	}
	for i, hash := range []string{r.Primary, r.Secondary, r.Tertiary} {
		if hash == "" {
			continue
		}
		name := Name(models[hash].Name)
		if models[hash].Name == "" {
			name = short(hash, 10)
		}
		parts = append(parts, string(rune('A'+i))+": "+name)
	}
	if r.VAE != "" && r.VAE != "None" {
		parts = append(parts, words.T("VAE: %s", r.VAE))
	}
	for _, a := range r.Adapters {
		parts = append(parts, words.T("LoRA: %s", a))
	}
	return short(strings.TrimPrefix(strings.Join(parts, " · "), " · "), maxNotes)
}
