package metadata

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// fooocusKeys are the fields of Fooocus and of its fork MRE that are taken apart.
var fooocusKeys = strings.Fields("prompt Prompt negative_prompt Negative seed steps guidance_scale cfg resolution width height sampler sampler_name scheduler " +
	"base_model base_model_name base_model_hash vae clip_skip base_clip_skip loras version software metadata_scheme " +
	"l1 w1 l2 w2 l3 w3 l4 w4 l5 w5")

// isFooocus knows Fooocus by its scheme or model key, and its forks by the name they give.
func isFooocus(o map[string]any) bool {
	if s, ok := o["metadata_scheme"].(string); ok && strings.EqualFold(s, "fooocus") {
		return true
	}
	named := strings.Contains(first(o, "software", "version"), "Fooocus")
	return (named || o["base_model"] != nil) && first(o, "prompt", "Prompt") != ""
}

// fooocus reads Fooocus' JSON (PNG "parameters", EXIF's comment) and MRE's (PNG "Comment").
// The prompt is what the person wrote; what a style made of it stays among the rest.
func fooocus(o map[string]any) *Recipe {
	r := &Recipe{Dialect: Fooocus, Prompt: first(o, "prompt", "Prompt"), Negative: first(o, "negative_prompt", "Negative")}
	r.Set("Steps", first(o, "steps"))
	r.Set("Sampler", SolverName(first(o, "sampler", "sampler_name")))
	r.Set("Schedule type", ScheduleName(first(o, "scheduler")))
	r.Set("CFG scale", first(o, "guidance_scale", "cfg"))
	r.Set("Seed", first(o, "seed"))
	var w, h int
	if n, _ := fmt.Sscanf(strings.ReplaceAll(first(o, "resolution"), " ", ""), "(%d,%d)", &w, &h); n == 2 {
		r.setSize(strconv.Itoa(w), strconv.Itoa(h))
	} else {
		r.setSize(first(o, "width"), first(o, "height"))
	}
	r.Set("Model hash", first(o, "base_model_hash"))
	r.Set("Model", base(first(o, "base_model", "base_model_name")))
	if vae := first(o, "vae"); !strings.HasPrefix(vae, "Default") {
		r.Set("VAE", base(vae))
	}
	if n, err := strconv.Atoi(first(o, "clip_skip")); err == nil && n > 1 && n < 100 {
		r.Set("Clip skip", strconv.Itoa(n))
	}
	r.setClipLayer(first(o, "base_clip_skip"))
	r.fooocusLoras(o)
	r.keepRest(o, fooocusKeys)
	r.Set("Version", first(o, "version", "software"))
	return r
}

// fooocusLoras reads [[name, weight, hash], …], and MRE's l1 and w1 to l5 and w5.
func (r *Recipe) fooocusLoras(o map[string]any) {
	add := func(name string, weight any) {
		w, ok := decimal(weight)
		if name == "" || name == "None" || !ok {
			return
		}
		r.Addons = append(r.Addons, Addon{Name: base(name), TE: w, UNet: w})
	}
	loras, _ := o["loras"].([]any)
	for _, l := range loras {
		if l, ok := l.([]any); ok && len(l) >= 2 {
			add(scalar(l[0]), l[1])
		} else if b, err := json.Marshal(l); err == nil {
			r.Unread = append(r.Unread, "lora: "+string(b))
		}
	}
	for i := 1; i <= 5; i++ {
		n := strconv.Itoa(i)
		add(first(o, "l"+n), o["w"+n])
	}
}
