package prompting

import (
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/fault"
	"pentimento/pipeline"
)

// SavePreset keeps the panel's numbers under a name, with prompt, styles, adapters and model
// where it is to be whole; one of that name is replaced.
func (p *Prompting) SavePreset(name string, whole bool) error {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return fault.New("preset: it has no name", "give it one, to find it again")
	}
	s := p.desk.Settings
	all := slices.DeleteFunc(slices.Clone(s.Presets), func(o settings.Preset) bool { return o.Name == name })
	kept := texted(s.Fill, settings.Fill{})
	if whole {
		kept = unseeded(s.Fill, settings.Fill{})
	}
	p.setPresets(append(all, settings.Preset{Name: name, Fill: kept, Whole: whole}))
	return nil
}

// setPresets keeps them sorted by name.
func (p *Prompting) setPresets(all []settings.Preset) {
	slices.SortFunc(all, func(a, b settings.Preset) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	p.desk.Settings.Presets = all
	p.desk.Tell(desk.Change{What: desk.FillChanged})
}

// UsePreset puts a preset's numbers into the panel; texts, styles, model and adapters stay unless
// it is whole, seeds always. A model that cannot be opened is told of, and the present one stays.
func (p *Prompting) UsePreset(name string) {
	for _, o := range p.desk.Settings.Presets {
		switch {
		case o.Name != name:
		case !o.Whole:
			p.desk.SetFill(func(f *settings.Fill) { *f = texted(o.Fill, *f) })
		default:
			if m := o.Fill.Model; m != "" && m != p.desk.Settings.Fill.Model && p.OpenModel != nil {
				p.OpenModel(m)
			}
			p.desk.TakeFill(func(f *settings.Fill) {
				model := f.Model
				if *f = unseeded(o.Fill, *f); f.Model != "" {
					f.Model = model
				}
			})
		}
	}
}

// unseeded is a fill with the seeds of another.
func unseeded(f, rest settings.Fill) settings.Fill {
	f.Seed, f.LockSeed, f.Variation = rest.Seed, rest.LockSeed, rest.Variation
	return f
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
