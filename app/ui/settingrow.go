package ui

import (
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/app/words"
)

// settingRow is the control of one row of the settings: a tick, a slider, a typed number, a
// list or a file.
type settingRow struct {
	row     *fills.Setting
	content fyne.CanvasObject // with its name before it

	slider *numberSlider // of these one is set
	typed  *numberField
	choice *choice
	tick   *widget.Check
	text   *field
	file   *widget.Button
	near   func() string // what acts where no file is chosen
	dice   *hintButton   // beside typed
	clear  *hintButton   // beside file
}

func newSettingRow(p *fillPanel, row *fills.Setting) *settingRow {
	r := &settingRow{row: row}
	set := func(text string) { p.change(func(f *settings.Fill) { f.Set(row.ID, text) }) }
	if row.ID == "strength" {
		set = func(text string) {
			if v, err := strconv.ParseFloat(text, 64); err == nil && !p.setting {
				p.w.ed.Fills.SetStrength(v)
			}
		}
	}
	title := words.Label(row.Title())
	switch s := row.Slider; {
	case row.Kind == fills.YesNo:
		r.tick = widget.NewCheck(words.Label(row.Name), func(on bool) { set(strconv.FormatBool(on)) })
		r.content = r.tick
	case row.Path:
		ask, none := p.w.AskOpen, words.T("%s: the model's own", words.Label(row.Name))
		if row.Many {
			ask, none = p.w.AskFolder, words.T("%s: those near the model", words.Label(row.Name))
		}
		r.near = func() string { return words.T("The model's own") }
		switch {
		case row.ID == "hires_upscaler":
			ask = func(_ string, set func(string)) { p.w.pickUpscaler(r.file, set) }
			none, r.near = words.T("%s: a cubic filter", words.Label(row.Name)), func() string { return words.T("Cubic filter") }
		case row.Many:
			r.near = func() string { return words.T("Near the model") }
		case row.ID == "preview_file":
			none, r.near = words.T("%s: one near the model", words.Label(row.Name)), p.previewer
		}
		r.file = widget.NewButton("", func() { ask(words.Label(row.Name), set) })
		r.file.Alignment = widget.ButtonAlignLeading
		r.clear = newHintButton(p.w, icon("discard"), none, func() { set("") })
		r.content = labelled(title, r.file, r.clear)
	case row.Kind == fills.Words:
		r.text = newField()
		r.text.SetPlaceHolder(words.T("automatic"))
		r.text.left = func() { set(strings.TrimSpace(r.text.Text)) }
		r.content = labelled(title, r.text)
	case row.Kind != fills.Number:
		r.choice = newChoice(fills.Names(row), func(name string) {
			if text, ok := fills.Choose(row, name); ok {
				set(text)
			}
		})
		r.content = labelled(title, r.choice)
	case s.Step > 0:
		r.slider = newNumberSlider(title, s.Low, s.High, s.Step, s.Unit, func(v float64) { set(r.number(v)) }).column()
		r.content = r.slider.content
	default:
		r.typed = newNumberField(func(v int64) { set(strconv.FormatInt(v, 10)) })
		r.dice = newHintButton(p.w, icon("dice"), words.T("%s: another one, at random", words.Label(row.Name)), func() { set(strconv.FormatUint(uint64(rand.Uint32()), 10)) })
		r.content = labelled(title, r.typed.field, r.dice)
	}
	if row.Help != "" {
		help := strings.ReplaceAll(words.Label(row.Help), "`", "")
		r.content = newExplained(p.w, words.Label(row.Name)+" — "+help, r.content)
	}
	return r
}

// number is a number as the row has it; one that was typed can lie beyond the range.
func (r *settingRow) number(v float64) string {
	v = min(v, r.row.High)
	if r.row.Whole {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// show writes the panel's value into the control, and hides a control that the engine does
// not use or that does nothing beside the others.
func (r *settingRow) show(panel *settings.Fill, used bool) {
	text := r.row.Or(panel.Get(r.row.ID))
	n, _ := strconv.ParseFloat(text, 64)
	switch {
	case r.tick != nil:
		r.tick.SetChecked(text == "true")
	case r.file != nil:
		name := r.near()
		if text != "" {
			name = cut(filepath.Base(text), 24)
		}
		if r.file.Text != name {
			r.file.SetText(name)
		}
		showIf(r.clear, text != "")
	case r.text != nil:
		if r.text.Text != text {
			r.text.SetText(text)
		}
	case r.choice != nil:
		r.choice.SetSelected(fills.Chosen(r.row, text))
	case r.slider != nil:
		r.slider.set(n)
	default:
		whole, _ := strconv.ParseInt(text, 10, 64)
		r.typed.set(whole)
	}
	showIf(r.content, used && fills.Acts(r.row, panel))
}
