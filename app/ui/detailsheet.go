package ui

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// detailSheet asks what is looked for in each of several passes, shows over the canvas what was found, and has each find
// made anew. It is a card: the picture can be looked at beside it.
type detailSheet struct {
	w       *window
	passes  []editor.Detailing
	files   []string // networks of the person's, in the place of what a pass finds by itself; "": none
	at      int      // the pass that is shown
	setting bool     // controls are being set to a pass

	tabs  *fyne.Container // a button for each pass
	what  *choice
	file  *modelPick
	rows  []*numberSlider
	text  *widget.Entry
	note  *widget.Label
	find  *widget.Button
	found *fyne.Container // a tick for each find of all passes
	ticks map[[2]int]*tick
	mask  *widget.Button
	redo  *widget.Button
	seen  *editor.Seen // nil: it has not looked
	turns int          // how often what is looked for was another
	gone  bool         // the card is closed: what arrives is shown no more
}

// withParts calls then once networks are here, after the one question where they have to be fetched.
func (w *window) withParts(names []string, then func()) {
	if len(names) == 0 || w.ed.Models.NetworkOf(names) != "" || w.ed.Downloads == nil {
		then()
		return
	}
	w.askParts(names, func(yes bool) {
		if yes {
			w.ed.Say(words.T("The networks are coming…"))
			w.ed.Downloads.FetchParts(names, then)
		}
	})
}

// findTo gives a row of finders to what masks or selects by it, once its networks are here.
func (w *window) findTo(name string, do func(editor.Finder)) {
	row := editor.FinderOf(name)
	w.withParts(row.Parts, func() { do(row) })
}

func newDetailSheet(w *window) *detailSheet {
	s := &detailSheet{w: w, note: small(""), text: widget.NewMultiLineEntry(), found: container.NewVBox(), tabs: container.NewHBox()}
	var names []string
	for _, f := range editor.Finders {
		names = append(names, words.T(f.Label))
	}
	s.what = newChoice(names, func(string) {
		s.changed(func() { s.passes[s.at].Find.What = editor.Finders[max(s.what.SelectedIndex(), 0)].Name })
	})
	s.file = newModelPick(w, words.T("None: what is chosen above"), words.T("A YOLO network as ONNX (YOLOv5, v8 or v11, boxes or masks), such as face_yolov8n.onnx"), []string{"detector"}, func() { s.changed(func() { s.files[s.at] = s.file.path }) })
	s.text.SetPlaceHolder(words.T("As in the panel. [SEP] parts the finds, [SKIP] keeps one"))
	s.text.SetMinRowsVisible(2)
	s.text.Wrapping = fyne.TextWrapWord
	s.text.OnChanged = func(t string) {
		if !s.setting {
			s.passes[s.at].Prompt = strings.TrimSpace(t)
		}
	}
	s.numbers()
	s.find = widget.NewButton(words.T("Find"), s.look)
	s.mask = widget.NewButton(words.T("As mask"), func() { s.end(w.ed.MaskFinds) })
	s.redo = widget.NewButton(words.T("Redo"), func() { s.end(w.ed.Fills.Redo) })
	s.redo.Importance = widget.HighImportance
	s.add()
	return s
}

// numbers are the rows of a pass' numbers.
func (s *detailSheet) numbers() {
	slider := func(name string, low, high, step float64, set func(d *editor.Detailing, v float64)) {
		s.rows = append(s.rows, newNumberSlider(name, low, high, step, "", func(v float64) { set(&s.passes[s.at], v) }).column())
	}
	slider(words.T("Strength"), 0.05, 1, 0.05, func(d *editor.Detailing, v float64) { d.Strength = min(v, 1) })
	slider(words.T("Read around it, px"), 0, 256, 8, func(d *editor.Detailing, v float64) { d.Padding = int(min(v, 4096)) })
	slider(words.T("How sure a find must be"), 0.1, 0.95, 0.05, func(d *editor.Detailing, v float64) { d.Find.Confidence = min(v, 1) })
	slider(words.T("Grow masks, px"), -16, 48, 1, func(d *editor.Detailing, v float64) { d.Find.Grow = int(min(v, 500)) })
}

