package ui

import (
	"errors"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/collection"
	"pentimento/app/merging"
	"pentimento/app/words"
	"pentimento/fault"
)

// mergeSheet makes models of models: merges checkpoints, extracts LoRAs and resizes them. What is
// chosen is looked at in the background, and the line above the buttons says what will come of it;
// the work itself goes on behind the window.
type mergeSheet struct {
	w       *window
	dialog  *dialog.CustomDialog
	modes   []*hintButton
	forms   []mergeForm
	boxes   []*fyne.Container
	mode    int
	scroll  *container.Scroll
	name    *field
	folder  *hintButton
	state   *widget.Label
	start   *widget.Button
	into    string // the chosen folder; "" goes by the files
	named   bool   // by the person
	naming  bool   // by the program, just now
	offered string // name that goes with what is chosen
	asked   int    // the latest look
	ready   bool   // it was answered with yes
	pushed  bool   // the button was pressed before that
	found   merging.Found
	timer   *time.Timer
	open    bool
}

// mergeForm is what one of the three modes asks for.
type mergeForm interface {
	rows() []fyne.CanvasObject
	work(out string) merging.Work
	suggest() (name, folder string) // for the result
	know(merging.Found)
	take(path string)      // chooses a file that the sheet was opened for
	first() fyne.Focusable // what is chosen next then
}

// mergeWidth is the sheet's, as far as the window has it.
const mergeWidth = 640

// showMerge opens the sheet for a file: an adapter is to be resized, a checkpoint merged. "" is
// the open model, if there is one.
func (w *window) showMerge(path string) *mergeSheet {
	s := &mergeSheet{w: w, name: newField(), state: small(""), open: true}
	s.forms = []mergeForm{newMergeModels(s), newExtractLoRA(s), newResizeLoRA(s)}
	for i, m := range [][2]string{{words.T("Merge"), words.T("Make one model of two or three")},
		{words.T("Extract a LoRA"), words.T("Find what a trained model has beyond the one that it was trained from")},
		{words.T("Resize a LoRA"), words.T("Give a LoRA another rank, so that its file is smaller")}} {
		b := newHintButton(w, nil, m[1], func() { s.choose(i) })
		b.SetText(m[0])
		s.modes, s.boxes = append(s.modes, b), append(s.boxes, container.NewVBox(s.forms[i].rows()...))
	}
	s.name.OnChanged = func(string) { s.named = s.named || !s.naming; s.changed() }
	s.folder = newHintButton(w, icon("open"), words.T("Choose the folder that the result goes to"), func() {
		w.AskFolder(words.T("Folder for the result"), func(dir string) { s.into = dir; s.changed() })
	})
	forms := container.NewVBox()
	for _, b := range s.boxes {
		forms.Add(b)
	}
	size := w.win.Canvas().Size()
	room := fyne.NewSize(min(mergeWidth, size.Width-60), max(min(430, size.Height-330), 120))
	s.scroll = container.NewVScroll(container.New(&inset{right: scrollRoom + 4}, forms))
	modes := container.NewGridWithColumns(3)
	for _, b := range s.modes {
		modes.Add(b)
	}
	result := newExplained(w, words.T("Result")+" — "+words.T("name and folder of the file; none that is there is written over unasked"), labelled(words.T("Result"), s.name, s.folder))
	foot := container.NewVBox(separator(), result, container.NewStack(sized(fyne.NewSize(room.Width, 52)), s.state))
	top := container.NewVBox(spacer(room.Width), modes, separator())
	body := container.New(layout.NewBorderLayout(top, foot, nil, nil), top, container.NewStack(sized(room), s.scroll), foot) // in the order of Tab
	s.dialog = dialog.NewCustomWithoutButtons(words.T("Merge models"), body, w.win)
	s.start = widget.NewButton("", s.push)
	s.start.Importance = widget.HighImportance
	s.dialog.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), s.dialog.Hide), s.start})
	if path == "" {
		path = w.ed.Settings.Fill.Model
	}
	if l := w.ed.Models.Library; l.Collection != nil {
		if item, ok := l.Get(path); ok && item.Kind == "adapter" {
			s.mode = 2
		}
	}
	s.forms[s.mode].take(path)
	s.choose(s.mode)
	w.showSheetOver(s.dialog, s.push, func() { s.open = false })
	w.win.Canvas().Focus(s.forms[s.mode].first())
	return s
}

// choose turns to a mode.
func (s *mergeSheet) choose(mode int) {
	s.mode = mode
	for i, b := range s.modes {
		b.Importance = widget.MediumImportance
		if i == mode {
			b.Importance = widget.HighImportance
		}
		b.Refresh()
		showIf(s.boxes[i], i == mode)
	}
	s.start.SetText([]string{words.T("Merge"), words.T("Extract"), words.T("Resize")}[mode])
	s.fit()
	s.scroll.ScrollToTop()
	s.changed()
}

// fit lays the form out again after something in it was shown or hidden.
func (s *mergeSheet) fit() {
	if s.scroll != nil { // the forms are made before it
		s.scroll.Content.Refresh()
		s.scroll.Refresh()
	}
}

// lookAfter is how long nothing is changed before the files are looked at.
const lookAfter = 120 * time.Millisecond

