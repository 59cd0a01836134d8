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

// cutNetworks are those that can be fetched, in the order of the sheet's choice; a file of one's own comes after them.
var cutNetworks = [][]string{{"selfie_segmentation.tflite"}, {"isnet_fp16.onnx"}}

// cutoutSheet asks by which network the active layer's subject is cut out, and what becomes of it.
type cutoutSheet struct {
	w     *window
	by    *choice
	way   *choice
	file  *modelPick
	row   fyne.CanvasObject // of the file
	about *widget.Label
	start *widget.Button
}

func newCutoutSheet(w *window) *cutoutSheet {
	s := &cutoutSheet{w: w, about: small("")}
	s.by = newChoice([]string{words.T("People (MediaPipe)"), words.T("Any subject (ISNet)"), words.T("A file of mine")}, nil)
	var ways []string
	for _, way := range editor.CutWays {
		ways = append(ways, editor.CutWayName(way))
	}
	s.way = newChoice(ways, nil)
	s.by.SetSelectedIndex(0)
	s.way.SetSelectedIndex(0)
	s.file = newModelPick(w, words.T("No file"), words.T("The network that finds the subject: U²-Net, ISNet, BiRefNet or RMBG as ONNX"), []string{"segmenter"}, s.show)
	s.row = labelled(words.T("File"), container.NewBorder(nil, nil, nil, s.file.clear, s.file.button))
	s.by.OnChanged = func(string) { s.show() }
	return s
}

// parts are the chosen network's; nil for a file of one's own.
func (s *cutoutSheet) parts() []string {
	if i := s.by.SelectedIndex(); i >= 0 && i < len(cutNetworks) {
		return cutNetworks[i]
	}
	return nil
}

// show says what the network is, or what it would cost to fetch it.
func (s *cutoutSheet) show() {
	parts, ready, text := s.parts(), true, ""
	showIf(s.row, parts == nil)
	switch {
	case parts == nil:
		ready = s.file.path != ""
		if ready {
			s.look()
		}
		text = words.T("ONNX files of U²-Net, ISNet, BiRefNet or RMBG are told apart by themselves.")
	case s.w.ed.Models.NetworkOf(parts) == "":
		if d := s.w.ed.Downloads; d == nil {
			ready = false
		} else {
			text = d.PartsNote(parts)
		}
	case parts[0] == cutNetworks[0][0]:
		text = words.T("Quick, for people alone. The edge is brought to the picture's own.")
	default:
		text = words.T("Some 20 seconds on two cores, for what stands out. The edge is brought to the picture's own.")
	}
	s.about.SetText(text)
	if ready {
		s.start.Enable()
	} else {
		s.start.Disable()
	}
}

// look reads, beside the window's goroutine, what the chosen file is.
func (s *cutoutSheet) look() {
	path := s.file.path
	s.w.ed.Go(words.T("network"), func() {
		what, err := editor.CheckCutout(path)
		s.w.ed.Post(func() {
			if s.file.path != path || s.parts() != nil {
				return
			}
			if err != nil {
				s.start.Disable()
				what = fault.Plain(err) + ". " + fault.Hint(err)
			}
			s.about.SetText(what)
		})
	}, nil)
}

// run cuts out, once the network is here.
func (s *cutoutSheet) run() {
	way, parts, ed := editor.CutWays[s.way.SelectedIndex()], s.parts(), s.w.ed
	if parts == nil {
		ed.CutOut(s.file.path, way)
		return
	}
	if path := ed.Models.NetworkOf(parts); path != "" {
		ed.CutOut(path, way)
		return
	}
	s.w.askParts(parts, func(yes bool) {
		if yes {
			ed.Downloads.FetchParts(parts, func() {
				if path := ed.Models.NetworkOf(parts); path != "" {
					ed.CutOut(path, way)
				}
			})
		}
	})
}

// showCutout asks and then cuts out.
func (w *window) showCutout() {
	s := newCutoutSheet(w)
	rows := container.NewVBox(spacer(460), labelled(words.T("Network"), s.by), s.row, s.about, labelled(words.T("Result"), s.way),
		small(words.T("It is made of the active layer, beside the painting, and can be cancelled below; undo brings back what was there.")))
	d := dialog.NewCustomWithoutButtons(words.T("Cut out"), rows, w.win)
	yes := func() {
		if !s.start.Disabled() {
			d.Hide()
			s.run()
		}
	}
	s.start = widget.NewButton(words.T("Cut out"), yes)
	s.start.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), s.start})
	s.show()
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(s.by)
}
