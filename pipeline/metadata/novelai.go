package metadata

import (
	"fmt"
	"strings"
)

// novelKeys are the fields of NovelAI's Comment that are taken apart.
var novelKeys = strings.Fields("prompt uc negative_prompt steps sampler noise_schedule scale seed width height strength v4_prompt v4_negative_prompt")

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
	r := &Recipe{Dialect: NovelAI, Prompt: withCharacters(prompt, o["v4_prompt"]), Negative: withCharacters(first(o, "uc", "negative_prompt"), o["v4_negative_prompt"])}
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

// withCharacters is a prompt of the fourth generation with those of its characters behind
// it, a line each. Where they stand in the picture no other form can say.
func withCharacters(prompt string, v4 any) string {
	o, _ := v4.(map[string]any)
	caption := child(o, "caption")
	lines := []string{prompt}
	if prompt == "" {
		lines[0] = first(caption, "base_caption")
	}
	characters, _ := caption["char_captions"].([]any)
	for _, c := range characters {
		if c, ok := c.(map[string]any); ok {
			if text := first(c, "char_caption"); text != "" {
				lines = append(lines, text)
			}
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// readUnpaint finds Unpaint's JSON under whatever keyword it is.
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
