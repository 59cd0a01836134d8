package ui

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/app/words"
)

// fillPanel holds what a fill is made from and says what it will do. Its head stands above
// the column's scroll and is always seen: what fills, the prompt, the strength, Fill, and a
// grey line. The rest is sections of the column (sidecolumn.go), folded until wanted. What
// the chosen engine doesn't use isn't there.
type fillPanel struct {
	w                *window
	head             *fyne.Container
	avoid, numbers   *section
	guidance, rarer  *section
	adapters         *section
	regions          *regionPanel
	chip             *hintButton
	signed           string // the model whose sign the chip has
	model            *widget.Button
	modelRow         *fyne.Container // and, beside it, where to get another
	speed            *speedLine
	cost             *widget.Label // what previews cost
	plan             *widget.Label
	legend           *maskLegend // of a mask that says how much may change
	problems         *problemList
	prompt, negative *promptBox
	texts            *fyne.Container // of the prompt and what belongs to it
	styles           *hintButton     // names the applied ones
	saved            []*hintButton
	seed             *numberField
	seedRow          fyne.CanvasObject
	loss             *widget.Label // what Faster costs
	count            *numberSlider
	rows             map[string]*settingRow // by ID: those shown always, and those under More
	lock             *widget.Button
	dice             *hintButton
	fill             *hintButton
	frame            *frameSize
	setting          bool
}

func newFillPanel(w *window) *fillPanel {
	p := &fillPanel{w: w, plan: small(""), legend: newMaskLegend(w), problems: newProblemList()}
	p.chip = newHintButton(w, icon("model"), "", p.chooseEngine)
	p.chip.Alignment, p.chip.Importance = widget.ButtonAlignLeading, widget.MediumImportance
	p.prompt = newPromptBox(w, words.T("Prompt: what should appear"), 2, false, func(s string) { p.change(func(f *settings.Fill) { f.Prompt = s }) })
	p.prompt.entry.undo, p.prompt.entry.redo = w.ed.Prompting.Back, w.ed.Prompting.Forth
	p.negative = newPromptBox(w, words.T("Negative prompt: what to avoid"), 2, true, func(s string) { p.change(func(f *settings.Fill) { f.Negative = s }) })
	p.rows = map[string]*settingRow{}
	for _, row := range fills.All() {
		p.rows[row.ID] = newSettingRow(p, row)
	}
	p.count = newNumberSlider(words.T("Candidates"), 1, 8, 1, "", func(v float64) { p.change(func(f *settings.Fill) { f.Count = int(v) }) }).column()
	p.model = widget.NewButtonWithIcon("", icon("model"), func() { w.ed.Do("file.model") })
	p.model.Alignment = widget.ButtonAlignLeading
	get := newHintButton(w, icon("download"), words.T("Get a model…"), func() { w.ed.Do("file.getmodel") })
	showIf(get, w.ed.Downloads != nil)
	p.modelRow = container.NewBorder(nil, nil, nil, get, p.model)
	p.speed, p.cost = newSpeedLine(w), small("")
	p.fill = newHintButton(w, icon("fill"), "", func() { w.ed.Fill(); w.focusCanvas() })
	p.fill.Importance, p.fill.hover = widget.HighImportance, w.view.asks
	p.fill.SetText(words.T("Fill")) // draws it, so it comes last
	p.seed = newNumberField(func(v int64) { p.change(func(f *settings.Fill) { f.Seed = v }) })
	p.frame = newFrameSize(w)
	p.layout()
	p.show()
	return p
}

// showPrompt shows the column where it is hidden and puts the cursor into the prompt.
func (w *window) showPrompt() {
	if slices.Contains(w.ed.Settings.Hidden, "column") {
		w.ed.Do("view.column")
	}
	if w.bar != nil && w.bar.box.Visible() && w.win.Canvas().Focused() != fyne.Focusable(w.bar.prompt) {
		w.win.Canvas().Focus(w.bar.prompt)
		return
	}
	w.win.Content().MinSize() // Fyne finds for the focus only what was measured once
	w.win.Canvas().Focus(w.prompt)
}

