package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/fault"
)

// cutNetworks are those that can be fetched, in the order of the choice; a file of one's own comes after them.
var cutNetworks = [][]string{{"selfie_segmentation.tflite"}, {"isnet_fp16.onnx"}}

// subjectPick asks by which network a subject is found, or, where that is offered, whether it is what is selected.
type subjectPick struct {
	w        *window
	by       *choice
	file     *modelPick
	row      fyne.CanvasObject // of the file
	about    *widget.Label
	ready    bool   // the subject can be found, or its network fetched
	selected bool   // the first choice is what is selected
	changed  func() // after each look
}

func newSubjectPick(w *window, selected bool, changed func()) *subjectPick {
	s := &subjectPick{w: w, about: small(""), selected: selected, changed: changed}
	names := []string{words.T("People (MediaPipe)"), words.T("Any subject (ISNet)"), words.T("A file of mine")}
	if selected {
		names = append([]string{words.T("What is selected")}, names...)
	}
	s.by = newChoice(names, nil)
	s.by.SetSelectedIndex(0)
	s.file = newModelPick(w, words.T("No file"), words.T("The network that finds the subject: U²-Net, ISNet, BiRefNet or RMBG as ONNX"), []string{"segmenter"}, s.look)
	s.row = labelled(words.T("File"), container.NewBorder(nil, nil, nil, s.file.clear, s.file.button))
	s.by.OnChanged = func(string) { s.look() }
	return s
}

// rows are the pick's, in their order.
func (s *subjectPick) rows() []fyne.CanvasObject {
	return []fyne.CanvasObject{labelled(words.T("Subject"), s.by), s.row, s.about}
}

// parts are the chosen network's; nil for a file of one's own. bySelection says that no network is asked.
func (s *subjectPick) parts() (parts []string, bySelection bool) {
	i := s.by.SelectedIndex()
	if s.selected {
		if i--; i < 0 {
			return nil, true
		}
	}
	if i >= 0 && i < len(cutNetworks) {
		return cutNetworks[i], false
	}
	return nil, false
}

// here is the network's file, "" where it would have to be fetched first, or none is needed.
func (s *subjectPick) here() string {
	switch parts, bySelection := s.parts(); {
	case bySelection:
		return ""
	case parts == nil:
		return s.file.path
	default:
		return s.w.ed.Models.NetworkOf(parts)
	}
}

// look says what the network is, or what it would cost to fetch it.
func (s *subjectPick) look() {
	parts, bySelection := s.parts()
	text := ""
	s.ready = true
	showIf(s.row, parts == nil && !bySelection)
	switch {
	case bySelection:
		text = words.T("No network is needed.")
	case parts == nil:
		if s.ready = s.file.path != ""; s.ready {
			s.read()
		}
		text = words.T("ONNX files of U²-Net, ISNet, BiRefNet or RMBG are told apart by themselves.")
	case s.w.ed.Models.NetworkOf(parts) == "":
		if d := s.w.ed.Downloads; d == nil {
			s.ready = false
		} else {
			text = d.PartsNote(parts)
		}
	case parts[0] == cutNetworks[0][0]:
		text = words.T("Quick, for people alone. The edge is brought to the picture's own.")
	default:
		text = words.T("Some 20 seconds on two cores, for what stands out. The edge is brought to the picture's own.")
	}
	s.about.SetText(text)
	s.changed()
}

// read reads, beside the window's goroutine, what the chosen file is.
func (s *subjectPick) read() {
	path := s.file.path
	s.w.ed.Go(words.T("network"), func() {
		what, err := editor.CheckCutout(path)
		s.w.ed.Post(func() {
			if parts, bySelection := s.parts(); s.file.path != path || parts != nil || bySelection {
				return
			}
			if err != nil {
				s.ready = false
				what = fault.Plain(err) + ". " + fault.Hint(err)
			}
			s.about.SetText(what)
			s.changed()
		})
	}, nil)
}

// find hands on the network's file once it is here; "" for what is selected.
func (s *subjectPick) find(then func(path string)) {
	parts, bySelection := s.parts()
	if path := s.here(); path != "" || bySelection {
		then(path)
		return
	}
	ed := s.w.ed
	s.w.askParts(parts, func(yes bool) {
		if yes {
			ed.Downloads.FetchParts(parts, func() {
				if path := ed.Models.NetworkOf(parts); path != "" {
					then(path)
				}
			})
		}
	})
}

// showSubject asks how the active layer's subject is found, where selected also by what is selected, and goes on with the network's
// file, as find does. button says what comes then.
func (w *window) showSubject(title, button string, selected bool, then func(path string), note string) {
	var start *widget.Button
	var s *subjectPick
	s = newSubjectPick(w, selected, func() { enable(start, s.ready) })
	rows := container.NewVBox(append(append([]fyne.CanvasObject{spacer(460)}, s.rows()...), small(note))...)
	d := dialog.NewCustomWithoutButtons(title, rows, w.win)
	yes := func() {
		if !start.Disabled() {
			d.Hide()
			s.find(then)
		}
	}
	start = widget.NewButton(button, yes)
	start.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), start})
	s.look()
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(s.by)
}
