package ui

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/settings"
)

// fillPanel holds what a fill is made from and says what it will do.
type fillPanel struct {
	w                                    *window
	content                              *fyne.Container
	engine                               *widget.Select
	help, plan, why                      *widget.Label
	prompt, negative, seed               *widget.Entry
	steps, cfg, strength, feather, count *numberSlider
	sampler, schedule                    *widget.Select
	lock, model                          *widget.Button
	dice                                 *hintButton
	fill                                 *widget.Button
	setting                              bool
}

func newFillPanel(w *window) *fillPanel {
	p := &fillPanel{w: w}
	p.engine = widget.NewSelect(engineNames(), func(name string) {
		for _, row := range editor.Engines {
			if row.Name == name {
				p.change(func(f *settings.Fill) { f.Engine = string(row.ID) })
			}
		}
	})
	p.help, p.plan, p.why = wrapped(""), wrapped(""), wrapped("")
	p.help.Importance, p.why.Importance = widget.LowImportance, widget.LowImportance
	p.prompt, p.negative = widget.NewMultiLineEntry(), widget.NewMultiLineEntry()
	p.prompt.SetPlaceHolder("Prompt: what shall be there")
	p.negative.SetPlaceHolder("Negative prompt: what shall not")
	for _, e := range []*widget.Entry{p.prompt, p.negative} {
		e.Wrapping = fyne.TextWrapWord
		e.SetMinRowsVisible(2)
	}
	p.prompt.OnChanged = func(s string) { p.change(func(f *settings.Fill) { f.Prompt = s }) }
	p.negative.OnChanged = func(s string) { p.change(func(f *settings.Fill) { f.Negative = s }) }
	number := func(label string, low, high, step float64, unit string, set func(*settings.Fill, float64)) *numberSlider {
		return newNumberSlider(label, low, high, step, unit, func(v float64) { p.change(func(f *settings.Fill) { set(f, v) }) }).column()
	}
	p.steps = number("Steps", 1, 60, 1, "", func(f *settings.Fill, v float64) { f.Steps = int(v) })
	p.cfg = number("Guidance", 1, 20, 0.5, "", func(f *settings.Fill, v float64) { f.CFG = v })
	p.strength = number("Strength", 0, 1, 0.05, "", func(f *settings.Fill, v float64) { f.Strength = v })
	p.feather = number("Feather", 0, 64, 1, "px", func(f *settings.Fill, v float64) { f.Feather = int(v) })
	p.count = number("Candidates", 1, 8, 1, "", func(f *settings.Fill, v float64) { f.Count = int(v) })
	p.sampler = widget.NewSelect(editor.Samplers(), func(s string) { p.change(func(f *settings.Fill) { f.Sampler = s }) })
	p.schedule = widget.NewSelect(editor.Schedules(), func(s string) { p.change(func(f *settings.Fill) { f.Schedule = s }) })
	p.model = widget.NewButtonWithIcon("", icon("model"), func() { w.ed.Do("file.model") })
	p.model.Alignment = widget.ButtonAlignLeading
	p.fill = widget.NewButtonWithIcon("Fill", icon("fill"), func() { w.ed.Fill(); w.focusCanvas() })
	p.fill.Importance = widget.HighImportance
	p.layout()
	p.show()
	return p
}

func (p *fillPanel) layout() {
	p.seed = widget.NewEntry()
	p.seed.OnChanged = func(s string) {
		if v, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
			p.change(func(f *settings.Fill) { f.Seed = v })
		}
	}
	p.lock = widget.NewButtonWithIcon("", icon("unlock"), func() {
		p.change(func(f *settings.Fill) { f.LockSeed = !f.LockSeed })
		p.show()
	})
	p.dice = newHintButton(p.w, icon("dice"), "A new random seed", func() {
		p.change(func(f *settings.Fill) { f.Seed = int64(rand.Uint32()) })
		p.show()
	})
	seed := container.NewBorder(nil, nil, container.NewStack(spacer(84), widget.NewLabel("Seed")), container.NewHBox(p.lock, p.dice), p.seed)
	samplers := container.NewGridWithColumns(2, p.sampler, p.schedule)
	p.content = container.NewVBox(p.engine, p.help, p.prompt, p.negative, p.fill, p.plan, p.feather.content, p.count.content, seed,
		p.model, p.strength.content, p.steps.content, p.cfg.content, samplers, p.why)
}

