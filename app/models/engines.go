package models

import (
	"pentimento/pipeline"
)

// EngineRow describes one engine to the fill panel.
type EngineRow struct {
	pipeline.EngineRow
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
var Engines = engines()

func engines() (rows []EngineRow) {
	for _, e := range pipeline.Engines {
		rows = append(rows, EngineRow{e, unused(e.ID)})
	}
	return rows
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
	if !row.Network {
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
