package ui

import (
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/merging"
	"pentimento/app/words"
)

// madeNotice offers the models that were made, over the canvas, until each is used or put away.
type madeNotice struct {
	w       *window
	content *fyne.Container
	lines   *fyne.Container
	shown   []merging.Made
}

func newMadeNotice(w *window) *madeNotice {
	n := &madeNotice{w: w, lines: container.NewVBox()}
	n.content = newNotice(theme.ColorNamePrimary, n.lines)
	return n
}

// update implements panel.
func (n *madeNotice) update(c desk.Change) {
	if c.What&desk.ModelsChanged == 0 {
		return
	}
	now := n.w.ed.Merging.Made()
	if slices.Equal(now, n.shown) {
		return
	}
	n.shown = now
	n.lines.RemoveAll()
	for _, m := range now {
		n.lines.Add(n.line(m))
	}
	showIf(n.content, len(now) > 0)
	n.content.Refresh()
}

func (n *madeNotice) line(m merging.Made) fyne.CanvasObject {
	w, made := n.w, n.w.ed.Merging
	button := func(id, text, hint string, do func()) *hintButton {
		b := newHintButton(w, icon(id), hint, func() { do(); w.focusCanvas() })
		b.SetText(text)
		return b
	}
	use := button("open", words.T("Use it"), m.Path, func() { made.Use(m.Path) })
	use.Importance = widget.HighImportance
	show := button("model", words.T("Show in the library"), words.T("See what it was made of"), func() {
		made.PutAway(m.Path)
		w.showModels().seek(m.Path)
	})
	showIf(show, w.ed.Models.Library.Collection != nil)
	buttons := container.NewHBox(use, show, button("discardall", "", words.T("Not now"), func() { made.PutAway(m.Path) }))
	name := widget.NewLabelWithStyle(words.T("%s is made", cut(filepath.Base(m.Path), 44)), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	said := m.Said
	if said == "" {
		said = words.T("It is in %s", shortPath(filepath.Dir(m.Path)))
	}
	return container.NewBorder(nil, nil, nil, container.NewCenter(buttons), container.New(&tightText{}, name, small(said)))
}
