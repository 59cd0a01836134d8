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
	*finds
	at      int  // the pass that is shown
	setting bool // controls are being set to a pass

	tabs *fyne.Container // a button for each pass
	what *choice
	file *modelPick
	rows []*numberSlider
	text *widget.Entry
	note *widget.Label
	find *widget.Button
	mask *widget.Button
	redo *widget.Button
}

func newDetailSheet(w *window) *detailSheet {
	s := &detailSheet{note: small(""), text: widget.NewMultiLineEntry(), tabs: container.NewHBox()}
	s.finds = newFinds(w, s.tell)
	var names []string
	for _, f := range editor.Finders {
		names = append(names, words.T(f.Label))
	}
	s.what = newChoice(names, func(string) {
		s.changed(func() { s.shown().Find.What = editor.Finders[max(s.what.SelectedIndex(), 0)].Name })
	})
	s.file = newModelPick(w, words.T("None: what is chosen above"), words.T("A YOLO network as ONNX (YOLOv5, v8 or v11, boxes or masks), such as face_yolov8n.onnx"), []string{"detector"}, func() { s.changed(func() { s.shown().file = s.file.path }) })
	s.text.SetPlaceHolder(words.T("As in the panel. For several: [SEP] between the texts, [SKIP] leaves one"))
	s.text.SetMinRowsVisible(2)
	s.text.Wrapping = fyne.TextWrapWord
	s.text.OnChanged = func(t string) {
		if !s.setting {
			s.shown().Prompt = strings.TrimSpace(t)
		}
	}
	s.numbers()
	s.find = widget.NewButton(words.T("Find"), s.search)
	s.mask = widget.NewButton(words.T("As mask"), func() { s.end(w.ed.MaskFinds) })
	s.redo = widget.NewButton(words.T("Redo"), func() { s.end(w.ed.Fills.Redo) })
	s.redo.Importance = widget.HighImportance
	s.add()
	return s
}

// shown is the pass that the controls are of; nil where there is none yet.
func (s *detailSheet) shown() *findPass {
	if len(s.passes) == 0 {
		return nil
	}
	return s.passes[s.at]
}

// numbers are the rows of a pass' numbers.
func (s *detailSheet) numbers() {
	slider := func(name string, low, high, step float64, set func(d *findPass, v float64)) {
		s.rows = append(s.rows, newNumberSlider(name, low, high, step, "", func(v float64) { set(s.shown(), v) }).column())
	}
	slider(words.T("Strength"), 0.05, 1, 0.05, func(d *findPass, v float64) { d.Strength = min(v, 1) })
	slider(words.T("Read around it, px"), 0, 256, 8, func(d *findPass, v float64) { d.Padding = int(min(v, 4096)) })
	s.rows = append(s.rows, sightRows(s.shown, s.moved)...)
}

// add adds a pass, of what no other looks for.
func (s *detailSheet) add() {
	row := editor.Finders[0]
	for _, f := range []string{"face", "hand", "eyes", "person"} {
		if !slices.ContainsFunc(s.passes, func(p *findPass) bool { return p.Find.What == f }) {
			row = editor.FinderOf(f)
			break
		}
	}
	s.passes = append(s.passes, &findPass{Detailing: editor.UsualDetailing(row.Name)})
	s.turnTo(len(s.passes) - 1)
	s.show()
}

// remove takes the shown pass away.
func (s *detailSheet) remove() {
	s.passes = slices.Delete(s.passes, s.at, s.at+1)
	s.turnTo(min(s.at, len(s.passes)-1))
	s.show()
}

