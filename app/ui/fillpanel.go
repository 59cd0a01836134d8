package ui

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/fills"
	"pentimento/app/models"
	"pentimento/app/settings"
	"pentimento/app/words"
)

// fillPanel holds what a fill is made from and says what it will do: what and Fill on
// top, then the numbers, the rarer ones (fillmore.go) folded away.
type fillPanel struct {
	w                *window
	content          *fyne.Container
	engine           *choice
	help, plan, why  *widget.Label
	problems         *problemList
	prompt, negative *promptBox
	styles           *hintButton
	prompts, presets *hintButton
	seed             *numberField
	count            *numberSlider
	rows             map[string]*settingRow // by ID: those shown always, and those under More
	lock, model      *widget.Button
	dice             *hintButton
	fill             *widget.Button
	more             *fillMore
	setting          bool
}

func newFillPanel(w *window) *fillPanel {
	p := &fillPanel{w: w}
	p.engine = newChoice(engineNames(), func(name string) {
		for _, row := range models.Engines {
			if row.Name == name {
				p.change(func(f *settings.Fill) { f.Engine = string(row.ID) })
			}
		}
	})
	p.help, p.plan, p.why = wrapped(""), wrapped(""), wrapped("")
	p.problems = newProblemList()
	p.help.Importance, p.why.Importance = widget.LowImportance, widget.LowImportance
	p.prompt = newPromptBox(w, words.T("Prompt: what should appear"), 3, false, func(s string) { p.change(func(f *settings.Fill) { f.Prompt = s }) })
	p.negative = newPromptBox(w, words.T("Negative prompt: what to avoid"), 2, true, func(s string) { p.change(func(f *settings.Fill) { f.Negative = s }) })
	p.rows = map[string]*settingRow{}
	for _, row := range append(fills.Shown(), fills.Folded()...) {
		p.rows[row.ID] = newSettingRow(p, row)
	}
	p.count = newNumberSlider(words.T("Candidates"), 1, 8, 1, "", func(v float64) { p.change(func(f *settings.Fill) { f.Count = int(v) }) }).column()
	p.model = widget.NewButtonWithIcon("", icon("model"), func() { w.ed.Do("file.model") })
	p.model.Alignment = widget.ButtonAlignLeading
	p.fill = widget.NewButtonWithIcon(words.T("Fill"), icon("fill"), func() { w.ed.Fills.Fill(); w.focusCanvas() })
	p.fill.Importance = widget.HighImportance
	p.seed = newNumberField(func(v int64) { p.change(func(f *settings.Fill) { f.Seed = v }) })
	p.more = newFillMore(p)
	p.layout()
	p.show()
	return p
}

// showPrompt unfolds the panel and puts the cursor into the prompt.
func (w *window) showPrompt() {
	if slices.Contains(w.ed.Settings.Hidden, "fill") {
		w.ed.Do("view.fillpanel")
	}
	w.win.Canvas().Focus(w.prompt)
}

func (p *fillPanel) layout() {
	do := func(id string) *hintButton {
		a := editor.Find(id)
		return newHintButton(p.w, icon(a.Icon), strings.TrimSuffix(words.T(a.Name), "…")+keysOf(a)+" — "+words.T(a.Help), func() { p.w.ed.Do(id) })
	}
	p.styles, p.prompts, p.presets = do("fill.styles"), do("fill.prompts"), do("fill.presets")
	p.styles.Alignment = widget.ButtonAlignLeading
	saved := container.NewBorder(nil, nil, nil, container.NewHBox(p.prompts, p.presets), p.styles)
	p.lock = widget.NewButtonWithIcon("", icon("unlock"), func() { p.change(func(f *settings.Fill) { f.LockSeed = !f.LockSeed }) })
	p.dice = newHintButton(p.w, icon("dice"), words.T("A new random seed"), func() { p.change(func(f *settings.Fill) { f.Seed = int64(rand.Uint32()) }) })
	row := func(id string) fyne.CanvasObject { return p.rows[id].content }
	p.content = container.NewVBox(p.engine, p.help, withUnseenText(container.NewVBox(p.prompt.content, p.negative.content)), saved, p.fill, p.plan, p.problems.content,
		p.more.frame, row("feather"), row("keep_exact"), p.count.content, labelled(words.T("Seed"), p.seed.field, p.lock, p.dice),
		p.model, row("strength"), row("steps"), row("cfg"), container.NewGridWithColumns(2, p.rows["sampler"].choice, p.rows["schedule"].choice),
		p.more.content, p.why)
}

// labelled sets a control in the column that the sliders' names make, with what belongs
// to it behind it.
func labelled(name string, control fyne.CanvasObject, behind ...fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, container.NewStack(spacer(84), widget.NewLabel(name)), container.NewHBox(behind...), control)
}