// add adds a pass, of what no other looks for.
func (s *detailSheet) add() {
	row := editor.Finders[0]
	for _, f := range []string{"face", "hand", "eyes", "person"} {
		if !slices.ContainsFunc(s.passes, func(d editor.Detailing) bool { return d.Find.What == f }) {
			row = editor.FinderOf(f)
			break
		}
	}
	s.passes, s.files = append(s.passes, editor.UsualDetailing(row.Name)), append(s.files, "")
	s.forget()
	s.show(len(s.passes) - 1)
}

// remove takes the shown pass away.
func (s *detailSheet) remove() {
	s.passes, s.files = slices.Delete(s.passes, s.at, s.at+1), slices.Delete(s.files, s.at, s.at+1)
	s.forget()
	s.show(min(s.at, len(s.passes)-1))
}

// show sets the controls to a pass.
func (s *detailSheet) show(at int) {
	s.at, s.setting = at, true
	d := s.passes[at]
	row := editor.FinderOf(d.Find.What)
	s.what.SetSelectedIndex(slices.IndexFunc(editor.Finders, func(f editor.Finder) bool { return f.Name == row.Name }))
	s.file.set(s.files[at])
	s.text.SetText(d.Prompt)
	for i, v := range []float64{d.Strength, float64(d.Padding), d.Find.Least(), float64(d.Find.Grow)} {
		s.rows[i].set(v)
	}
	s.setting = false
	s.tabs.RemoveAll()
	for i := range s.passes {
		b := widget.NewButton(s.name(i), func() { s.show(i) })
		if i == at {
			b.Importance = widget.HighImportance
		}
		s.tabs.Add(b)
	}
	if len(s.passes) < mostPasses {
		s.tabs.Add(newHintButton(s.w, icon("layeradd"), words.T("One more pass, made on top of those before"), s.add))
	}
	if len(s.passes) > 1 {
		s.tabs.Add(newHintButton(s.w, icon("layerremove"), words.T("Leave this pass out"), s.remove))
	}
}

// mostPasses fit side by side into the card.
const mostPasses = 4

// name is what a pass is called on its button.
func (s *detailSheet) name(i int) string {
	if s.files[i] != "" {
		return words.T("%d: %s", i+1, cut(strings.TrimSuffix(filepath.Base(s.files[i]), ".onnx"), 10))
	}
	return words.T("%d: %s", i+1, cut(words.T(editor.FinderOf(s.passes[i].Find.What).Label), 10))
}

// changed changes what a pass looks for: what was found is dropped.
func (s *detailSheet) changed(set func()) {
	if s.setting || len(s.passes) == 0 {
		return
	}
	set()
	s.passes[s.at].Find.Confidence = 0 // each has its own
	s.forget()
	s.show(s.at)
}

// forget drops what was found: something else is looked for.
func (s *detailSheet) forget() {
	s.seen = nil
	s.turns++
	s.found.RemoveAll()
	note := ""
	if d := s.w.ed.Downloads; d != nil {
		note = d.PartsNote(s.parts())
	}
	s.note.SetText(note)
	showIf(s.note, note != "")
	s.settle()
	s.w.view.sight(nil, nil)
}

