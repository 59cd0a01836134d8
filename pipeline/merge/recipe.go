package merge

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
)

// Sums are a model's hashes, where the caller has them: the SHA-256 of its file in hexadecimal,
// and A1111's eight digits of before 2023.
type Sums struct{ SHA256, Old string }

// recipe is how the file was made. The first fields are A1111's (modules/extras.py), so that its
// checkpoint page shows them; the rest make the merge again here.
type recipe struct {
	Type      string  `json:"type"`
	Primary   string  `json:"primary_model_hash,omitempty"`
	Secondary string  `json:"secondary_model_hash,omitempty"`
	Tertiary  string  `json:"tertiary_model_hash,omitempty"`
	Interp    string  `json:"interp_method"`
	Share     float64 `json:"multiplier,omitempty"`
	Half      bool    `json:"save_as_half"`
	VAE       string  `json:"bake_in_vae,omitempty"`
	Inpaints  bool    `json:"is_inpainting"`

	Method   string   `json:"method"`
	Alpha    *Blocks  `json:"alpha,omitempty"`
	Beta     *Blocks  `json:"beta,omitempty"`
	Adapters []string `json:"adapters,omitempty"`
}

// source is one of the models in the recipe.
type source struct {
	Name   string          `json:"name"`
	Old    string          `json:"legacy_hash,omitempty"`
	Recipe json.RawMessage `json:"sd_merge_recipe"`
}

var interp = map[string]string{"weighted": "Weighted sum", "add": "Add difference"}

// Metadata say how the result was made, for Write: what A's own say of its kind (modelspec's
// architecture, prediction and size), the recipe, and the models that went in with the recipes of
// their own. sums are those of A, B and C; empty ones are left out.
func (j *Job) Metadata(sums [3]Sums) map[string]string {
	r := recipe{Type: "pentimento", Primary: sums[0].SHA256, Secondary: sums[1].SHA256, Tertiary: sums[2].SHA256,
		Interp: interp[j.Method], Half: j.Type == "F16", Method: j.Method}
	if j.method.Files > 1 {
		r.Alpha, r.Share = &j.Alpha, j.Alpha.Of[0]
	}
	if r.Interp == "" {
		r.Interp = j.Method
	}
	if j.method.Beta {
		r.Beta = &j.Beta
	}
	if j.VAE != "" {
		r.VAE = filepath.Base(j.VAE)
	}
	for key, a := range j.files[0] {
		r.Inpaints = r.Inpaints || j.Merged(key) && inpaints(a.Shape, j.files[1][key].Shape) && a.Shape[1] == 9
	}
	for _, b := range j.Adapters {
		r.Adapters = append(r.Adapters, b.String())
	}
	out := map[string]string{"format": "pt", "sd_merge_recipe": text(r)}
	models := map[string]source{}
	for i, path := range []string{j.A, j.B, j.C} {
		if sums[i].SHA256 == "" {
			continue
		}
		s := source{Name: filepath.Base(path), Old: sums[i].Old, Recipe: json.RawMessage("null")}
		before := map[string]source{}
		if json.Unmarshal([]byte(j.heads[i]["sd_merge_models"]), &before) == nil {
			maps.Copy(models, before)
		}
		if own := j.heads[i]["sd_merge_recipe"]; json.Valid([]byte(own)) {
			s.Recipe = json.RawMessage(own)
		}
		models[sums[i].SHA256] = s
	}
	if len(models) > 0 {
		out["sd_merge_models"] = text(models)
	}
	for _, name := range []string{"architecture", "prediction_type", "resolution"} {
		if v, ok := j.heads[0]["modelspec."+name]; ok {
			out["modelspec."+name] = v
		}
	}
	return out
}

func text(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // plain fields, which cannot fail
	return strings.TrimSpace(b.String())
}
