package metadata

import (
	"strconv"
	"strings"
)

// drawThingsKeys are the fields of Draw Things' JSON that are taken apart.
var drawThingsKeys = strings.Fields("c uc seed steps scale size sampler model strength lora v2")

// drawThings reads Draw Things' JSON (EXIF's comment, or the one in XMP).
func drawThings(o map[string]any) *Recipe {
	r := &Recipe{Dialect: DrawThings, Prompt: first(o, "c"), Negative: first(o, "uc")}
	r.Set("Steps", first(o, "steps"))
	solver, schedule := splitSampler(first(o, "sampler"))
	r.Set("Sampler", solver)
	r.Set("Schedule type", schedule)
	r.Set("CFG scale", first(o, "scale"))
	r.Set("Seed", first(o, "seed"))
	if w, h, ok := strings.Cut(first(o, "size"), "x"); ok {
		r.setSize(w, h)
	}
	r.Set("Model", base(first(o, "model")))
	if s, err := strconv.ParseFloat(first(o, "strength"), 64); err == nil && s != 1 {
		r.Set("Denoising strength", first(o, "strength"))
	}
	more := child(o, "v2")
	if n, err := strconv.Atoi(first(more, "clipSkip")); err == nil && n > 1 && n < 100 {
		r.Set("Clip skip", strconv.Itoa(n))
	}
	loras, _ := o["lora"].([]any)
	if loras == nil {
		loras, _ = more["loras"].([]any)
	}
	for _, l := range loras {
		l, ok := l.(map[string]any)
		if w, weighted := decimal(l["weight"]); ok && weighted {
			if name := first(l, "model", "file"); name != "" {
				r.Addons = append(r.Addons, Addon{Name: base(name), TE: w, UNet: w})
			}
		}
	}
	r.keepRest(o, drawThingsKeys)
	r.keepRest(more, strings.Fields("clipSkip loras seed steps width height sampler model strength guidanceScale"))
	r.Set("Version", "Draw Things")
	return r
}