// parts are the networks of all passes that may have to be fetched.
func (s *detailSheet) parts() (all []string) {
	for i, d := range s.passes {
		if s.files[i] != "" {
			continue
		}
		for _, p := range editor.FinderOf(d.Find.What).Parts {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// settle says what can be pressed.
func (s *detailSheet) settle() {
	on := false
	if s.seen != nil {
		for _, d := range s.seen.Passes {
			on = on || slices.ContainsFunc(d.Found, func(f editor.Found) bool { return !f.Off })
		}
	}
	enable(s.mask, on)
	enable(s.redo, on)
}

// look fetches what is missing, after the one question, and looks.
func (s *detailSheet) look() {
	s.w.withParts(s.parts(), func() {
		if s.gone {
			return
		}
		s.forget()
		passes := slices.Clone(s.passes)
		for i := range passes {
			d := &passes[i]
			if d.Network = ""; s.files[i] != "" {
				d.Find.What = s.files[i]
				continue
			}
			d.Network = s.w.ed.Models.NetworkOf(editor.FinderOf(d.Find.What).Parts)
		}
		s.note.SetText(words.T("looking…"))
		s.note.Show()
		turn := s.turns
		s.w.ed.Fills.Look(passes, func(seen editor.Seen) {
			if !s.gone && turn == s.turns { // else something else is looked for by now
				s.arrived(seen)
			}
		})
	})
}

// arrived shows what was found.
func (s *detailSheet) arrived(seen editor.Seen) {
	s.seen, s.ticks = &seen, map[[2]int]*tick{}
	s.found.RemoveAll()
	n := 0
	for i, d := range seen.Passes {
		for k, f := range d.Found {
			if n++; n > mostTicks {
				continue
			}
			t := newTick(words.T("%d. %s, %.0f %%, %d × %d px", n, f.Class, 100*f.Score, f.Box.Dx(), f.Box.Dy()), func(on bool) { s.turn(i, k, on) })
			t.Checked = true
			s.ticks[[2]int{i, k}] = t
			s.found.Add(t)
		}
	}
	s.note.SetText(words.N(n, "%d find: without its tick it stays as it is", "%d finds: those without a tick stay as they are"))
	if n == 0 {
		s.note.SetText(words.T("Nothing was found. A lower sureness finds more."))
	}
	s.settle()
	s.w.view.sight(s.seen, func(i, k int) {
		on := seen.Passes[i].Found[k].Off
		s.turn(i, k, on)
		if t := s.ticks[[2]int{i, k}]; t != nil {
			t.Checked = on
			t.Refresh()
		}
	})
}

// mostTicks are the finds that have a tick in the card; all can be clicked on the canvas.
const mostTicks = 40

// turn switches a find on or off.
func (s *detailSheet) turn(i, k int, on bool) {
	s.seen.Passes[i].Found[k].Off = !on
	s.settle()
	s.w.view.resight()
}

// end closes the card and hands what was found on, with the texts and numbers of the passes as they are now.
func (s *detailSheet) end(do func([]editor.Detailing)) {
	out := slices.Clone(s.seen.Passes)
	for i := range out {
		out[i].Prompt, out[i].Strength, out[i].Padding = s.passes[i].Prompt, s.passes[i].Strength, s.passes[i].Padding
	}
	s.w.closeCard()
	s.w.focusCanvas()
	do(out)
}

// about says by what the finds will be made.
func (s *detailSheet) about() string {
	if s.w.ed.Models.Generates() {
		if path, err := s.w.ed.Models.Chosen(); err == nil {
			return words.T("Each find is made anew by itself by %s, with the panel's steps and guidance; outside the masks nothing changes.", filepath.Base(path))
		}
	}
	return words.T("Content-aware is chosen: what is found is filled from around it, which removes it. A checkpoint redoes faces (Open checkpoint in the menu File).")
}

// showDetails asks, finds and redoes.
func (w *window) showDetails() {
	w.ed.CancelTrial()
	newDetailSheet(w).open()
}

// open lays the card.
func (s *detailSheet) open() {
	w := s.w
	numbers := container.NewVBox()
	for _, n := range s.rows {
		numbers.Add(n.content)
	}
	ticks := container.NewVScroll(s.found)
	ticks.SetMinSize(fyne.NewSize(0, 76))
	body := container.NewVBox(spacer(detailRoom), s.tabs, labelled(words.T("Find"), s.what),
		labelled(words.T("Own network"), container.NewBorder(nil, nil, nil, s.file.clear, s.file.button)),
		numbers, labelled(words.T("Prompt"), s.text), small(s.about()), container.NewBorder(nil, nil, nil, s.find, s.note), ticks)
	leave := func() { w.closeCard(); w.focusCanvas() }
	cancel := widget.NewButton(words.T("Cancel"), leave)
	c := w.layCard(words.T("Redo faces and details"), "", nil, body, container.NewHBox(layout.NewSpacer(), cancel, s.mask, s.redo))
	w.view.onEscape = leave
	c.end = append(c.end, func() {
		s.gone, w.view.onEscape = true, nil
		w.view.sight(nil, nil)
	})
	w.win.Canvas().Focus(s.what)
}

// detailRoom is the width of the card.
const detailRoom = 330
