package ui

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/keeping"
	"pentimento/app/words"
)

// A file is dropped: on the panels at the right it becomes a reference; on an empty canvas
// it is opened, and so is a project anywhere; a model's file goes where it belongs; on a picture a menu at the pointer asks how to use it.
//
// 2026-11-23: Fyne says nothing while a file is dragged over the window, only where it was
// let go, so there are no zones to light up: the question comes after the drop.
// 2026-11-25: a picture that says how it was made shows that instead of the question.
func (w *window) dropped(at fyne.Position, uris []fyne.URI) {
	driver := fyne.CurrentApp().Driver()
	origin := driver.AbsolutePositionForObject(w.view)
	x, y := w.view.device(at.Subtract(origin))
	dx, dy := w.ed.View().ToDoc(x, y)
	var paths []string
	for _, u := range uris {
		if u.Scheme() != "file" {
			w.Fail(fmt.Errorf("drop: %q is not a file on this computer", u.String()))
			continue
		}
		if !w.ed.Models.Receive(u.Path()) {
			paths = append(paths, u.Path())
		}
	}
	each := func(do func(string)) func() {
		return func() {
			for _, p := range paths {
				do(p)
			}
			w.focusCanvas()
		}
	}
	place := each(func(p string) { w.ed.PlaceFile(p, image.Pt(int(dx), int(dy))) })
	keep := each(w.ed.ReferenceFile)
	switch {
	case len(paths) == 0:
	case at.X > origin.X+w.view.Size().Width:
		keep()
	case keeping.OpensAlone(paths):
		w.ed.Open(paths[0])
	case w.ed.Empty() && len(paths) == 1:
		w.ed.OpenWithRecipe(paths[0])
	case w.ed.Empty():
		place()
	default:
		ask := func() {
			widget.ShowPopUpMenuAtPosition(w.dropMenu(place, keep, each(w.ed.MaskFile)), w.win.Canvas(), at)
		}
		if len(paths) == 1 { // what it says of its making comes first; its panel can place it
			w.ed.Provenance.RecipeOf(paths[0], image.Pt(int(dx), int(dy)), ask)
			return
		}
		ask()
	}
}

func (w *window) dropMenu(place, keep, mask func()) *fyne.Menu {
	item := func(text, name string, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(text, do)
		m.Icon = icon(name)
		return m
	}
	return fyne.NewMenu("", item(words.T("New layer here"), "place", place), item(words.T("Reference"), "reference", keep), item(words.T("Mask"), "mask", mask))
}
