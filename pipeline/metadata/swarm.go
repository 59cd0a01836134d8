package metadata

import (
	"strconv"
	"strings"
)

// swarmKeys are the fields of SwarmUI's sui_image_params that are taken apart.
var swarmKeys = strings.Fields("prompt negativeprompt model seed steps cfgscale width height sampler scheduler vae clipstopatlayer " +
	"initimagecreativity variationseed variationseedstrength loras loraweights swarm_version")

// swarm reads SwarmUI's JSON: PNG "parameters" or EXIF's comment.
func swarm(all map[string]any) *Recipe {
	o := child(all, "sui_image_params")
	r := &Recipe{Dialect: SwarmUI, Prompt: first(o, "prompt"), Negative: first(o, "negativeprompt")}
	r.Set("Steps", first(o, "steps"))
	r.Set("Sampler", SolverName(first(o, "sampler")))
	r.Set("Schedule type", ScheduleName(first(o, "scheduler")))
	r.Set("CFG scale", first(o, "cfgscale"))
	r.Set("Seed", first(o, "seed"))
	r.setSize(first(o, "width"), first(o, "height"))
	r.Set("Model", base(first(o, "model")))
	r.Set("VAE", base(first(o, "vae")))
	r.Set("Denoising strength", first(o, "initimagecreativity"))
	r.Set("Variation seed", first(o, "variationseed"))
	r.Set("Variation seed strength", first(o, "variationseedstrength"))
	r.setClipLayer(first(o, "clipstopatlayer"))
	models, _ := all["sui_models"].([]any)
	for _, m := range models {
		if m, ok := m.(map[string]any); ok && scalar(m["param"]) == "model" {
			r.Set("Model hash", strings.TrimPrefix(scalar(m["hash"]), "0x"))
		}
	}
	names, weights := listed(o["loras"]), listed(o["loraweights"])
	for i, name := range names {
		if i >= len(weights) {
			r.Unread = append(r.Unread, "lora: "+name)
			continue
		}
		if w, err := strconv.ParseFloat(weights[i], 64); err == nil {
			r.Addons = append(r.Addons, Addon{Name: base(name), TE: w, UNet: w})
		}
	}
	r.keepRest(o, swarmKeys)
	r.Set("Version", strings.TrimSpace("SwarmUI "+first(o, "swarm_version")))
	return r
}

// setClipLayer notes the layer of the text encoder counted from the end: −1 is the last,
// which is A1111's 1.
func (r *Recipe) setClipLayer(layer string) {
	if n, err := strconv.Atoi(layer); err == nil && n < -1 && n > -100 {
		r.Set("Clip skip", strconv.Itoa(-n))
	}
}

// listed reads a list of scalars, or one text with commas.
func listed(v any) []string {
	var out []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			out = append(out, scalar(e))
		}
	case string:
		for _, s := range strings.Split(v, ",") {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}
