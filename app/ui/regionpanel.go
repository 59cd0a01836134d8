package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/words"
)

// regionPanel is the section of areas with a prompt of their own: a row of each, below them what is said of
// the one that is chosen.
//
// 2026-11-28: one block of fields for the chosen region, not one in each row: every prompt with
// colours costs megabytes of fonts (withUnseenText).
type regionPanel struct {
	w       *window
	section *section
	rows    *fyne.Container
	list    []*regionRow
	chosen  string // its area
	setting bool   // values are being shown, not chosen

	details          *fyne.Container
	name             *field
	prompt, negative *promptBox
	over             *tick
	weight, feather  *numberSlider
	up, down         *hintButton
	base             *numberSlider
	baseRow          fyne.CanvasObject
}

// regionRow is a region in the list.
type regionRow struct {
	area       string
	content    fyne.CanvasObject
	eye, paint *hintButton
	name       *hintButton
	ink        *swatch
}

func newRegionPanel(w *window) *regionPanel {
	p := &regionPanel{w: w, rows: container.NewVBox()}
	add := widget.NewButtonWithIcon(words.T("New region"), icon("layeradd"), func() { w.ed.Do("region.add") })
	add.Alignment = widget.ButtonAlignLeading
	p.fields()
	p.base = newNumberSlider(words.T("Base share"), 0, 100, 5, "%", func(v float64) {
		if !p.setting {
			w.ed.Fills.SetRegionBase(v / 100)
		}
	}).column()
	p.baseRow = newExplained(w, words.T("How much the prompt of the whole picture counts where regions are mixed"), p.base.content)
	p.section = newSection(w, words.T("Regions"), "regions", p.rows, add, p.details, p.baseRow)
	p.show()
	return p
}

// change changes the chosen region, where a person chose.
func (p *regionPanel) change(set func(*fills.Region)) {
	if !p.setting {
		p.w.ed.Fills.ChangeRegion(p.chosen, set)
	}
}

// fields makes the block below the list.
func (p *regionPanel) fields() {
	ed := p.w.ed
	p.name = newField()
	p.name.left = func() {
		if p.name.Text != "" {
			p.change(func(r *fills.Region) { r.Name = p.name.Text })
		}
		p.show()
	}
	p.prompt = newPromptBox(p.w, words.T("Prompt: what should be here"), 2, false, func(s string) { p.change(func(r *fills.Region) { r.Prompt = s }) })
	p.negative = newPromptBox(p.w, words.T("Negative prompt: as in the whole picture"), 1, true, func(s string) { p.change(func(r *fills.Region) { r.Negative = s }) })
	p.prompt.read, p.negative.read = ed.Prompting.ReadRegion, ed.Prompting.ReadRegion
	p.over = newTick(words.T("Lies over the others"), func(on bool) { p.change(func(r *fills.Region) { r.Over = on }) })
	p.weight = newNumberSlider(words.T("Weight"), fills.MinRegionWeight, 3, 0.05, "", func(v float64) { p.change(func(r *fills.Region) { r.Weight = v }) }).column()
	p.feather = newNumberSlider(words.T("Feather"), 0, 128, 1, "px", func(v float64) { p.change(func(r *fills.Region) { r.Feather = int(v) }) }).column()
	p.up = newHintButton(p.w, icon("up"), words.T("Move the region up the list: of two that lie over the others the lower one covers"), func() { ed.Fills.MoveRegion(p.chosen, -1) })
	p.down = newHintButton(p.w, icon("down"), words.T("Move the region down the list: of two that lie over the others the lower one covers"), func() { ed.Fills.MoveRegion(p.chosen, 1) })
	selects := newHintButton(p.w, icon("lasso"), words.T("Select where the region lies"), func() { ed.SelectRegion(p.chosen); p.w.focusCanvas() })
	over := newExplained(p.w, words.T("It covers what the others make there, as far as its edge is soft; else they are mixed by their weights"), p.over)
	p.details = container.NewVBox(
		container.NewBorder(nil, nil, nil, container.NewHBox(selects, p.up, p.down), p.name),
		withUnseenText(container.NewVBox(p.prompt.content, p.negative.content)),
		over, p.weight.content, p.feather.content)
}

func (p *regionPanel) row(r fills.Region) *regionRow {
	ed, area := p.w.ed, r.Area
	row := &regionRow{area: area}
	row.eye = newToldButton(p.w, icon("eye"), p.about(area, func(name string) string { return words.T("Switch %s off, or on again; it stays in the list", name) }),
		func() { ed.Fills.ChangeRegion(area, func(r *fills.Region) { r.Off = !r.Off }) })
	row.ink = newSwatch(func() {
		ed.Fills.ChangeRegion(area, func(r *fills.Region) { r.Colour = (r.Colour + 1) % len(regionInks) })
	})
	row.ink.rect.SetMinSize(fyne.NewSize(18, 18))
	row.name = newToldButton(p.w, nil, p.about(area, func(name string) string { return words.T("What is said of %s, below", name) }), func() { p.choose(area) })
	row.name.Alignment = widget.ButtonAlignLeading
	row.paint = newToldButton(p.w, icon("mask"), p.about(area, func(name string) string {
		return words.T("Paint where %s lies, with the mask's brush and the area tools, until you stop (Esc)", name)
	}), func() {
		if ed.PaintedRegion() == area {
			area = ""
		}
		ed.PaintRegion(area)
		area = row.area
		p.w.focusCanvas()
	})
	remove := newToldButton(p.w, icon("discard"), p.about(area, func(name string) string { return words.T("Remove %s", name) }), func() { ed.Fills.RemoveRegion(area) })
	row.content = container.NewBorder(nil, nil, container.NewHBox(row.eye, row.ink), container.NewHBox(row.paint, remove), row.name)
	return row
}

