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

// adapterPanel is the list of files that change the model, a row for each (adapterrow.go). What
// the prompt names stays in the prompt.
type adapterPanel struct {
	w       *window
	content *fyne.Container
	rows    *fyne.Container
	add     *widget.Button
	list    []*adapterRow
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
	if !slices.EqualFunc(now, p.list, func(a settings.Adapter, r *adapterRow) bool { return a.File == r.file }) {
		old := p.list
		p.list = nil
		p.rows.RemoveAll()
		for i, a := range now {
			var row *adapterRow
			if at := slices.IndexFunc(old, func(r *adapterRow) bool { return r.file == a.File }); at >= 0 {
				row = old[at]
				old = slices.Delete(slices.Clone(old), at, at+1)
			} else {
				row = newAdapterRow(p.w, a.File)
			}
			row.i = i
			p.list = append(p.list, row)
			p.rows.Add(row.content)
		}
	}
	for i, a := range now {
		p.list[i].show(a)
	}
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
	p.w.menuBelow(p.add, items)
}

// menuBelow shows a menu under a control.
func (w *window) menuBelow(o fyne.CanvasObject, items []*fyne.MenuItem) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o).AddXY(0, o.Size().Height)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), w.win.Canvas(), at)
}
