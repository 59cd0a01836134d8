package models

import (
	"pentimento/pipeline"
)

// EngineRow describes one engine to the fill panel and the planner. Add an engine: a row.
type EngineRow struct {
	ID        pipeline.Engine
	Name      string
	Help      string
	Generates bool // can make a picture where there is none, from a prompt
	// Unused says, for each setting that the engine does not use and for "count", why.
	Unused map[string]string
}

// Why an engine does not use a setting; translated where it is shown.
const (
	noPrompt      = "this engine copies from the surrounding picture and ignores the prompt"
	samePicture   = "this engine always gives the same picture"
	diffusionOnly = "a diffusion setting"
)

// unused finds the rows of the settings that an engine does not use.
func unused(e pipeline.Engine) map[string]string {
	m := map[string]string{}
	for i := range pipeline.Settings {
		switch s := &pipeline.Settings[i]; {
		case s.UsedBy(e):
		case s.ID == "seed":
			m["seed"], m["count"] = samePicture, samePicture
		case s.ID == "prompt", s.ID == "negative":
			m[s.ID] = noPrompt
		default:
			m[s.ID] = diffusionOnly
		}
	}
	return m
}

// Engines lists what can fill, in the panel's order.
var Engines = []EngineRow{
	{ID: pipeline.Content, Name: "Content-aware", Help: "Copies and blends patches of the surrounding picture. Needs no model.", Unused: unused(pipeline.Content)},
	{ID: pipeline.Edge, Name: "Edge blur", Help: "Spreads the colours at the border inward. For skies and walls.", Unused: unused(pipeline.Edge)},
	{ID: pipeline.Neutral, Name: "Neutral grey", Help: "Flat grey, a base to paint on.", Unused: unused(pipeline.Neutral)},
	{ID: pipeline.Noise, Name: "Noise", Help: "Coloured noise, a base for diffusion.", Unused: unused(pipeline.Noise)},
	diffusionRow,
}

// engine is the row the panel has chosen; the first where the name is not known.
func (m *Models) row() EngineRow {
	for _, row := range Engines {
		if string(row.ID) == m.desk.Settings.Fill.Engine {
			return row
		}
	}
	return Engines[0]
}

// Engine is the row the fill panel has chosen. Where a model fills, what it ignores is unused,
// too, and the starter model says in the place of Help what it is.
func (m *Models) Engine() EngineRow {
	row := m.row()
	if !row.Generates {
		return row
	}
	info, err := m.Model()
	if err == nil && m.UsesStarter() {
		row.Help = info.Name
	}
	if err == nil && len(info.Ignores) > 0 {
		row.Unused = map[string]string{}
		for _, id := range info.Ignores {
			row.Unused[id] = ignored
		}
	}
	return row
}

// ignored is why a model's panel has a setting greyed out.
const ignored = "this model doesn't use it"

// Samplers and Schedules are the names the fill panel offers.
func Samplers() []string { return pipeline.Samplers() }

// Schedules are the noise schedules by the names users know.
func Schedules() []string { return pipeline.Schedules() }

// diffusionRow is the engine that needs a checkpoint; where the starter model serves, Engine
// puts that model's own words in the place of Help.
var diffusionRow = EngineRow{
	ID: pipeline.Diffusion, Name: "Diffusion", Generates: true,
	Help:   "Stable Diffusion from your prompt, on this machine. Needs a checkpoint.",
	Unused: map[string]string{},
}
