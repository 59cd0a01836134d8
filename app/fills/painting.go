package fills

import (
	"slices"

	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/region"
)

// Choice is one answer to a question of the fill panel.
type Choice struct {
	Name  string // for people
	value string // as the settings keep it; "" is the pipeline's own choice
}

// Question is one choice of how diffusion reads, keeps and lays back. Add one: a row, and
// its case in painting.
type Question struct {
	ID, Name string
	Choices  []Choice // the first is what a new user has
	get      func(*settings.Fill) *string
}

// Questions are the choices that the panel folds away under "More".
var Questions = []Question{
	{"area", "Area", []Choice{{"Automatic", ""}, {"Only masked, padding 32", "masked"}, {"Whole picture", "whole"}},
		func(f *settings.Fill) *string { return &f.Area }},
	{"blend", "Keeping", []Choice{{"Automatic", ""}, {"Denoised side", pipeline.BlendDenoised}, {"Both sides", pipeline.BlendBoth}, {"Differential", pipeline.BlendDifferential}, {"Soft inpainting", pipeline.BlendSoft}},
		func(f *settings.Fill) *string { return &f.Blend }},
	{"infill", "Infill", []Choice{{"Automatic", ""}, {"Original", string(pipeline.InfillOriginal)}, {"Content-aware", string(pipeline.InfillContent)}, {"Edge blur", string(pipeline.InfillEdge)}, {"Neutral grey", string(pipeline.InfillNeutral)}, {"Noise", string(pipeline.InfillNoise)}},
		func(f *settings.Fill) *string { return &f.Infill }},
	{"reach", "Border", []Choice{{"Grows and fades", ""}, {"Exactly the mask", "inside"}, {"Gradient domain", "poisson"}},
		func(f *settings.Fill) *string { return &f.Reach }},
	{"hires", "Hires", []Choice{{"None", ""}, {"× 1.5, then refined", "1.5"}, {"× 2, then refined", "2"}},
		func(f *settings.Fill) *string { return &f.Hires }},
	{"tile", "Seamless", []Choice{{"No", ""}, {"Across", "x"}, {"Down", "y"}, {"Both ways", "xy"}},
		func(f *settings.Fill) *string { return &f.Tile }},
}

// Names are the question's answers for a list.
func (q Question) Names() []string {
	out := make([]string, len(q.Choices))
	for i, c := range q.Choices {
		out[i] = c.Name
	}
	return out
}

// Chosen is the name of the present answer.
func (q Question) Chosen(f settings.Fill) string {
	i := slices.IndexFunc(q.Choices, func(c Choice) bool { return c.value == *q.get(&f) })
	return q.Choices[max(i, 0)].Name
}

// Choose changes the answer; an unknown name changes nothing.
func (q Question) Choose(f *settings.Fill, name string) {
	if i := slices.IndexFunc(q.Choices, func(c Choice) bool { return c.Name == name }); i >= 0 {
		*q.get(f) = q.Choices[i].value
	}
}

// painting puts the answers into a request.
func painting(req *pipeline.Request, f settings.Fill) {
	switch f.Area {
	case "masked":
		req.Area = &pipeline.Area{Method: region.OnlyMasked, Padding: region.DefaultPadding, Blur: region.DefaultBlur}
	case "whole":
		req.Area = &pipeline.Area{Method: region.WholePicture, Blur: region.DefaultBlur}
	}
	req.Blend, req.Infill = f.Blend, pipeline.Infill(f.Infill)
	req.Inside, req.Poisson = f.Reach == "inside", f.Reach == "poisson"
	switch f.Hires {
	case "1.5":
		req.Hires = &pipeline.Hires{Scale: 1.5}
	case "2":
		req.Hires = &pipeline.Hires{Scale: 2}
	}
	req.TileX, req.TileY = f.Tile == "x" || f.Tile == "xy", f.Tile == "y" || f.Tile == "xy"
}
