package models

import (
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
	return m.lay()
}

// lay is the path of the built-in model, and remembers it.
func (m *Models) lay() (path string, err error) {
	if path, err = m.Starter(); err == nil {
		m.laid = path
	}
	return path, err
}

// UsesStarter says whether diffusion would fill with the built-in model.
func (m *Models) UsesStarter() bool { return m.desk.Settings.Fill.Model == "" && m.Starter != nil }

// StarterNamed is the path of the built-in model where a recipe's model name is its; "" of
// any other, and of another version of the starter.
func (m *Models) StarterNamed(name string) string {
	if name == "" || m.Starter == nil {
		return ""
	}
	if path, err := m.lay(); err == nil && strings.EqualFold(Name(path), Name(name)) {
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
	return Title(m.desk.Settings.Fill.Model)
}

// UseStarter goes back from an opened checkpoint to the built-in model.
func (m *Models) UseStarter() {
	if m.Starter != nil {
		m.desk.SetFill(func(f *settings.Fill) { f.Model, f.Engine = "", string(pipeline.Diffusion) })
	}
}

// usualNumbers are those of a model that advises none.
func usualNumbers() pipeline.Suggestion {
	f := settings.Default().Fill
	return pipeline.Suggestion{Steps: f.Steps, CFG: f.CFG, Sampler: f.Sampler, Schedule: f.Schedule}
}

// follow brings the panel's numbers to what a newly chosen model advises, except those
// that were changed by hand, in this run of the program or in one before. Values that came
// together with their model are kept as they are.
func (m *Models) follow(kept bool) {
	model := m.desk.Settings.Fill.Model
	m.swap(&m.desk.Settings.Fill, model)
	was := m.desk.Settings.Advised
	if !m.row().Network || was != nil && was.Model == model {
		return
	}
	info, err := m.Model()
	if err != nil {
		return
	}
	old, now := usualNumbers(), usualNumbers()
	if was != nil {
		old = pipeline.Suggestion{Steps: was.Steps, CFG: was.CFG, Sampler: was.Sampler, Schedule: was.Schedule}
	}
	pick(&now.Steps, info.Suggested.Steps)
	pick(&now.CFG, info.Suggested.CFG)
	pick(&now.Sampler, info.Suggested.Sampler)
	pick(&now.Schedule, info.Suggested.Schedule)
	m.desk.Settings.Advised = &settings.Advised{Model: model, Steps: now.Steps, CFG: now.CFG, Sampler: now.Sampler, Schedule: now.Schedule}
	if kept {
		return
	}
	f := &m.desk.Settings.Fill
	move(&f.Steps, old.Steps, now.Steps)
	move(&f.CFG, old.CFG, now.CFG)
	move(&f.Sampler, old.Sampler, now.Sampler)
	move(&f.Schedule, old.Schedule, now.Schedule)
}

// swap puts away what the panel says about the file of the model chosen before, and brings
// out what was said about another.
func (m *Models) swap(f *settings.Fill, model string) {
	if model == m.said {
		return
	}
	s, mine := m.desk.Settings, map[string]string{}
	for i := range pipeline.Settings {
		row := &pipeline.Settings[i]
		if !row.OfModel {
			continue
		}
		if text := f.Get(row.ID); text != "" {
			mine[row.ID] = text
		}
		if text := s.OfModel[model][row.ID]; text != f.Get(row.ID) {
			f.Set(row.ID, text)
		}
	}
	if delete(s.OfModel, m.said); len(mine) > 0 {
		if s.OfModel == nil {
			s.OfModel = map[string]map[string]string{}
		}
		s.OfModel[m.said] = mine
	}
	m.said = model
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
