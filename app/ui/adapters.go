package ui

import (
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
)

// adapterPanel is the list of files that change the model, each with its weight. What the
// prompt names stays in the prompt.
type adapterPanel struct {
	w       *window
	content *fyne.Container
	rows    *fyne.Container
	add     *widget.Button
	shown   []settings.Adapter
	weights []*numberSlider
}

// maxNear is how many adapters near the model the button's menu offers.
const maxNear = 24

func newAdapterPanel(w *window) *adapterPanel {
	p := &adapterPanel{w: w, rows: container.NewVBox()}
	p.add = widget.NewButtonWithIcon(words.T("Add adapter…"), icon("layeradd"), p.offer)
	p.add.Alignment = widget.ButtonAlignLeading
	p.content = container.NewVBox(p.rows, p.add)
	p.show()
	return p
}

func (p *adapterPanel) update(c desk.Change) {
	if c.What&(desk.FillChanged|desk.DocumentOpened) != 0 {
		p.show()
	}
}

// show brings the rows up to date; those that stay are kept, for one of them may be dragged.
func (p *adapterPanel) show() {
	now := p.w.ed.Settings.Fill.Adapters
	same := slices.EqualFunc(now, p.shown, func(a, b settings.Adapter) bool { return a.File == b.File })
	if p.shown = now; same {
		for i, a := range now {
			p.weights[i].set(a.Weight)
		}
		return
	}
	p.rows.RemoveAll()
	p.weights = nil
	for i, a := range now {
		name := filepath.Base(a.File)
		weight := newNumberSlider(cut(name[:len(name)-len(filepath.Ext(name))], 11), 0, 2, 0.05, "", func(v float64) { p.w.ed.Models.WeighAdapter(i, v) }).column()
		weight.set(a.Weight)
		p.weights = append(p.weights, weight)
		remove := newHintButton(p.w, icon("discard"), words.T("Remove %s", name), func() { p.w.ed.Models.RemoveAdapter(i) })
		p.rows.Add(container.NewBorder(nil, nil, nil, remove, weight.content))
	}
	p.rows.Refresh()
}

// offer lists the adapters near the model, and a dialog for any other.
func (p *adapterPanel) offer() {
	choose := func() {
		p.w.AskOpen(words.T("Add adapter"), func(path string) { p.w.ed.Models.Receive(path) })
	}
	model, _ := p.w.ed.Models.Chosen()
	var items []*fyne.MenuItem
	for _, path := range p.w.ed.Models.Adapters() {
		if filepath.Dir(path) != filepath.Dir(model) && len(items) < maxNear { // there models are
			items = append(items, fyne.NewMenuItem(filepath.Base(path), func() { p.w.ed.Models.Receive(path) }))
		}
	}
	if len(items) == 0 {
		choose()
		return
	}
	items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(words.T("All models…"), func() { p.w.ed.Do("models.open") }), fyne.NewMenuItem(words.T("Choose a file…"), choose))
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.add).AddXY(0, p.add.Size().Height)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), p.w.win.Canvas(), at)
}
