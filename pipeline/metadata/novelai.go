package metadata

import (
	"fmt"
	"strings"
)

// novelKeys are the fields of NovelAI's Comment that are taken apart.
var novelKeys = strings.Fields("prompt uc negative_prompt steps sampler noise_schedule scale seed width height strength")

// unpaintKeys are those of Unpaint's JSON.
var unpaintKeys = strings.Fields("PositivePrompt NegativePrompt SamplingSteps GuidanceStrength RandomSeed Width Height ModelId DenoisingStrength SafeMode")

// readNovelAI reads NovelAI's texts: Software, Description (the prompt), Comment (JSON).
func readNovelAI(texts []Text) (*Recipe, int, error) {
	at := -1
	var software, prompt string
	for i, t := range texts {
		switch t.Key {
		case "Software":
			software = t.Text
		case "Description":
			prompt = t.Text
		case "Comment":
			at = i
		}
	}
	if software != "NovelAI" || at < 0 {
		return nil, -1, nil
	}
	o, err := object(texts[at].Text)
	if err != nil {
		return nil, -1, fmt.Errorf("NovelAI's Comment: %w", err)
	}
	if prompt == "" {
		prompt = first(o, "prompt")
	}
	var source string
	for _, t := range texts {
		if t.Key == "Source" {
			source = t.Text
		}
	}
	r := &Recipe{Dialect: NovelAI, Prompt: prompt, Negative: first(o, "uc", "negative_prompt")}
	solver, _ := invokeScheduler(first(o, "sampler"))
	r.Set("Steps", first(o, "steps"))
	r.Set("Sampler", solver)
	r.Set("Schedule type", ScheduleName(first(o, "noise_schedule")))
	r.Set("CFG scale", first(o, "scale"))
	r.Set("Seed", first(o, "seed"))
	r.setSize(first(o, "width"), first(o, "height"))
	r.Set("Model", source)
	r.Set("Denoising strength", first(o, "strength"))
	r.keepRest(o, novelKeys)
	r.Set("Version", "NovelAI")
	return r, at, nil
}

// readUnpaint finds Unpaint's JSON under whatever keyword it lies.
func readUnpaint(texts []Text) (*Recipe, int, error) {
	for i, t := range texts {
		if o, err := object(t.Text); err == nil && o["PositivePrompt"] != nil {
			return unpaint(o), i, nil
		}
	}
	return nil, -1, nil
}

func unpaint(o map[string]any) *Recipe {
	r := &Recipe{Dialect: Unpaint, Prompt: first(o, "PositivePrompt"), Negative: first(o, "NegativePrompt")}
	r.Set("Steps", first(o, "SamplingSteps"))
	r.Set("CFG scale", first(o, "GuidanceStrength"))
	r.Set("Seed", first(o, "RandomSeed"))
	r.setSize(first(o, "Width"), first(o, "Height"))
	r.Set("Model", base(first(o, "ModelId")))
	r.Set("Denoising strength", first(o, "DenoisingStrength"))
	r.Set("Safe mode", first(o, "SafeMode"))
	r.keepRest(o, unpaintKeys)
	r.Set("Version", "Unpaint")
	return r
}