func engineNames() []string {
	var out []string
	for _, row := range models.Engines {
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

func (p *fillPanel) update(c desk.Change) {
	if c.What&(desk.FillChanged|desk.DocumentOpened) != 0 {
		p.show()
	}
	if c.What&(desk.LayersChanged|desk.HistoryChanged|desk.FillChanged|desk.DocumentOpened|desk.SettingsChanged) != 0 {
		p.showPlan()
		p.more.showFrame()
	}
}

// show writes the settings into the controls and disables what the engine does not use.
func (p *fillPanel) show() {
	p.setting = true
	defer func() { p.setting = false }()
	f, row := p.w.ed.Settings.Fill, p.w.ed.Models.Engine()
	p.engine.SetSelected(row.Name)
	p.help.SetText(words.Label(row.Help))
	p.disable(row.Unused)
	p.prompt.show(f.Prompt, p.prompt.entry.Disabled())
	p.negative.show(f.Negative, p.negative.entry.Disabled())
	p.showStyles()
	p.seed.set(f.Seed)
	for _, r := range p.rows {
		r.show(&f)
	}
	p.count.set(float64(f.Count))
	p.model.SetText(p.w.ed.Models.Label())
	p.lock.SetIcon(icon(map[bool]string{true: "lock", false: "unlock"}[f.LockSeed]))
	p.more.showFrame()
	p.showPlan()
}

// showStyles names the applied styles on their button, as far as there is room.
func (p *fillPanel) showStyles() {
	text := words.T("Styles")
	if names := p.w.ed.Prompting.AppliedStyles(); len(names) > 0 {
		text = cut(words.T("Styles: %s", strings.Join(names, ", ")), 26)
	}
	if p.styles.Text != text {
		p.styles.SetText(text)
	}
	p.prompts.enable(editor.Find("fill.prompts").Can(p.w.ed))
}

// cut shortens a text to n letters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}

// control is what can be greyed out.
type control interface {
	Enable()
	Disable()
	Disabled() bool
}

// disable greys out what the engine does not use, and says why once per reason.
func (p *fillPanel) disable(unused map[string]string) {
	for key, all := range map[string][]control{"prompt": {p.prompt.entry, p.styles}, "negative": {p.negative.entry}, "seed": {p.seed}, "model": {p.model}} {
		for _, c := range all {
			enable(c, unused[key] == "")
		}
	}
	p.count.enable(unused["count"] == "")
	for id, r := range p.rows {
		r.enable(unused[id] == "")
	}
	p.why.SetText(reasons(unused))
	if p.why.Text == "" {
		p.why.Hide()
	} else {
		p.why.Show()
	}
}

// enable greys a control out or brings it back.
func enable(c control, on bool) {
	switch {
	case on && c.Disabled():
		c.Enable()
	case !on && !c.Disabled():
		c.Disable()
	}
}

// reasons lists what is off, one line a reason. What is folded away is one word.
func reasons(unused map[string]string) string {
	names := map[string]string{"count": words.T("candidates"), "prompt": words.T("prompt"), "negative": words.T("negative prompt"), "seed": words.T("seed"), "model": words.T("model")}
	for _, row := range fills.Shown() {
		names[row.ID] = strings.ToLower(words.Label(row.Title()))
	}
	folded := fills.Folded()
	for _, row := range folded {
		names[row.ID] = strings.ToLower(words.Label(row.Title()))
		if !slices.ContainsFunc(folded, func(r *fills.Setting) bool { return unused[r.ID] == "" }) {
			names[row.ID] = words.T("everything under More")
		}
	}
	by := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(unused)) {
		if name, why := names[id], unused[id]; name != "" && !slices.Contains(by[why], name) {
			by[why] = append(by[why], name)
		}
	}
	var lines []string
	for _, why := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[why])
		lines = append(lines, words.T("Off: %s — %s.", strings.Join(by[why], ", "), words.Label(why)))
	}
	return strings.Join(lines, "\n")
}

// showPlan says what a press on Fill would read and change, or why it can do nothing.
func (p *fillPanel) showPlan() {
	ed := p.w.ed
	if ed.Empty() && !ed.Models.Engine().Network {
		p.problems.show(nil)
		p.plan.Show()
		p.plan.SetText(words.T("Open a picture to begin."))
		p.fill.Disable()
		return
	}
	p.fill.Enable()
	p.problems.show(ed.Fills.Problems())
	out := ed.Fills.Outline()
	if out.Err != nil { // it is the first of the problems
		p.plan.Hide()
		return
	}
	p.plan.Show()
	p.plan.SetText(words.T("Will %s. %s Changes at most %d × %d px (blue outline), reads %d × %d px (grey outline).",
		out.Task, words.Label(out.Why), out.Target.Dx(), out.Target.Dy(), out.Context.Dx(), out.Context.Dy()))
}
