package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// showCutout asks by which network the active layer's subject is cut out, and what becomes of it, and then cuts out.
func (w *window) showCutout() {
	var start *widget.Button
	var s *subjectPick
	s = newSubjectPick(w, false, func() {
		if s.ready {
			start.Enable()
		} else {
			start.Disable()
		}
	})
	var ways []string
	for _, way := range editor.CutWays {
		ways = append(ways, editor.CutWayName(way))
	}
	way := newChoice(ways, nil)
	way.SetSelectedIndex(0)
	rows := container.NewVBox(append(append([]fyne.CanvasObject{spacer(460)}, s.rows()...), labelled(words.T("Result"), way),
		small(words.T("It is made of the active layer, beside the painting, and can be cancelled below; undo brings back what was there.")))...)
	d := dialog.NewCustomWithoutButtons(words.T("Cut out"), rows, w.win)
	yes := func() {
		if !start.Disabled() {
			d.Hide()
			way := editor.CutWays[way.SelectedIndex()]
			s.find(func(path string) { w.ed.CutOut(path, way) })
		}
	}
	start = widget.NewButton(words.T("Cut out"), yes)
	start.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), start})
	s.look()
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(s.by)
}