func (p *fillPanel) layout() {
	do := func(id string) *hintButton {
		a := editor.Find(id)
		return newToldButton(p.w, icon(a.Icon), func() string {
			return strings.TrimSuffix(words.T(a.Name), "…") + p.w.keysOf(a) + " — " + words.T(a.Help)
		}, func() { p.w.ed.Do(id) })
	}
	p.saved = []*hintButton{do("fill.styles"), do("fill.prompts"), do("fill.presets"), newIdeasButton(p.w)}
	p.styles = do("fill.styles")
	p.styles.Alignment = widget.ButtonAlignLeading
	p.lock = widget.NewButtonWithIcon("", icon("unlock"), func() { p.change(func(f *settings.Fill) { f.LockSeed = !f.LockSeed }) })
	p.dice = newHintButton(p.w, icon("dice"), words.T("A new random seed"), func() { p.change(func(f *settings.Fill) { f.Seed = int64(rand.Uint32()) }) })
	row := func(id string) fyne.CanvasObject { return p.rows[id].content }

	p.texts = container.NewVBox(withUnseenText(p.prompt.content), p.styles)
	buttons := container.NewHBox()
	for _, b := range p.saved {
		buttons.Add(b)
	}
	top := container.New(&lower{}, p.texts, container.NewBorder(nil, nil, nil, buttons, p.chip))
	p.head = container.NewVBox(top, row("strength"), row("keep_exact"), p.fill, p.plan, p.legend.content, p.problems.content)

	p.avoid = newSection(p.w, words.T("Negative"), "negative", withUnseenText(p.negative.content))
	p.loss = small("")
	p.seedRow = labelled(words.T("Seed"), p.seed.field, p.lock, p.dice)
	p.numbers = newSection(p.w, words.T("Numbers"), "numbers", p.speed.content, row("steps"), row("sampler"), row("schedule"), row("cfg"), row("faster"), p.loss, p.seedRow, p.count.content, row("feather"), p.frame.content, p.modelRow)
	contents := func(rows []*fills.Setting) (all []fyne.CanvasObject) {
		for _, r := range rows {
			if all = append(all, row(r.ID)); r.ID == "preview_file" {
				all = append(all, p.cost)
			}
		}
		return all
	}
	p.regions = newRegionPanel(p.w)
	list := newAdapterPanel(p.w)
	p.w.panels = append(p.w.panels, p.regions, list)
	p.adapters = newSection(p.w, words.T("Adapters"), "adapters", list.content)
	p.guidance = newSection(p.w, words.T("Guidance"), "guidance", contents(fills.Guiding())...)
	p.rarer = newSection(p.w, words.T("More…"), "more", contents(fills.Folded())...)
}

// sections are the panel's parts below its head.
func (p *fillPanel) sections() []*section {
	return []*section{p.avoid, p.regions.section, p.numbers, p.adapters, p.guidance, p.rarer}
}

// labelled sets a control in the column that the sliders' names make, with what belongs
// to it behind it.
func labelled(name string, control fyne.CanvasObject, behind ...fyne.CanvasObject) fyne.CanvasObject {
	return container.NewBorder(nil, nil, container.NewStack(spacer(84), widget.NewLabel(name)), container.NewHBox(behind...), control)
}

func wrapped(s string) *widget.Label {
	l := widget.NewLabel(s)
	l.Wrapping = fyne.TextWrapWord
	return l
}

// small is a wrapped line of small grey text.
func small(s string) *widget.Label {
	l := wrapped(s)
	l.SizeName, l.Importance = theme.SizeNameCaptionText, widget.LowImportance
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
		return
	}
	if c.What&desk.CandidatesChanged != 0 {
		p.showCost()
	}
	if c.What&(desk.LayersChanged|desk.HistoryChanged|desk.SettingsChanged|desk.ToolChanged) != 0 {
		p.showPlan()
		p.frame.show()
	}
}

// show writes the settings into the controls and hides what the engine does not use.
func (p *fillPanel) show() {
	p.setting = true
	defer func() { p.setting = false }()
	f, row := p.w.ed.Settings.Fill, p.w.ed.Models.Engine()
	uses := func(id string) bool { return row.Unused[id] == "" }
	p.showChip(row)
	p.prompt.show(f.Prompt, !uses("prompt"))
	p.negative.show(f.Negative, !uses("negative"))
	p.showStyles()
	p.seed.set(f.Seed)
	for id, r := range p.rows {
		r.show(&f, uses(id))
	}
	p.count.set(float64(f.Count))
	p.lock.SetIcon(icon(map[bool]string{true: "lock", false: "unlock"}[f.LockSeed]))
	showIf(p.texts, uses("prompt"))
	showIf(p.seedRow, uses("seed"))
	if text := fills.FasterLoss(&f); p.loss.Text != text {
		p.loss.SetText(text)
	}
	showIf(p.loss, uses("faster"))
	showIf(p.count.content, uses("count"))
	showIf(p.model, uses("model"))
	showIf(p.modelRow, uses("model"))
	d, ok := p.w.ed.Models.Distilled()
	p.speed.show(d, ok && uses("model"))
	for _, b := range p.saved {
		showIf(b, uses("prompt"))
	}
	p.avoid.offer(uses("negative"))
	p.adapters.offer(uses("model"))
	visible := func(r *fills.Setting) bool { return p.rows[r.ID].content.Visible() }
	p.guidance.offer(slices.ContainsFunc(fills.Guiding(), visible))
	p.rarer.offer(slices.ContainsFunc(fills.Folded(), visible))
	p.frame.show()
	p.showCost()
	p.showPlan()
}

