package ui

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fills"
	"pentimento/app/keeping"
	"pentimento/app/words"
)

// A file is dropped: on the panels at the right it becomes a reference; on an empty canvas or
// the row of tabs it is opened, and so is a project anywhere; a model's file goes where it belongs; on a picture a menu at the pointer asks how to use it.
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
		if number, ok := w.references.waiting.at(at); ok && len(paths) == 1 {
			w.ed.GiveFile(paths[0], number)
			return
		}
		keep()
	case keeping.OpensAlone(paths):
		w.ed.Open(paths[0])
	case len(paths) == 1 && (w.ed.Empty() || w.tabs.hit(at)):
		w.ed.OpenWithRecipe(paths[0])
	case w.ed.Empty(), w.tabs.hit(at):
		each(w.ed.Open)()
	default:
		follow := func(kind string) { each(func(p string) { w.ed.FollowFile(p, kind) })() }
		one := incoming{place: place, keep: keep, follow: follow, mask: each(w.ed.MaskFile), pixels: each(w.ed.PixelsOfFile)}
		if len(paths) > 1 {
			one.pixels = nil
		}
		ask := func() { w.offer(at, one) }
		if len(paths) == 1 { // what it says of its making comes first; its panel can place it
			w.ed.Provenance.RecipeOf(paths[0], image.Pt(int(dx), int(dy)), ask)
			return
		}
		ask()
	}
}

// incoming is what can be done with a picture that comes in.
type incoming struct {
	place, keep, mask func()
	follow            func(kind string)
	pixels            func() // nil: of several pictures none is what a fill starts from
}

// offer asks at a place of the window what a picture is to be.
func (w *window) offer(at fyne.Position, in incoming) {
	widget.NewPopUpMenu(w.dropMenu(in), w.win.Canvas()).ShowAtPosition(at)
}

// dropMenu offers a picture as a layer, and what a fill can take from it. What cannot be had
// is grey and says why.
func (w *window) dropMenu(in incoming) *fyne.Menu {
	item := func(text, name, no string, do func()) *fyne.MenuItem {
		if no != "" {
			text += " — " + no
		}
		m := fyne.NewMenuItem(text, do)
		m.Icon, m.Disabled = icon(name), no != "" || do == nil
		return m
	}
	pixels, no := words.T("Pixels: fill the frame from them"), w.ed.PixelsNo()
	if w.ed.State().Mask.Len() > 0 {
		pixels = words.T("Pixels: fill the mask from them")
	}
	if in.pixels == nil {
		no = words.T("only one picture can be that")
	}
	items := []*fyne.MenuItem{item(words.T("Place here"), "place", "", in.place)}
	for _, way := range fills.Ways() {
		icon := map[bool]string{true: "border", false: "styles"}[len(way.Files) > 0 && way.Modules != nil]
		items = append(items, item(way.Label, icon, "", func() { in.follow(way.Kind) }))
	}
	return fyne.NewMenu("", append(items, item(pixels, "fill", no, in.pixels), fyne.NewMenuItemSeparator(),
		item(words.T("Keep as reference"), "reference", "", in.keep), item(words.T("Mask"), "mask", "", in.mask))...)
}

// offerThere offers a picture that was not dropped anywhere: at the mask, or the frame.
func (w *window) offerThere(in incoming) {
	s := w.ed.State()
	r := s.Frame
	if s.Mask.Len() > 0 {
		r = s.MaskUsed()
	}
	at := w.view.overlay.at(float64(r.Min.X+r.Max.X)/2, float64(r.Min.Y+r.Max.Y)/2)
	size := w.view.Size()
	at = fyne.NewPos(min(max(at.X, 20), size.Width-20), min(max(at.Y, 20), size.Height-20))
	w.offer(at.Add(fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view)), in)
}

// offerPicked offers the file that was chosen, offerPasted the clipboard's picture.
func (w *window) offerPicked() {
	path, ed := w.ed.Picked, w.ed
	w.offerThere(incoming{place: func() { ed.PlaceFile(path, ed.Centre()) }, keep: func() { ed.ReferenceFile(path) },
		follow: func(kind string) { ed.FollowFile(path, kind) }, mask: func() { ed.MaskFile(path) }, pixels: func() { ed.PixelsOfFile(path) }})
}

func (w *window) offerPasted() {
	ed := w.ed
	w.offerThere(incoming{place: ed.Paste, keep: ed.ReferenceOfClipboard, follow: ed.FollowClipboard, pixels: ed.PixelsOfClipboard})
}
