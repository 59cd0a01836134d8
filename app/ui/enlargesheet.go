package ui

import (
	"path/filepath"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/fault"
)

// factors are those that the sheet offers.
var factors = []float64{1.5, 2, 3, 4, 6, 8}

// enlargeSheet asks what is made larger, how much and by what.
type enlargeSheet struct {
	w      *window
	what   *choice
	parts  []string // editor.Enlarges, in the order of what
	by     *choice
	file   *modelPick
	about  *widget.Label // what the chosen file is
	fetch  *widget.Button
	size   *widget.Label
	start  *widget.Button
	broken bool // the chosen file is no upscaler
}

// realESRGAN are the files of the upscaler that can be fetched.
var realESRGAN = []string{"realesrgan-x4fast.param", "realesrgan-x4fast.bin"}

// ask fetches it once somebody agrees.
func (s *enlargeSheet) ask() {
	s.w.askParts(realESRGAN, func(yes bool) {
		if !yes {
			return
		}
		s.w.ed.Downloads.FetchParts(realESRGAN, func() {
			if path := s.w.ed.Models.NetworkOf(realESRGAN); path != "" {
				s.file.set(path)
			}
		})
		s.fetch.SetText(words.T("Real-ESRGAN is coming…"))
		s.fetch.Disable()
	})
}

// offer shows the button that fetches, with what that costs, while the network is not here.
func (s *enlargeSheet) offer() {
	note := ""
	if d := s.w.ed.Downloads; d != nil {
		note = d.PartsNote(realESRGAN)
	}
	showIf(s.fetch, note != "" && s.file.path == "")
	if !s.fetch.Disabled() {
		s.fetch.SetText(words.T("Real-ESRGAN for photographs: %s", note))
	}
}

// partName is what people call what is made larger.
func partName(what string) string {
	switch what {
	case editor.EnlargeLayer:
		return words.T("Active layer")
	case editor.EnlargeSelection:
		return words.T("Selection, as a new layer")
	case editor.EnlargeFrame:
		return words.T("Frame, as a new layer")
	}
	return words.T("Whole picture, all layers")
}

func newEnlargeSheet(w *window) *enlargeSheet {
	s := &enlargeSheet{w: w, parts: w.ed.Enlarges(), about: small(""), size: wrapped("")}
	var names, times []string
	for _, p := range s.parts {
		names = append(names, partName(p))
	}
	for _, f := range factors {
		times = append(times, "× "+strconv.FormatFloat(f, 'g', -1, 64))
	}
	s.what, s.by = newChoice(names, nil), newChoice(times, nil)
	s.what.SetSelectedIndex(0)
	s.by.SetSelectedIndex(1)
	s.what.OnChanged, s.by.OnChanged = func(string) { s.show() }, func(string) { s.show() }
	s.file = newModelPick(w, words.T("None: a filter (Lanczos)"), words.T("The network that enlarges: ESRGAN, Real-ESRGAN, SRVGG or SwinIR as .pth or .safetensors, ncnn's .param and .bin, or ONNX"), []string{"upscaler"}, s.look)
	s.fetch = widget.NewButton("", s.ask)
	if path := w.ed.Models.NetworkOf(realESRGAN); path != "" {
		s.file.path = path
		s.file.show()
	} else if known := w.ed.Models.Library.OfKinds("used", "upscaler"); len(known) > 0 {
		s.file.path = string(known[0].Path)
		s.file.show()
	}
	return s
}

// show says what size comes of it.
func (s *enlargeSheet) show() {
	if s.what.SelectedIndex() < 0 || s.by.SelectedIndex() < 0 {
		return
	}
	was, is, err := s.w.ed.EnlargedSize(s.parts[s.what.SelectedIndex()], factors[s.by.SelectedIndex()])
	if err != nil {
		s.size.SetText(fault.Plain(err) + ". " + fault.Hint(err))
	} else {
		s.size.SetText(words.T("%d × %d px become %d × %d px", was.X, was.Y, is.X, is.Y))
	}
	if err != nil || s.broken {
		s.start.Disable()
	} else {
		s.start.Enable()
	}
}

// look reads, beside the window's goroutine, what the chosen file is.
func (s *enlargeSheet) look() {
	path := s.file.path
	s.broken = false
	s.offer()
	s.about.SetText(words.T("A filter adds no detail. Upscalers of A1111 (models/ESRGAN) and ComfyUI (models/upscale_models) are found in the library of models."))
	if path == "" {
		s.show()
		return
	}
	s.about.SetText(words.T("reading %s", filepath.Base(path)))
	s.w.ed.Go(words.T("upscaler"), func() {
		what, err := editor.CheckUpscaler(path)
		s.w.ed.Post(func() {
			if s.file.path != path {
				return
			}
			if s.broken = err != nil; s.broken {
				what = fault.Plain(err) + ". " + fault.Hint(err)
			}
			s.about.SetText(what)
			s.show()
		})
	}, nil)
	s.show()
}

// showEnlarge asks and then enlarges.
func (w *window) showEnlarge() {
	s := newEnlargeSheet(w)
	if len(s.parts) == 0 {
		return
	}
	rows := container.NewVBox(spacer(460), labelled(words.T("What"), s.what), labelled(words.T("Factor"), s.by),
		labelled(words.T("Upscaler"), container.NewBorder(nil, nil, nil, s.file.clear, s.file.button)), s.about, s.fetch, s.size,
		small(words.T("It is made beside the painting and can be cancelled below; undo brings the old size back.")))
	d := dialog.NewCustomWithoutButtons(words.T("Enlarge"), rows, w.win)
	yes := func() {
		if s.start.Disabled() {
			return
		}
		d.Hide()
		w.ed.Enlarge(s.parts[s.what.SelectedIndex()], factors[s.by.SelectedIndex()], s.file.path)
	}
	s.start = widget.NewButton(words.T("Enlarge"), yes)
	s.start.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), s.start})
	s.look()
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(s.by)
}