// previewer names the tiny autoencoder that previews are made by where none is chosen.
func (p *fillPanel) previewer() string {
	if p.w.ed.Models.UsesStarter() { // none lies near it, and to look lays it out as a file
		return words.T("None near the model")
	}
	if info, err := p.w.ed.Models.Model(); err == nil && info.Previewer != "" {
		name := filepath.Base(info.Previewer)
		return words.T("Found: %s", cut(strings.TrimSuffix(name, filepath.Ext(name)), 17))
	}
	return words.T("None near the model")
}

// showCost says what previews cost in the last run.
func (p *fillPanel) showCost() {
	if text := p.w.ed.Fills.PreviewCost(); p.cost.Text != text {
		p.cost.SetText(text)
	}
	showIf(p.cost, p.cost.Text != "" && p.rows["preview"].content.Visible() && p.w.ed.Settings.Fill.Get("preview") != "none")
}

// showIf shows or hides an object, where that changes anything.
func showIf(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

// showStyles names the applied styles, as far as there is room.
func (p *fillPanel) showStyles() {
	names := p.w.ed.Prompting.AppliedStyles()
	if text := cut(words.T("Styles: %s", strings.Join(names, ", ")), 30); p.styles.Text != text {
		p.styles.SetText(text)
	}
	showIf(p.styles, len(names) > 0)
	p.saved[1].enable(editor.Find("fill.prompts").Can(p.w.ed))
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

// enable greys a control out or brings it back.
func enable(c control, on bool) {
	switch {
	case on && c.Disabled():
		c.Enable()
	case !on && !c.Disabled():
		c.Disable()
	}
}

// showPlan says what a press on Fill would read and change, or what is to be done first.
func (p *fillPanel) showPlan() {
	ed := p.w.ed
	p.showStrength()
	defer func() { showIf(p.plan, p.plan.Text != "") }()
	out := ed.Fills.Outline()
	p.legend.show(out.Degrees)
	exact := p.rows["keep_exact"] // it is about what continues a picture
	grows := !out.Idle && out.Task.Row().Grows || ed.ToolName() == "border"
	showIf(exact.content, ed.Models.Engine().Unused["keep_exact"] == "" && grows)
	if ed.Empty() && !ed.Models.Engine().Network {
		p.problems.show(nil)
		p.plan.SetText(words.T("Open a picture to begin."))
		p.fill.enable(false)
		return
	}
	p.fill.enable(!out.Idle)
	p.problems.show(ed.Fills.Problems())
	switch {
	case out.Idle:
		p.plan.SetText(ed.Keyed(words.T("Paint over what you want to replace (M), or drag an edge of the picture to extend it (O).")))
	case out.Err != nil: // it is the first of the problems
		p.plan.SetText("")
	default:
		text := words.T("Will %s: changes %d × %d px, reads %d × %d px.", out.Task, out.Target.Dx(), out.Target.Dy(), out.Context.Dx(), out.Context.Dy())
		p.plan.SetText(text + stays(ed, out) + degreesText(ed, out) + regionsText(p.w) + tilesText(p.w))
	}
	p.fill.hint = p.w.hintOf(editor.Find("fill.run"))
	if out.Err == nil {
		p.fill.hint += "\n" + words.Label(out.Why) + stays(ed, out)
	}
}

// stays says what a fill leaves as it is.
func stays(ed *editor.Editor, out fills.Outline) string {
	switch {
	case !ed.Selected().Empty():
		return " " + words.T("Nothing outside the selection changes.")
	case !out.Task.Row().Needs.Mask || out.Task.Row().Grows:
		return ""
	case out.Beyond > 0:
		return " " + words.T("It blends into up to %d px around the mask; “%s” keeps to it.", out.Beyond, words.T("Border")+": "+words.T("Exactly the mask"))
	}
	return " " + words.T("Nothing outside the mask changes.")
}

// showStrength shows how far the next fill may go: a whole picture that is refined has a
// strength of its own.
func (p *fillPanel) showStrength() {
	if s := p.rows["strength"].slider; s.value != p.w.ed.Fills.Strength() {
		before := p.setting
		p.setting = true
		s.set(p.w.ed.Fills.Strength())
		p.setting = before
	}
}

// lower lays its second object above its first, which Tab comes to before it.
type lower struct{}

// Layout implements fyne.Layout.
func (*lower) Layout(all []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for i := len(all) - 1; i >= 0; i-- {
		if o := all[i]; o.Visible() {
			h := o.MinSize().Height
			o.Move(fyne.NewPos(0, y))
			o.Resize(fyne.NewSize(size.Width, h))
			y += h + theme.Padding()
		}
	}
}

// MinSize implements fyne.Layout.
func (*lower) MinSize(all []fyne.CanvasObject) fyne.Size {
	var out fyne.Size
	for _, o := range all {
		if o.Visible() {
			m := o.MinSize()
			out = fyne.NewSize(max(out.Width, m.Width), out.Height+m.Height+theme.Padding())
		}
	}
	return out.SubtractWidthHeight(0, theme.Padding())
}
