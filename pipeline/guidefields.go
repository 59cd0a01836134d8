package pipeline

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// GuideField is what a guide can be told as text, by the command line.
type GuideField struct {
	Name, Help string
	Set        func(g *Guide, text string) error
}

// GuideFields are those of all kinds.
var GuideFields = []GuideField{
	{"weight", "how much it counts, 1 is the usual", func(g *Guide, text string) error { return guideNumber(&g.Weight, text) }},
	{"start", "the part of the sampling from which it acts, 0 to 1", func(g *Guide, text string) error { return guideNumber(&g.Start, text) }},
	{"end", "and up to which", func(g *Guide, text string) error { return guideNumber(&g.End, text) }},
}

// modelField is that of kinds with a file.
var modelField = GuideField{"model", "the file of the network that reads the picture, or the name of one near the model (in a folder ControlNet)", func(g *Guide, text string) error {
	g.Model = text
	return nil
}}

// Own are the fields that guides of the kind have besides those of all.
func (k GuideKind) Own() []GuideField {
	if k.File {
		return append([]GuideField{modelField}, k.Fields...)
	}
	return slices.Clone(k.Fields)
}

// Field is what guides of the kind call so.
func (k GuideKind) Field(name string) (GuideField, bool) {
	for _, f := range append(k.Own(), GuideFields...) {
		if f.Name == name {
			return f, true
		}
	}
	return GuideField{}, false
}

// Read says whether a network here reads guides of the kind.
func (k GuideKind) Read() bool { return k.begin != nil }

// guideNumber reads a finite number.
func guideNumber(into *float64, text string) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return fmt.Errorf("%q, want a number", text)
	}
	*into = v
	return nil
}
