package editor

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/prompt"
)

// placeholder is where a style takes in the person's own prompt, as in A1111.
const placeholder = "{prompt}"

// maxPrompts is how many prompts are remembered.
const maxPrompts = 100

// Texts are prompt and negative prompt as the next fill sends them: with the applied
// styles, in their order.
func (e *Editor) Texts() (text, negative string) {
	f := e.Settings.Fill
	text, negative = f.Prompt, f.Negative
	for _, s := range e.applied() {
		text, negative = withStyle(text, s.Prompt), withStyle(negative, s.Negative)
	}
	return text, negative
}

// withStyle lays a style round or behind a text. Comments go first, since what follows one
// on its line would be part of it.
func withStyle(text, style string) string {
	style = strings.TrimSpace(style)
	if style == "" {
		return text
	}
	text = strings.TrimSpace(uncommented(text))
	switch {
	case strings.Contains(style, placeholder):
		return strings.ReplaceAll(style, placeholder, text)
	case text == "":
		return style
	}
	return text + ", " + style
}

// uncommented takes "# …" out of a text.
func uncommented(text string) string {
	if !strings.Contains(text, "#") {
		return text
	}
	var b strings.Builder
	at := 0
	for _, m := range prompt.Parse(text, prompt.Options{Steps: 1}).Marks() {
		if m.Kind == prompt.KindComment {
			b.WriteString(text[at:m.Start])
			at = m.End
		}
	}
	return b.String() + text[at:]
}

// Applied says whether a style is laid over the prompt.
func (e *Editor) Applied(name string) bool {
	return slices.Contains(strings.Split(e.Settings.Fill.Styles, "\n"), name)
}

// applied are the styles in force, in the list's order.
func (e *Editor) applied() []settings.Style {
	var out []settings.Style
	for _, s := range e.Settings.Styles {
		if e.Applied(s.Name) {
			out = append(out, s)
		}
	}
	return out
}

// AppliedStyles are the names of the styles in force, in the list's order.
func (e *Editor) AppliedStyles() []string {
	var out []string
	for _, s := range e.applied() {
		out = append(out, s.Name)
	}
	return out
}

// ApplyStyle lays a style over the prompt or takes it away again.
func (e *Editor) ApplyStyle(name string, on bool) {
	names := slices.DeleteFunc(e.AppliedStyles(), func(n string) bool { return n == name })
	if on {
		names = append(names, name)
	}
	e.SetFill(func(f *settings.Fill) { f.Styles = strings.Join(names, "\n") })
}

// SaveStyle puts a style in the place of the one called old, or adds it when old is "".
// The error says why it cannot be kept; nothing has changed then.
func (e *Editor) SaveStyle(old string, s settings.Style) error {
	s.Name = strings.Join(strings.Fields(s.Name), " ")
	all := slices.Clone(e.Settings.Styles)
	at := slices.IndexFunc(all, func(o settings.Style) bool { return o.Name == old })
	taken := slices.IndexFunc(all, func(o settings.Style) bool { return o.Name == s.Name })
	switch {
	case s.Name == "":
		return hinted("style: it has no name", "give it one, to find it again")
	case taken >= 0 && taken != at:
		return hinted(fmt.Sprintf("style: there is one called %q already", s.Name), "choose another name, or edit that one")
	case strings.TrimSpace(s.Prompt) == "" && strings.TrimSpace(s.Negative) == "":
		return hinted("style: both its texts are empty", "write what it adds to the prompt or to the negative prompt")
	}
	applied := at >= 0 && e.Applied(old)
	if applied && old != s.Name {
		e.ApplyStyle(old, false)
	}
	if at >= 0 {
		all[at] = s
	} else {
		all = append(all, s)
	}
	e.Settings.Styles = all
	if applied && old != s.Name {
		e.ApplyStyle(s.Name, true)
	}
	e.tell(Change{What: FillChanged})
	return nil
}

// RemoveStyle forgets a style.
func (e *Editor) RemoveStyle(name string) {
	e.ApplyStyle(name, false)
	e.Settings.Styles = slices.DeleteFunc(slices.Clone(e.Settings.Styles), func(s settings.Style) bool { return s.Name == name })
	e.tell(Change{What: FillChanged})
}

// prompting writes texts, variation and the rest of what only diffusion reads into a
// request.
func (e *Editor) prompting(req *pipeline.Request) {
	f := e.Settings.Fill
	req.Prompt, req.Negative = e.Texts()
	req.Batch, req.ClipSkip, req.RNG = max(f.Batch, 1), max(f.ClipSkip, 1), f.RNG
	if f.VariationStrength > 0 {
		req.VariationSeed, req.VariationStrength = f.Variation, f.VariationStrength
	}
	painting(req, f)
}

// numbered is a request as job number i of its stack: seeds count up over all pictures of
// all batches.
func numbered(req pipeline.Request, i int) pipeline.Request {
	return req.Nth(i * max(req.Batch, 1))
}

// remember puts a pair of texts first among those used before.
func (e *Editor) remember(p settings.Prompt) {
	p.Prompt, p.Negative = strings.TrimSpace(p.Prompt), strings.TrimSpace(p.Negative)
	if p == (settings.Prompt{}) {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(e.Settings.Prompts), func(o settings.Prompt) bool { return o == p })
	rest = slices.Insert(rest, 0, p)
	e.Settings.Prompts = rest[:min(len(rest), maxPrompts)]
}

// UsePrompt puts texts used before into the panel.
func (e *Editor) UsePrompt(p settings.Prompt) {
	e.SetFill(func(f *settings.Fill) { f.Prompt, f.Negative = p.Prompt, p.Negative })
}

// SavePreset keeps the panel's numbers under a name; one of that name is replaced.
func (e *Editor) SavePreset(name string) error {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return hinted("preset: it has no name", "give it one, to find it again")
	}
	p := settings.Preset{Name: name, Fill: texted(e.Settings.Fill, settings.Fill{})}
	all := slices.DeleteFunc(slices.Clone(e.Settings.Presets), func(o settings.Preset) bool { return o.Name == name })
	all = append(all, p)
	slices.SortFunc(all, func(a, b settings.Preset) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	e.Settings.Presets = all
	e.tell(Change{What: FillChanged})
	return nil
}

// UsePreset puts a preset's numbers into the panel; texts, styles, seeds and model stay.
func (e *Editor) UsePreset(name string) {
	for _, p := range e.Settings.Presets {
		if p.Name == name {
			e.SetFill(func(f *settings.Fill) { *f = texted(p.Fill, *f) })
		}
	}
}

// RemovePreset forgets a preset.
func (e *Editor) RemovePreset(name string) {
	e.Settings.Presets = slices.DeleteFunc(slices.Clone(e.Settings.Presets), func(p settings.Preset) bool { return p.Name == name })
	e.tell(Change{What: FillChanged})
}

// texted is the numbers of one fill with what a preset leaves alone of another.
func texted(numbers, rest settings.Fill) settings.Fill {
	numbers.Prompt, numbers.Negative, numbers.Styles = rest.Prompt, rest.Negative, rest.Styles
	numbers.Seed, numbers.LockSeed, numbers.Variation, numbers.Model = rest.Seed, rest.LockSeed, rest.Variation, rest.Model
	return numbers
}