// changed looks at what is asked for now, in a moment.
func (s *mergeSheet) changed() {
	if s.scroll == nil {
		return
	}
	s.suggest()
	s.asked++
	s.ready = false
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = time.AfterFunc(lookAfter, func() { s.w.ed.Post(s.look) })
}

// suggest names the result, until the person does, and says which folder it goes to.
func (s *mergeSheet) suggest() {
	name, folder := s.forms[s.mode].suggest()
	if !s.named && s.offered != name { // a name that was taken has given way to another
		s.offered = name
		s.rename(name)
	}
	if s.into != "" {
		folder = s.into
	}
	text := words.T("Choose a folder…")
	if folder != "" {
		text = cut(shortPath(folder), 30)
	}
	if s.folder.Text != text {
		s.folder.SetText(text)
	}
}

func (s *mergeSheet) rename(name string) {
	s.naming = true
	s.name.SetText(name)
	s.naming = false
}

// work is what is asked for.
func (s *mergeSheet) work() merging.Work {
	folder := s.into
	if folder == "" {
		_, folder = s.forms[s.mode].suggest()
	}
	return s.forms[s.mode].work(merging.File(folder, s.name.Text))
}

func (s *mergeSheet) look() {
	if !s.open {
		return
	}
	n := s.asked
	s.w.ed.Merging.Look(s.work(), func(f merging.Found, err error) {
		if s.open && n == s.asked {
			s.answer(f, err)
		}
	})
}

// answer says what the look has found.
func (s *mergeSheet) answer(f merging.Found, err error) {
	s.found, s.ready = f, err == nil
	s.forms[s.mode].know(f)
	if err == nil && f.There && !s.named { // the program's own name gives way
		name := strings.TrimSuffix(filepath.Base(f.Free), filepath.Ext(f.Free))
		s.rename(name)
		return
	}
	text, ink := "", widget.LowImportance
	switch {
	case merging.Unfinished(err):
		text = err.Error()
	case err != nil:
		text, ink = sentence(err), widget.DangerImportance
		if hint := fault.Hint(err); hint != "" {
			text += " " + sentence(errors.New(hint))
		}
	default:
		text = s.says(f)
	}
	s.state.Importance = ink
	s.state.SetText(text)
	enable(s.start, s.ready)
	pushed := s.pushed
	if s.pushed = false; pushed && s.ready {
		s.begin()
	}
}

// says tells what will be made.
func (s *mergeSheet) says(f merging.Found) string {
	text := words.T("The file takes %s.", sizeOf(f.Bytes))
	if f.Room > 0 {
		text = words.T("The file takes %s; the disk has %s left.", sizeOf(f.Bytes), sizeOf(f.Room))
	}
	for _, n := range f.Notes {
		text += " " + sentence(errors.New(n))
	}
	if f.There {
		text += " " + words.T("There is a file of that name; you are asked before it is replaced.")
	}
	return text
}

// push begins, as soon as the files have been looked at.
func (s *mergeSheet) push() {
	if s.ready {
		s.begin()
		return
	}
	s.pushed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.look()
}

func (s *mergeSheet) begin() {
	if !s.found.There {
		s.make(false)
		return
	}
	s.w.askWith(words.T("Replace the file?"), words.T("Replace"), container.NewStack(spacer(380), wrapped(words.T("%s is there already. What is in it now is lost once the new one is whole.", s.name.Text))), func() { s.make(true) })
}

func (s *mergeSheet) make(over bool) {
	s.dialog.Hide()
	s.w.ed.Merging.Start(s.work(), over)
	s.w.Say(words.T("It is made while you go on; the line at the bottom shows how far it is, and cancels it"))
}

// row is a control with its name and what it is for.
func (s *mergeSheet) row(title, hint string, control fyne.CanvasObject, behind ...fyne.CanvasObject) fyne.CanvasObject {
	return newExplained(s.w, title+" — "+hint, labelled(title, control, behind...))
}

// pick is a row that chooses a file.
func (s *mergeSheet) pick(title, hint, none string, kinds ...string) (*modelPick, fyne.CanvasObject) {
	p := newModelPick(s.w, none, title+" — "+hint, kinds, s.changed)
	return p, labelled(title, p.button, p.clear)
}

// slider is a row with a number.
func (s *mergeSheet) slider(title, hint string, low, high, step, at float64, unit string) (*numberSlider, fyne.CanvasObject) {
	n := newNumberSlider(title, low, high, step, unit, func(float64) { s.changed() }).column()
	n.set(at)
	return n, newExplained(s.w, title+" — "+hint, n.content)
}

// list is a row with a choice of a few.
func (s *mergeSheet) list(title, hint string, options ...string) (*choice, fyne.CanvasObject) {
	c := newChoice(options, nil)
	c.SetSelectedIndex(0)
	c.OnChanged = func(string) { s.changed() }
	return c, s.row(title, hint, c)
}

// stem is what people call a file.
func stem(path string) string {
	if path == "" {
		return ""
	}
	return collection.Name(path)
}

// dirOf is the folder of a file, "" of none.
func dirOf(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Dir(path)
}

// adapterFolder is where most of the library's adapters are; other where there is none.
func (w *window) adapterFolder(other string) string {
	many := map[string]int{}
	best := other
	for _, r := range w.ed.Models.Library.OfKinds("", "adapter") {
		dir := filepath.Dir(string(r.Path))
		if many[dir]++; many[dir] > many[best] {
			best = dir
		}
	}
	return best
}
