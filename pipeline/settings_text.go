package pipeline

import (
	"slices"

	"pentimento/pipeline/metadata"
)

// textSettings say what to paint and how the words are read.
var textSettings = []Setting{
	{ID: "prompt", Name: "Prompt", Flag: "prompt", Help: "what to paint: `TEXT` in A1111's prompt language",
		NoPanel: "the prompt box shows it, with styles, tokens and mistakes",
		record:  func(f *metadata.Fill) any { return &f.Prompt },
		Value:   phrase(func(q *Request) *string { return &q.Prompt })},
	{ID: "negative", Name: "Negative prompt", Flag: "negative", Help: "what to avoid: `TEXT`",
		NoPanel: "the box below the prompt shows it",
		record:  func(f *metadata.Fill) any { return &f.Negative },
		Value:   phrase(func(q *Request) *string { return &q.Negative })},
	{ID: "embeddings", Name: "Embeddings", Label: "Embedding", Flag: "embedding", Help: "a `FILE` of textual inversion, or a folder of them, which the prompt may name by its name as it may those in folders called embeddings near the model; may be given several times", Private: true, Panel: Folded, Path: true, Many: true,
		Value: phrase(func(q *Request) *string { return &q.Where.Embeddings })},
	{ID: "wildcards", Name: "Wildcards", Flag: "wildcards", Help: "a `FOLDER` of lists, one choice a line, which the prompt names as __list__ as it may those in folders called wildcards near the model; may be given several times", Private: true, Panel: Folded, Path: true, Many: true,
		Value: phrase(func(q *Request) *string { return &q.Where.Wildcards })},
	{ID: "literal", Name: "Braces as text", Flag: "literal", Help: "take {a|b} and __list__ in the prompts as text, where otherwise each picture has a choice of its own, drawn by its seed (see the verb prompt)", Panel: Folded,
		recall: literalOf, Default: "false",
		Value: yesNo(func(q *Request) *bool { return &q.Literal })},
	{ID: "clip_skip", Name: "Clip skip", Flag: "clip-skip", Help: "1 is the text encoder's last layer", Panel: Folded,
		Key: "Clip skip", Resets: true, record: func(f *metadata.Fill) any { return &f.ClipSkip },
		Default: "1", Open: true,
		Value: number(func(q *Request) *int { return &q.ClipSkip }, 1, 32, Slider{1, 4, 1, ""})},
	{ID: "emphasis", Name: "Emphasis", Flag: "emphasis", Help: "how (weights) in the prompt are applied", Panel: Folded,
		Key: "Emphasis", Resets: true,
		Value: option(func(q *Request) *string { return &q.Emphasis },
			Choice{Name: "Original", Foreign: "Original"}, Choice{Name: "No norm", Value: "No norm", Foreign: "No norm"},
			Choice{Name: "From empty", Value: "From empty"}, Choice{Name: "Ignore", Value: "Ignore", Foreign: "Ignore"},
			Choice{Name: "None", Value: "None", Foreign: "None"})},
	{ID: "region_base", Name: "Prompt under regions", Flag: "region-base", Help: "share that the prompt keeps in the places of regions",
		NoPanel: "it is shown with the regions", Key: metadata.RegionBaseKey, Default: "0", When: func(q Request) bool { return len(q.Regions) > 0 },
		Value: number(func(q *Request) *float64 { return &q.RegionBase }, 0, 1, Slider{0, 1, 0.05, ""})},
}

// samplerOf reads a recipe's sampler; "" where we have none of that name.
func samplerOf(_ *Value, r *metadata.Recipe) string {
	if solver, _ := r.Sampler(); slices.Contains(Samplers(), solver) {
		return solver
	}
	return ""
}

// scheduleOf reads a recipe's schedule. One that names none leaves it to the sampler.
func scheduleOf(_ *Value, r *metadata.Recipe) string {
	_, schedule := r.Sampler()
	switch {
	case slices.Contains(Schedules(), schedule):
		return schedule
	case samplerOf(nil, r) != "":
		return automatic
	}
	return ""
}