// about says something of a region by the name that it has now.
func (p *regionPanel) about(area string, say func(name string) string) func() string {
	return func() string {
		r, _ := p.w.ed.Fills.Region(area)
		return say(r.Name)
	}
}

func (p *regionPanel) choose(area string) {
	if painted := p.w.ed.PaintedRegion(); painted != "" && painted != area {
		p.w.ed.PaintRegion(area) // one paints what one looks at
	}
	p.chosen = area
	p.show()
}

// reveal unfolds the section for a region that was just made, and asks for its words unless it is to be
// painted first.
func (p *regionPanel) reveal() {
	all := p.w.ed.Fills.Regions()
	if len(all) == 0 {
		return
	}
	p.choose(all[len(all)-1].Area)
	if slices.Contains(p.w.ed.Settings.Hidden, "column") {
		p.w.ed.Do("view.column")
	}
	p.section.column.show(p.section)
	if p.w.ed.PaintedRegion() != "" {
		p.w.focusCanvas()
		return
	}
	p.w.ed.Post(func() { // a menu gives the keys to the canvas when it has closed
		p.w.win.Content().MinSize() // Fyne finds for the focus only what was measured once
		p.w.win.Canvas().Focus(p.prompt.entry)
	})
}

func (p *regionPanel) update(c desk.Change) {
	if c.What&(desk.FillChanged|desk.HistoryChanged|desk.DocumentOpened|desk.ToolChanged|desk.SettingsChanged) != 0 {
		p.show()
	}
}

// show brings the list and the fields up to date; rows that stay are kept.
func (p *regionPanel) show() {
	p.setting = true
	defer func() { p.setting = false }()
	ed := p.w.ed
	all := ed.Fills.Regions()
	p.section.offer(ed.Models.Engine().Unused["prompt"] == "" || len(all) > 0)
	title := words.T("Regions")
	if len(all) > 0 {
		title = words.T("Regions: %d", len(all))
	}
	if p.section.head.Text != title {
		p.section.head.SetText(title)
	}
	p.lay(all)
	at, mixed := slices.IndexFunc(all, func(r fills.Region) bool { return r.Area == p.chosen }), false
	if at < 0 && len(all) > 0 {
		at = len(all) - 1
		p.chosen = all[at].Area
	}
	for i, r := range all {
		p.list[i].show(r, i == at, r.Area == ed.PaintedRegion())
		mixed = mixed || !r.Over
	}
	before := p.section.body.MinSize().Height
	showIf(p.baseRow, mixed)
	p.base.set(100 * ed.Fills.Regional().Base)
	if showIf(p.details, at >= 0); at >= 0 {
		p.showFields(all[at])
		p.up.enable(at > 0)
		p.down.enable(at < len(all)-1)
	}
	if p.section.column != nil && p.section.body.MinSize().Height != before {
		p.w.fitColumn()
	}
}

// lay lays the rows out anew where others are to be seen.
func (p *regionPanel) lay(all []fills.Region) {
	if slices.EqualFunc(all, p.list, func(r fills.Region, row *regionRow) bool { return r.Area == row.area }) {
		return
	}
	old := p.list
	p.list = nil
	p.rows.RemoveAll()
	for _, r := range all {
		i := slices.IndexFunc(old, func(row *regionRow) bool { return row.area == r.Area })
		if i < 0 {
			p.list = append(p.list, p.row(r))
		} else {
			p.list = append(p.list, old[i])
		}
		p.rows.Add(p.list[len(p.list)-1].content)
	}
}

func (row *regionRow) show(r fills.Region, chosen, painted bool) {
	set := func(b *hintButton, importance widget.Importance) {
		if b.Importance != importance {
			b.Importance = importance
			b.Refresh()
		}
	}
	if res := icon(map[bool]string{true: "eyeoff", false: "eye"}[r.Off]); row.eye.Icon != res {
		row.eye.SetIcon(res)
	}
	if text := cut(r.Name, 22); row.name.Text != text {
		row.name.SetText(text)
	}
	set(row.name, map[bool]widget.Importance{true: widget.MediumImportance, false: widget.LowImportance}[chosen])
	set(row.paint, map[bool]widget.Importance{true: widget.HighImportance, false: widget.LowImportance}[painted])
	row.ink.set(regionInk(r.Colour))
}

// showFields shows what is said of the chosen region; a name that is being typed is left alone.
func (p *regionPanel) showFields(r fills.Region) {
	if p.name.Text != r.Name && p.w.win.Canvas().Focused() != fyne.Focusable(p.name) {
		p.name.SetText(r.Name)
	}
	p.prompt.show(r.Prompt, false)
	p.negative.show(r.Negative, false)
	p.over.SetChecked(r.Over)
	p.weight.set(r.Weight)
	p.feather.set(float64(r.Feather))
	showIf(p.weight.content, !r.Over)
}

// tilesText says what tiled diffusion costs in the next fill; "" where it is off or one tile covers all.
func tilesText(w *window) string {
	tiles, steps, times := w.ed.Fills.Tiling()
	if tiles == 0 {
		return ""
	}
	return " " + words.T("In tiles: %d in each of %d steps, %.1f times the work of the picture as a whole.", tiles, steps, times)
}

// regionsText says what becomes of the regions in the next fill; "" where there are none.
func regionsText(w *window) string {
	switch n, of := w.ed.Fills.RegionsActing(); {
	case of == 0:
		return ""
	case !w.ed.Models.Generates():
		return " " + words.T("Regions are passed by: this engine reads no words.")
	case n == 0:
		return " " + words.T("No region lies here.")
	default:
		return " " + words.N(n, "%d region lies here.", "%d regions lie here.")
	}
}