func engineNames() []string {
	var out []string
	for _, row := range editor.Engines {
		out = append(out, row.Name)
	}
	return out
}

func wrapped(s string) *widget.Label {
	l := widget.NewLabel(s)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// change writes to the settings unless the panel is only showing them.
func (p *fillPanel) change(set func(*settings.Fill)) {
	if !p.setting {
		p.w.ed.SetFill(set)
	}
}

func (p *fillPanel) update(c editor.Change) {
	if c.What&(editor.FillChanged|editor.DocumentOpened) != 0 {
		p.show()
	}
	if c.What&(editor.LayersChanged|editor.HistoryChanged|editor.FillChanged|editor.DocumentOpened) != 0 {
		p.showPlan()
	}
}

// show writes the settings into the controls and disables what the engine does not use.
func (p *fillPanel) show() {
	p.setting = true
	defer func() { p.setting = false }()
	f, row := p.w.ed.Settings.Fill, p.w.ed.Engine()
	p.engine.SetSelected(row.Name)
	p.help.SetText(row.Help)
	setText(p.prompt, f.Prompt)
	setText(p.negative, f.Negative)
	setText(p.seed, strconv.FormatInt(f.Seed, 10))
	p.steps.set(float64(f.Steps))
	p.cfg.set(f.CFG)
	p.strength.set(f.Strength)
	p.feather.set(float64(f.Feather))
	p.count.set(float64(f.Count))
	p.sampler.SetSelected(f.Sampler)
	p.schedule.SetSelected(f.Schedule)
	p.model.SetText("Open checkpoint…")
	if f.Model != "" {
		p.model.SetText(filepath.Base(f.Model))
	}
	p.lock.SetIcon(icon(map[bool]string{true: "lock", false: "unlock"}[f.LockSeed]))
	p.disable(row.Unused)
	p.showPlan()
}

func setText(e *widget.Entry, s string) {
	if e.Text != s {
		e.SetText(s)
	}
}

// disable greys out what the engine does not use, and says why once per reason.
func (p *fillPanel) disable(unused map[string]string) {
	for key, c := range map[string]interface {
		Enable()
		Disable()
		Disabled() bool
	}{"prompt": p.prompt, "negative": p.negative, "seed": p.seed, "model": p.model, "sampler": p.sampler, "schedule": p.schedule} {
		if _, off := unused[key]; off != c.Disabled() {
			if off {
				c.Disable()
			} else {
				c.Enable()
			}
		}
	}
	for key, n := range map[string]*numberSlider{"steps": p.steps, "cfg": p.cfg, "strength": p.strength, "feather": p.feather, "count": p.count} {
		_, off := unused[key]
		n.enable(!off)
	}
	reasons := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(unused)) {
		reasons[unused[key]] = append(reasons[unused[key]], key)
	}
	var lines []string
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		lines = append(lines, "Off: "+strings.Join(reasons[why], ", ")+" — "+why+".")
	}
	p.why.SetText(strings.Join(lines, "\n"))
	if len(lines) == 0 {
		p.why.Hide()
	} else {
		p.why.Show()
	}
}

// showPlan says what a press on Fill would read and change, or why it can do nothing.
func (p *fillPanel) showPlan() {
	ed := p.w.ed
	if ed.Empty() && !ed.Engine().Generates {
		p.plan.SetText("Open a picture to begin.")
		p.fill.Disable()
		return
	}
	p.fill.Enable()
	out := ed.Outline()
	if out.Err != nil {
		text := sentence(out.Err)
		if h := hintOf(out.Err); h != "" {
			text += " " + sentence(fmt.Errorf("%s", h))
		}
		p.plan.SetText(text)
		return
	}
	p.plan.SetText(fmt.Sprintf("Will %s: %s. Changes at most %d × %d px (blue outline), reads %d × %d px (grey outline).",
		out.Task, out.Why, out.Target.Dx(), out.Target.Dy(), out.Context.Dx(), out.Context.Dy()))
}
