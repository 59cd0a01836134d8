package ui

import (
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/models"
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

// maxNear is how many adapters of each sort the button's menu offers.
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

// offer lists the adapters near the model and in the library, those that fit it first, and a dialog for
// any other.
func (p *adapterPanel) offer() {
	p.w.ed.Models.ListAdapters(func(files []models.AdapterFile) {
		choose := func() {
			p.w.AskOpen(words.T("Add adapter"), func(path string) { p.w.ed.Models.Receive(path) })
		}
		items := p.items(files)
		if len(items) == 0 {
			choose()
			return
		}
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(words.T("All models…"), func() { p.w.ed.Do("models.open") }), fyne.NewMenuItem(words.T("Choose a file…"), choose))
		p.w.menuBelow(p.add, items)
	})
}

// items are the files as a menu: those of other families and broken ones are folded, with why.
func (p *adapterPanel) items(files []models.AdapterFile) (out []*fyne.MenuItem) {
	var others, broken []*fyne.MenuItem
	add := func(to *[]*fyne.MenuItem, path, why string) *fyne.MenuItem {
		text := cut(filepath.Base(path), 48)
		if why != "" {
			text += ": " + why
		}
		item := fyne.NewMenuItem(text, func() { p.w.ed.Models.Receive(path) })
		if item.Disabled = why != ""; len(*to) < maxNear {
			*to = append(*to, item)
		}
		return item
	}
	n, m := 0, 0
	for _, f := range files {
		switch {
		case f.Trouble != "":
			m++
			add(&broken, f.Path, f.Trouble)
		case f.Other != "":
			n++
			add(&others, f.Path, words.T("made for %s", models.FamilyLabel(f.Other)))
		default:
			add(&out, f.Path, "")
		}
	}
	fold := func(title string, items []*fyne.MenuItem) {
		if len(items) > 0 {
			more := fyne.NewMenuItem(title, nil)
			more.ChildMenu = fyne.NewMenu("", items...)
			out = append(out, more)
		}
	}
	fold(words.N(n, "%d made for another model", "%d made for other models"), others)
	fold(words.N(m, "%d that can't be used", "%d that can't be used"), broken)
	return out
}

// menuBelow shows a menu under a control.
func (w *window) menuBelow(o fyne.CanvasObject, items []*fyne.MenuItem) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o).AddXY(0, o.Size().Height)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), w.win.Canvas(), at)
}
