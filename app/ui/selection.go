package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// showChangeSelection asks by how many pixels the selection is to be changed.
func (w *window) showChangeSelection(what string) {
	for _, c := range editor.SelectionChanges {
		if c.Sheet == what {
			n := newNumberField(func(int64) {})
			n.set(int64(w.ed.Settings.SelectPx))
			row := labelled(words.T(c.Name), n.field, container.NewStack(spacer(unitWidth), widget.NewLabel("px")))
			w.askFor(words.T(c.Title), n.field, row, func() {
				n.take()
				w.ed.ChangeSelection(c, int(min(n.value, editor.MaxSelectionPx)))
			})
		}
	}
}

// showSaveSelection asks for the name under which the selection is kept.
func (w *window) showSaveSelection() {
	name := newField()
	w.askFor(words.T("Save selection"), name, container.NewVBox(spacer(320), labelled(words.T("Name"), name),
		wrapped(words.T("A selection of the same name is replaced. It is saved with the project."))), func() { w.ed.SaveSelection(name.Text) })
}

// askFor shows a small sheet with one field; then runs when it is confirmed.
func (w *window) askFor(title string, f *field, rows fyne.CanvasObject, then func()) {
	d := dialog.NewCustomWithoutButtons(title, rows, w.win)
	yes := func() {
		d.Hide()
		then()
	}
	ok := widget.NewButton(words.T("OK"), yes)
	ok.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), ok})
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(f)
}

// savedSelections are lines of the palette: to select one again, or to remove it.
func savedSelections(w *window) []command {
	var out []command
	list := w.ed.SavedSelections()
	for _, name := range list {
		out = append(out, command{name: name, detail: words.T("Select it again"), run: func() { w.ed.LoadSelection(name) }})
	}
	for _, name := range list {
		out = append(out, command{name: words.T("Remove %q", name), detail: words.T("Forget this saved selection"), run: func() { w.ed.ForgetSelection(name) }})
	}
	return out
}
