package prompting

import (
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/fault"
	"pentimento/pipeline"
)

// SavePreset keeps the panel's numbers under a name; one of that name is replaced.
func (p *Prompting) SavePreset(name string) error {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return fault.New("preset: it has no name", "give it one, to find it again")
	}
	s := p.desk.Settings
	all := slices.DeleteFunc(slices.Clone(s.Presets), func(o settings.Preset) bool { return o.Name == name })
	all = append(all, settings.Preset{Name: name, Fill: texted(s.Fill, settings.Fill{})})
	slices.SortFunc(all, func(a, b settings.Preset) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	s.Presets = all
	p.desk.Tell(desk.Change{What: desk.FillChanged})
	return nil
}

// UsePreset puts a preset's numbers into the panel; texts, styles, seeds, model and adapters stay.
func (p *Prompting) UsePreset(name string) {
	for _, o := range p.desk.Settings.Presets {
		if o.Name == name {
			p.desk.SetFill(func(f *settings.Fill) { *f = texted(o.Fill, *f) })
		}
	}
}

// RemovePreset forgets a preset.
func (p *Prompting) RemovePreset(name string) {
	s := p.desk.Settings
	s.Presets = slices.DeleteFunc(slices.Clone(s.Presets), func(o settings.Preset) bool { return o.Name == name })
	p.desk.Tell(desk.Change{What: desk.FillChanged})
}

// texted is the numbers of one fill with what a preset leaves alone of another.
func texted(numbers, rest settings.Fill) settings.Fill {
	numbers.Prompt, numbers.Negative, numbers.Styles = rest.Prompt, rest.Negative, rest.Styles
	numbers.Seed, numbers.LockSeed, numbers.Variation, numbers.Model = rest.Seed, rest.LockSeed, rest.Variation, rest.Model
	numbers.Adapters = rest.Adapters
	for i := range pipeline.Settings {
		if s := &pipeline.Settings[i]; s.OfModel && numbers.Get(s.ID) != rest.Get(s.ID) {
			numbers.Set(s.ID, rest.Get(s.ID))
		}
	}
	return numbers
}
