package ui

import (
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fetch"
	"pentimento/app/fills"
	"pentimento/app/models"
	"pentimento/app/words"
)

// modelPick is a button that names a chosen file and offers others: those of some kinds in the
// library, found by typing, and any by the file dialog.
type modelPick struct {
	w       *window
	button  *hintButton
	clear   *hintButton // hidden while nothing is chosen
	kinds   []string
	none    string // what stands there then
	path    string
	changed func()
	wide    int // letters of its name at most
}

func newModelPick(w *window, none, hint string, kinds []string, changed func()) *modelPick {
	p := &modelPick{w: w, none: none, kinds: kinds, changed: changed, wide: 52}
	p.button = newHintButton(w, icon("model"), hint, func() { w.pickModel(p.kinds, p.button, p.set) })
	p.button.Alignment, p.button.Importance = widget.ButtonAlignLeading, widget.MediumImportance
	p.clear = newHintButton(w, icon("discard"), words.T("Choose none"), func() { p.set("") })
	p.show()
	return p
}

func (p *modelPick) set(path string) {
	p.path = path
	p.show()
	p.changed()
}

func (p *modelPick) show() {
	text := p.none
	if p.path != "" {
		text = cut(filepath.Base(p.path), p.wide)
	}
	p.button.SetText(text)
	showIf(p.clear, p.path != "")
}

// pickModel offers files of some kinds: those of the library, and any other.
func (w *window) pickModel(kinds []string, by fyne.Focusable, then func(path string)) {
	w.pickFile(kinds, nil, by, then)
}

// pickUpscaler offers upscalers' files and the ways to enlarge without one.
func (w *window) pickUpscaler(by fyne.Focusable, then func(text string)) {
	var ways []command
	offer := func(name, detail, text string) {
		ways = append(ways, command{name: name, detail: detail, run: func() {
			then(text)
			w.win.Canvas().Focus(by)
		}})
	}
	for _, u := range fetch.Upscalers {
		if f, err := u.Pick(2, ""); err == nil && w.ed.Models.NetworkOf(f.Files) != "" {
			offer(u.Title, words.T(u.Help), w.ed.Models.NetworkOf(f.Files))
		}
	}
	for _, name := range fills.HiresWays {
		offer(name, words.T("without a network"), name)
	}
	w.pickFile([]string{"upscaler"}, ways, by, then)
}

// pickFile offers files of some kinds, and behind them others.
func (w *window) pickFile(kinds []string, others []command, by fyne.Focusable, then func(path string)) {
	ask := func() { w.AskOpen(words.T("Choose a file of a model"), then) }
	all := []command{{name: words.T("Choose a file…"), detail: words.T("that is not in the library"), run: ask}}
	for _, r := range w.ed.Models.Library.OfKinds("used", kinds...) {
		path := string(r.Path)
		all = append(all, command{name: cut(r.Name(), 48), detail: models.FamilyLabel(r.Family) + " · " + sizeOf(r.Size) + " · " + folderOf(path), run: func() {
			then(path)
			w.win.Canvas().Focus(by)
		}})
	}
	all = append(all, others...)
	if len(all) == 1 {
		ask()
		return
	}
	w.showPalette(append(all[1:], all[0]), words.T("Type part of a name"))
}
