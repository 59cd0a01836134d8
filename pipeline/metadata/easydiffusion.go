package metadata

import (
	"strconv"
	"strings"
)

// easyKeys are the fields of Easy Diffusion that are taken apart.
var easyKeys = strings.Fields("prompt negative_prompt seed num_inference_steps guidance_scale width height sampler_name use_stable_diffusion_model " +
	"use_vae_model use_lora_model lora_alpha prompt_strength clip_skip tiling")

// readEasyDiffusion reads Easy Diffusion's texts, one for each field.
func readEasyDiffusion(texts []Text) (*Recipe, int, error) {
	o, at := map[string]any{}, -1
	for i, t := range texts {
		if t.Key == "prompt" {
			at = i
		}
		o[t.Key] = t.Text
	}
	if at < 0 || o["num_inference_steps"] == nil && o["use_stable_diffusion_model"] == nil {
		return nil, -1, nil
	}
	fields := map[string]any{} // the other texts of the picture are no fields
	for _, k := range easyKeys {
		if o[k] != nil {
			fields[k] = o[k]
		}
	}
	return easyDiffusion(fields), at, nil
}

// easyDiffusion reads the same as one object.
func easyDiffusion(o map[string]any) *Recipe {
	r := &Recipe{Dialect: EasyDiffusion, Prompt: first(o, "prompt"), Negative: first(o, "negative_prompt")}
	r.Set("Steps", first(o, "num_inference_steps"))
	r.Set("Sampler", SolverName(first(o, "sampler_name")))
	r.Set("CFG scale", first(o, "guidance_scale"))
	r.Set("Seed", first(o, "seed"))
	r.setSize(first(o, "width"), first(o, "height"))
	r.Set("Model", base(known(first(o, "use_stable_diffusion_model"))))
	r.Set("VAE", base(known(first(o, "use_vae_model"))))
	r.Set("Denoising strength", known(first(o, "prompt_strength")))
	if strings.EqualFold(first(o, "clip_skip"), "true") {
		r.Set("Clip skip", "2")
	}
	if t := known(first(o, "tiling")); t != "" && t != "none" {
		r.Set("Tiling", t)
	}
	names, weights := fieldList(o["use_lora_model"]), fieldList(o["lora_alpha"])
	for i, name := range names {
		if i >= len(weights) || known(name) == "" {
			continue
		}
		if w, err := strconv.ParseFloat(weights[i], 64); err == nil {
			r.Addons = append(r.Addons, Addon{Name: base(name), TE: w, UNet: w})
		}
	}
	r.keepRest(o, easyKeys)
	r.Set("Version", "Easy Diffusion")
	return r
}

// known leaves out what Python writes for nothing.
func known(s string) string {
	if s == "None" || s == "null" {
		return ""
	}
	return s
}

// fieldList is a JSON list, a Python list as text, or a single value.
func fieldList(v any) []string {
	if s := scalar(v); s != "" {
		v = strings.NewReplacer("[", "", "]", "", "'", "", `"`, "").Replace(s)
	}
	return listed(v)
}
