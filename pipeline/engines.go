package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/pipeline/infill"
)

// EngineRow is what the program knows of an engine: the verbs and the fill panel read it
// here. To add an engine without a network: a mode of pipeline/infill and a row.
type EngineRow struct {
	ID      Engine
	Name    string // for people
	Help    string // one or two sentences
	Network bool   // carries out Tasks with a model, from a prompt; else fill.go fills what is masked
	Seeded  bool   // another seed gives another picture
	Takes   bool   // takes from what is not masked, so something must be left
	Copies  bool   // and at least as many pixels as are masked

	mode infill.Mode // of an engine without a network
}

// Engines is the table of engines, in the order in which people are shown them; the first
// is the default.
var Engines = []EngineRow{
	{ID: Content, Name: "Content-aware", Help: "Copies and blends patches of the surrounding picture. Needs no model.", Seeded: true, Takes: true, Copies: true, mode: infill.Content},
	{ID: Edge, Name: "Edge blur", Help: "Spreads the colours at the border inward. For skies and walls.", Takes: true, mode: infill.Edge},
	{ID: Neutral, Name: "Neutral grey", Help: "Flat grey, a base to paint on.", mode: infill.Neutral},
	{ID: Noise, Name: "Noise", Help: "Coloured noise, a base for diffusion.", Seeded: true, mode: infill.Noise},
	{ID: Diffusion, Name: "Diffusion", Help: "Stable Diffusion from your prompt, on this machine.", Network: true, Seeded: true},
}

// FindEngine is the row of an engine.
func FindEngine(e Engine) (EngineRow, error) {
	i := slices.IndexFunc(Engines, func(row EngineRow) bool { return row.ID == e })
	if i < 0 {
		return EngineRow{}, fmt.Errorf("pipeline: engine %q is not known, want %s", e, oneOf(Engines, func(row EngineRow) string { return string(row.ID) }))
	}
	return Engines[i], nil
}

// Row is the engine's row; empty where there is none such.
func (e Engine) Row() EngineRow {
	row, _ := FindEngine(e)
	return row
}

// oneOf lists the names of a table's rows: "a, b or c".
func oneOf[T any](rows []T, name func(T) string) string {
	var names []string
	for _, row := range rows {
		names = append(names, name(row))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