// turnTo sets the controls to a pass.
func (s *detailSheet) turnTo(at int) {
	s.at, s.setting = at, true
	d := s.shown()
	row := editor.FinderOf(d.Find.What)
	s.what.SetSelectedIndex(slices.IndexFunc(editor.Finders, func(f editor.Finder) bool { return f.Name == row.Name }))
	s.file.set(d.file)
	s.text.SetText(d.Prompt)
	for i, v := range []float64{d.Strength, float64(d.Padding), d.Find.Least(), float64(d.Find.Grow)} {
		s.rows[i].set(v)
	}
	s.setting = false
	s.tabs.RemoveAll()
	for i := range s.passes {
		b := widget.NewButton(s.name(i), func() { s.turnTo(i) })
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
	p := s.passes[i]
	if p.file != "" {
		return words.T("%d: %s", i+1, cut(strings.TrimSuffix(filepath.Base(p.file), ".onnx"), 10))
	}
	return words.T("%d: %s", i+1, cut(words.T(editor.FinderOf(p.Find.What).Label), 10))
}

// changed changes what a pass looks for: what it found is dropped.
func (s *detailSheet) changed(set func()) {
	if s.setting || len(s.passes) == 0 {
		return
	}
	set()
	s.shown().Find.Confidence = 0 // each has its own
	s.turnTo(s.at)
	s.forget(s.shown())
}

// tell says what was found and what was not looked for, and what can be pressed.
func (s *detailSheet) tell() {
	all, on := s.count()
	blind := s.blind()
	note := ""
	switch {
	case s.looking > 0:
		note = words.T("looking…")
	case len(blind) == len(s.passes):
		note = s.cost(s.passes)
	case all == 0:
		note = words.T("Nothing was found. A lower sureness finds more.")
	default:
		note = words.N(all, "%d find: without its tick it stays as it is", "%d finds: those without a tick stay as they are")
	}
	if s.looking == 0 && len(blind) < len(s.passes) {
		for i, p := range s.passes {
			if p.sighted != nil {
				continue
			}
			note += "\n" + words.T("%s has not looked, and changes nothing", s.name(i))
			if cost := s.cost([]*findPass{p}); cost != "" {
				note += " (" + cost + ")"
			}
		}
	}
	s.note.SetText(note)
	showIf(s.note, note != "")
	if c := s.w.card; c != nil {
		c.fit()
	}
	enable(s.mask, on > 0)
	enable(s.redo, on > 0)
}

// cost says what fetching the networks of passes takes, "" where they are here.
func (s *detailSheet) cost(passes []*findPass) string {
	if d := s.w.ed.Downloads; d != nil {
		return d.PartsNote(s.parts(passes))
	}
	return ""
}

// search has those passes look that have not, or all; it fetches what is missing, after the one question. Where that is refused
// those look whose networks are here.
func (s *detailSheet) search() {
	which := s.blind()
	if len(which) == 0 {
		which = slices.Clone(s.passes)
	}
	here := slices.DeleteFunc(slices.Clone(which), func(p *findPass) bool { return s.cost([]*findPass{p}) != "" })
	look := func(passes []*findPass) {
		if !s.gone && len(passes) > 0 && s.looking == 0 {
			s.look(passes)
		}
	}
	s.w.withParts(s.parts(which), func() { look(which) }, func() { look(here) })
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
	body := container.NewVBox(spacer(detailRoom), s.tabs, labelled(words.T("Find"), s.what),
		labelled(words.T("Own network"), container.NewBorder(nil, nil, nil, s.file.clear, s.file.button)),
		numbers, labelled(words.T("Prompt"), s.text), small(s.about()), container.NewBorder(nil, nil, nil, s.find, s.note), s.ticked(76))
	leave := func() { w.closeCard(); w.focusCanvas() }
	cancel := widget.NewButton(words.T("Cancel"), leave)
	c := w.layCard(words.T("Redo faces and details"), "", nil, body, container.NewHBox(layout.NewSpacer(), cancel, s.mask, s.redo))
	w.view.onEscape = leave
	c.end = append(c.end, s.over)
	w.win.Canvas().Focus(s.what)
}

// detailRoom is the width of the card.
const detailRoom = 330
