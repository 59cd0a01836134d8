package prompting

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/fault"
	"pentimento/pipeline/prompt"
)

// placeholder is where a style takes in the person's own prompt, as in A1111.
const placeholder = "{prompt}"

// Texts are prompt and negative prompt as the next fill sends them: with the applied
// styles, in their order.
func (p *Prompting) Texts() (text, negative string) {
	f := p.desk.Settings.Fill
	text, negative = f.Prompt, f.Negative
	for _, s := range p.InForce() {
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
func (p *Prompting) Applied(name string) bool {
	return slices.Contains(strings.Split(p.desk.Settings.Fill.Styles, "\n"), name)
}

// InForce are the styles in force, in the list's order.
func (p *Prompting) InForce() []settings.Style {
	var out []settings.Style
	for _, s := range p.desk.Settings.Styles {
		if p.Applied(s.Name) {
			out = append(out, s)
		}
	}
	return out
}

// AppliedStyles are the names of the styles in force, in the list's order.
func (p *Prompting) AppliedStyles() []string {
	var out []string
	for _, s := range p.InForce() {
		out = append(out, s.Name)
	}
	return out
}

// ApplyStyle lays a style over the prompt or takes it away again.
func (p *Prompting) ApplyStyle(name string, on bool) {
	names := slices.DeleteFunc(p.AppliedStyles(), func(n string) bool { return n == name })
	if on {
		names = append(names, name)
	}
	p.desk.SetFill(func(f *settings.Fill) { f.Styles = strings.Join(names, "\n") })
}

// SaveStyle puts a style in the place of the one called old, or adds it when old is "".
// The error says why it cannot be kept; nothing has changed then.
func (p *Prompting) SaveStyle(old string, s settings.Style) error {
	s.Name = strings.Join(strings.Fields(s.Name), " ")
	all := slices.Clone(p.desk.Settings.Styles)
	at := slices.IndexFunc(all, func(o settings.Style) bool { return o.Name == old })
	taken := slices.IndexFunc(all, func(o settings.Style) bool { return o.Name == s.Name })
	switch {
	case s.Name == "":
		return fault.New("style: it has no name", "give it one, to find it again")
	case taken >= 0 && taken != at:
		return fault.New(fmt.Sprintf("style: there is one called %q already", s.Name), "choose another name, or edit that one")
	case strings.TrimSpace(s.Prompt) == "" && strings.TrimSpace(s.Negative) == "":
		return fault.New("style: both its texts are empty", "write what it adds to the prompt or to the negative prompt")
	}
	applied := at >= 0 && p.Applied(old)
	if applied && old != s.Name {
		p.ApplyStyle(old, false)
	}
	if at >= 0 {
		all[at] = s
	} else {
		all = append(all, s)
	}
	p.desk.Settings.Styles = all
	if applied && old != s.Name {
		p.ApplyStyle(s.Name, true)
	}
	p.desk.Tell(desk.Change{What: desk.FillChanged})
	return nil
}

// RemoveStyle forgets a style.
func (p *Prompting) RemoveStyle(name string) {
	p.ApplyStyle(name, false)
	p.desk.Settings.Styles = slices.DeleteFunc(slices.Clone(p.desk.Settings.Styles), func(s settings.Style) bool { return s.Name == name })
	p.desk.Tell(desk.Change{What: desk.FillChanged})
}
