package ui

import (
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/fault"
)

// sharpESRGAN are the files of the upscaler that restores faces where no file is chosen.
var sharpESRGAN = []string{"realesrgan-x4plus.param", "realesrgan-x4plus.bin"}

// restoreSheet asks whose faces are made clearer, by what and how much.
type restoreSheet struct {
	w       *window
	what    *choice
	parts   []string // editor.FaceParts, in the order of what
	file    *modelPick
	about   *widget.Label // what the chosen file is
	fetch   *widget.Button
	weight  *numberSlider
	visible *numberSlider
	start   *widget.Button
	how     editor.Restoring
	ready   bool // the chosen file restores faces
}

// wanted are the files that are fetched before faces can be restored.
func (s *restoreSheet) wanted() []string {
	all := slices.Clone(editor.FaceFinders)
	if s.file.path == "" {
		all = append(all, sharpESRGAN...)
	}
	return all
}

func newRestoreSheet(w *window) *restoreSheet {
	s := &restoreSheet{w: w, parts: w.ed.FaceParts(), about: wrapped(""), how: editor.Restoring{}.Usual()}
	var names []string
	for _, p := range s.parts {
		names = append(names, facesOf(p))
	}
	s.what = newChoice(names, nil)
	s.what.SetSelectedIndex(0)
	s.file = newModelPick(w, words.T("None: Real-ESRGAN"), words.T("The network that restores faces: GFPGAN or CodeFormer as .pth or .safetensors; GFPGAN, CodeFormer, RestoreFormer or GPEN as ONNX; or an upscaler"), []string{"face_restorer"}, s.look)
	s.weight = newNumberSlider(words.T("True to the picture"), 0, 1, 0.05, "", func(v float64) { s.how.Weight = v }).column()
	s.weight.set(s.how.Weight)
	s.visible = newNumberSlider(words.T("Visibility"), 0, 1, 0.05, "", func(v float64) { s.how.Visibility = v }).column()
	s.visible.set(s.how.Visibility)
	s.fetch = widget.NewButton("", s.ask)
	if known := w.ed.Models.Library.OfKinds("used", "face_restorer"); len(known) > 0 {
		s.file.path = string(known[0].Path)
		s.file.show()
	}
	return s
}

// facesOf is what people call a part whose faces change.
func facesOf(what string) string {
	switch what {
	case editor.EnlargeLayer:
		return words.T("Active layer")
	case editor.EnlargeSelection:
		return words.T("Selection")
	}
	return words.T("Whole picture")
}

// ask fetches what is missing once somebody agrees.
func (s *restoreSheet) ask() {
	all := s.wanted()
	s.w.askParts(all, func(yes bool) {
		if yes { // the status line tells how far they are; a second press does nothing
			s.w.ed.Downloads.FetchParts(all, s.look)
		}
	})
}

// look reads, beside the window's goroutine, what the chosen file is.
func (s *restoreSheet) look() {
	s.ready = false
	path := s.file.path
	if path == "" {
		s.about.SetText(words.T("Real-ESRGAN takes noise and JPEG blocks off a face and sharpens one that was enlarged. It invents no face out of a dozen pixels: GFPGAN and CodeFormer do, from a file of yours."))
		path = s.w.ed.Models.NetworkOf(sharpESRGAN)
		s.settle(path, path != "", false)
		return
	}
	s.about.SetText(words.T("reading %s", filepath.Base(path)))
	s.w.ed.Go(words.T("faces"), func() {
		what, err := editor.CheckRestorer(path)
		s.w.ed.Post(func() {
			if s.file.path != path {
				return
			}
			if err != nil {
				s.about.SetText(fault.Plain(err) + ". " + fault.Hint(err))
			} else {
				s.about.SetText(what.Kind)
			}
			s.settle(path, err == nil, what.Weighs)
		})
	}, nil)
	s.settle(path, false, false)
}

// settle shows what can be done with a file.
func (s *restoreSheet) settle(path string, ready, weighs bool) {
	s.ready, s.how.Model = ready, path
	s.how.Finder = s.w.ed.Models.NetworkOf(editor.FaceFinders)
	note := ""
	if d := s.w.ed.Downloads; d != nil {
		note = d.PartsNote(s.wanted())
	}
	showIf(s.fetch, note != "")
	s.fetch.SetText(words.T("Networks that find and sharpen faces: %s", note))
	showIf(s.weight.content, weighs)
	if s.ready && s.how.Finder != "" {
		s.start.Enable()
	} else {
		s.start.Disable()
	}
}

// showRestore asks and then restores.
func (w *window) showRestore() {
	s := newRestoreSheet(w)
	if len(s.parts) == 0 {
		return
	}
	rows := container.NewVBox(spacer(460), labelled(words.T("What"), s.what),
		labelled(words.T("Network"), container.NewBorder(nil, nil, nil, s.file.clear, s.file.button)), s.about, s.fetch, s.weight.content, s.visible.content,
		small(words.T("It becomes a layer above; you can go on painting while it is made. Outside the faces nothing changes; undo takes it away.")))
	d := dialog.NewCustomWithoutButtons(words.T("Restore faces"), rows, w.win)
	yes := func() {
		if s.start.Disabled() {
			return
		}
		d.Hide()
		w.ed.RestoreFaces(s.parts[s.what.SelectedIndex()], s.how)
	}
	s.start = widget.NewButton(words.T("Restore"), yes)
	s.start.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), s.start})
	s.look()
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(s.what)
}
