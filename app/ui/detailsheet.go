package ui

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// detailSheet asks what is looked for, shows what was found and has each find made anew.
type detailSheet struct {
	w     *window
	pass  editor.Detailing
	what  *choice
	file  *modelPick // a network of the person's, in the place of what
	note  *widget.Label
	find  *widget.Button
	text  *widget.Entry
	seen  *editor.Seen // nil: it has not looked
	image *fynecanvas.Image
	found *fyne.Container // a tick for each find
	mask  *widget.Button
	redo  *widget.Button
	gone  bool // the sheet is closed: what arrives is shown no more
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
	for _, row := range editor.Finders {
		if row.Name == name {
			w.withParts(row.Parts, func() { do(row) })
		}
	}
}

func newDetailSheet(w *window) *detailSheet {
	s := &detailSheet{w: w, pass: editor.UsualDetailing(editor.Finders[0].Name), note: small(""), text: widget.NewMultiLineEntry(), image: &fynecanvas.Image{FillMode: fynecanvas.ImageFillContain}, found: container.NewVBox()}
	var names []string
	for _, f := range editor.Finders {
		names = append(names, words.T(f.Label))
	}
	s.what = newChoice(names, nil)
	s.what.SetSelectedIndex(0)
	s.what.OnChanged = func(string) { s.forget() }
	s.file = newModelPick(w, words.T("None: what is chosen above"), words.T("A YOLO network as ONNX (YOLOv5, v8 or v11, boxes or masks), such as face_yolov8n.onnx"), []string{"detector"}, s.forget)
	s.text.SetPlaceHolder(words.T("As in the panel. [SEP] stands between the texts of one find and the next, [SKIP] leaves a find as it is"))
	s.text.SetMinRowsVisible(2)
	s.text.Wrapping = fyne.TextWrapWord
	s.find = widget.NewButton(words.T("Find"), s.look)
	s.image.Hide()
	return s
}

// row is what is looked for without a file of the person's.
func (s *detailSheet) row() editor.Finder { return editor.Finders[max(s.what.SelectedIndex(), 0)] }

// forget drops what was found: something else is looked for.
func (s *detailSheet) forget() {
	s.seen = nil
	s.found.RemoveAll()
	s.image.Hide()
	note := ""
	if d := s.w.ed.Downloads; d != nil && s.file.path == "" {
		note = d.PartsNote(s.row().Parts)
	}
	s.note.SetText(note)
	showIf(s.note, note != "")
	s.settle()
}

// settle says what can be pressed.
func (s *detailSheet) settle() {
	on := 0
	if s.seen != nil {
		for _, f := range s.seen.Pass.Found {
			if !f.Off {
				on++
			}
		}
	}
	for _, b := range []*widget.Button{s.mask, s.redo} {
		if b == nil {
			continue
		}
		if on > 0 {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

// look fetches what is missing, after the one question, and looks.
func (s *detailSheet) look() {
	parts := s.row().Parts
	s.pass.Find.What, s.pass.Network = s.row().Name, ""
	if s.file.path != "" {
		s.pass.Find.What, parts = s.file.path, nil
	}
	s.w.withParts(parts, func() {
		if s.gone {
			return
		}
		s.forget()
		s.pass.Network = s.w.ed.Models.NetworkOf(parts)
		s.note.SetText(words.T("looking…"))
		s.note.Show()
		s.w.ed.Fills.Look(s.pass, s.arrived)
	})
}

// arrived shows what was found.
func (s *detailSheet) arrived(seen editor.Seen) {
	if s.gone {
		return
	}
	s.seen = &seen
	s.note.SetText(words.N(len(seen.Pass.Found), "%d find: without its tick it stays as it is", "%d finds: those without a tick stay as they are"))
	if len(seen.Pass.Found) == 0 {
		s.note.SetText(words.T("Nothing was found. A lower sureness finds more."))
	}
	s.found.RemoveAll()
	for i, f := range seen.Pass.Found {
		if i == 12 {
			break
		}
		tick := widget.NewCheck(words.T("%s, %.0f %%, %d × %d px", f.Class, 100*f.Score, f.Box.Dx(), f.Box.Dy()), nil)
		tick.Checked = true
		tick.OnChanged = func(on bool) {
			s.seen.Pass.Found[i].Off = !on
			s.draw()
			s.settle()
		}
		s.found.Add(tick)
	}
	s.draw()
	s.settle()
}

// draw shows the finds on the small picture.
func (s *detailSheet) draw() {
	img := s.seen.Drawn()
	s.image.Image = img
	high := float32(img.Rect.Dy()) * 230 / float32(max(img.Rect.Dx(), img.Rect.Dy()))
	s.image.SetMinSize(fyne.NewSize(230, max(high, 40)))
	s.image.Show()
	s.image.Refresh()
}

// settled is the pass as it was found, with the text and numbers of the sheet as they are now.
func (s *detailSheet) settled() editor.Detailing {
	out := s.seen.Pass
	out.Prompt = strings.TrimSpace(s.text.Text)
	out.Strength, out.Padding = s.pass.Strength, s.pass.Padding
	return out
}

// numbers are the rows of the sheet's numbers.
func (s *detailSheet) numbers() []fyne.CanvasObject {
	slider := func(name string, low, high, step, now float64, set func(v float64)) fyne.CanvasObject {
		n := newNumberSlider(name, low, high, step, "", set).column()
		n.set(now)
		return n.content
	}
	return []fyne.CanvasObject{
		slider(words.T("Strength"), 0.05, 1, 0.05, s.pass.Strength, func(v float64) { s.pass.Strength = v }),
		slider(words.T("Read around it, px"), 0, 256, 8, float64(s.pass.Padding), func(v float64) { s.pass.Padding = int(v) }),
		slider(words.T("How sure a find must be"), 0.1, 0.95, 0.05, 0.3, func(v float64) { s.pass.Find.Confidence = v }),
		slider(words.T("Grow masks, px"), -16, 48, 1, float64(s.pass.Find.Grow), func(v float64) { s.pass.Find.Grow = int(v) }),
	}
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
	s := newDetailSheet(w)
	rows := []fyne.CanvasObject{spacer(520), labelled(words.T("Find"), s.what),
		labelled(words.T("Own network"), container.NewBorder(nil, nil, nil, s.file.clear, s.file.button)),
		container.NewGridWithColumns(2, s.numbers()...), labelled(words.T("Prompt"), s.text), small(s.about()),
		container.NewBorder(nil, nil, nil, s.find, s.note), container.NewBorder(nil, nil, s.image, nil, container.NewVScroll(s.found))}
	d := dialog.NewCustomWithoutButtons(words.T("Redo faces and details"), container.NewVBox(rows...), w.win)
	s.mask = widget.NewButton(words.T("As mask"), func() {
		pass := s.settled()
		d.Hide()
		w.ed.MaskFinds(pass)
	})
	yes := func() {
		if s.redo.Disabled() {
			s.look()
			return
		}
		pass := s.settled()
		d.Hide()
		w.ed.Fills.Redo(pass)
	}
	s.redo = widget.NewButton(words.T("Redo"), yes)
	s.redo.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), s.mask, s.redo})
	s.forget()
	w.showSheetOver(d, yes, func() { s.gone = true })
	w.win.Canvas().Focus(s.what)
}
