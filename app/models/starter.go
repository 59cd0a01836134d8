package models

import (
	"path/filepath"
	"strings"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/pipeline"
)

// The starter model is what diffusion fills with when no checkpoint was opened:
// Settings.Fill.Model is "" then, so that the settings name no file of a cache. It is an
// ordinary checkpoint; only Models.Starter knows where it is. The numbers that a model
// advises stand here, too.

// Chosen is the path of the model that diffusion fills with; "" where none is chosen and
// none is built in.
func (m *Models) Chosen() (string, error) {
	if path := m.desk.Settings.Fill.Model; path != "" || m.Starter == nil {
		return path, nil
	}
	return m.Starter()
}

// UsesStarter says whether diffusion would fill with the built-in model.
func (m *Models) UsesStarter() bool { return m.desk.Settings.Fill.Model == "" && m.Starter != nil }

// StarterNamed is the path of the built-in model where a recipe's model name is its; "" of
// any other, and of another version of the starter.
func (m *Models) StarterNamed(name string) string {
	if name == "" || m.Starter == nil {
		return ""
	}
	if path, err := m.Starter(); err == nil && strings.EqualFold(Name(path), Name(name)) {
		return path
	}
	return ""
}

// Label names the chosen model in a few words, for a button that opens another.
func (m *Models) Label() string {
	switch {
	case m.UsesStarter():
		return words.T("Starter (a toy to try the tools with)") // pipeline.StarterName
	case m.desk.Settings.Fill.Model == "":
		return words.T("Open checkpoint…")
	}
	return filepath.Base(m.desk.Settings.Fill.Model)
}

// UseStarter goes back from an opened checkpoint to the built-in model.
func (m *Models) UseStarter() {
	if m.Starter != nil {
		m.desk.SetFill(func(f *settings.Fill) { f.Model, f.Engine = "", string(pipeline.Diffusion) })
	}
}

// advice is the numbers that go with a model, and which model that is. The panel's numbers
// follow the model as long as the person leaves them as advised.
type advice struct {
	model   string
	begun   bool
	numbers pipeline.Suggestion
}

// usualNumbers are those of a model that advises none.
func usualNumbers() pipeline.Suggestion {
	f := settings.Default().Fill
	return pipeline.Suggestion{Steps: f.Steps, CFG: f.CFG, Sampler: f.Sampler, Schedule: f.Schedule}
}

// follow brings the panel's numbers to what a newly chosen model advises, except those
// that were changed by hand. What an earlier run of the program left is kept as it is.
func (m *Models) follow(kept bool) {
	if !m.row().Network {
		return
	}
	path, _ := m.Chosen()
	if path == "" || m.advised.begun && path == m.advised.model {
		return
	}
	info, err := m.Model()
	if err != nil {
		return
	}
	old := usualNumbers()
	if m.advised.begun {
		old = m.advised.numbers
	}
	now := usualNumbers()
	pick(&now.Steps, info.Suggested.Steps)
	pick(&now.CFG, info.Suggested.CFG)
	pick(&now.Sampler, info.Suggested.Sampler)
	pick(&now.Schedule, info.Suggested.Schedule)
	m.advised = advice{path, true, now}
	if kept {
		return
	}
	f := &m.desk.Settings.Fill
	move(&f.Steps, old.Steps, now.Steps)
	move(&f.CFG, old.CFG, now.CFG)
	move(&f.Sampler, old.Sampler, now.Sampler)
	move(&f.Schedule, old.Schedule, now.Schedule)
}

// pick takes a value that was given.
func pick[T comparable](v *T, given T) {
	var zero T
	if given != zero {
		*v = given
	}
}

// move changes a value that still is the old one.
func move[T comparable](v *T, old, now T) {
	if *v == old {
		*v = now
	}
}
