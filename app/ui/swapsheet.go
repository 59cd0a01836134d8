package ui

import (
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/fault"
)

// mostFaces is how many faces the sheet counts.
const mostFaces = 8

// swapSheet asks which face gets which identity. Nothing is chosen for anybody: the two networks are files of the
// person's own.
type swapSheet struct {
	w                 *window
	what, into        *choice
	parts             []string // editor.FaceParts, in the order of what
	swapper, embedder *modelPick
	picture           *hintButton
	path              string // of the picture
	about             *widget.Label
	fetch             *widget.Button
	start             *widget.Button
	how               editor.Swapping
}

func newSwapSheet(w *window) *swapSheet {
	s := &swapSheet{w: w, parts: w.ed.FaceParts(), about: wrapped(""), how: editor.Swapping{}.Usual()}
	var names []string
	for _, p := range s.parts {
		names = append(names, facesOf(p))
	}
	s.what = newChoice(names, nil)
	s.what.SetSelectedIndex(0)
	faces := []string{words.T("All faces")}
	for i := range mostFaces {
		faces = append(faces, words.T("Face %d from the left", i+1))
	}
	s.into = newChoice(faces, nil)
	s.into.SetSelectedIndex(0)
	s.swapper = newModelPick(w, words.T("None chosen"), words.T("Your ONNX file of inswapper's shape, such as inswapper_128.onnx"), []string{"face_swapper"}, s.look)
	s.embedder = newModelPick(w, words.T("None chosen"), words.T("Your ONNX file of ArcFace, such as w600k_r50.onnx"), []string{"face_embedder"}, s.look)
	s.picture = newHintButton(w, icon("open"), words.T("The picture of the face to put in; the largest in it is taken"), func() {
		w.AskOpen(words.T("Choose a picture with the face"), func(path string) {
			s.path = path
			s.picture.SetText(cut(filepath.Base(path), 52))
			s.look()
		})
	})
	s.picture.SetText(words.T("None chosen"))
	s.picture.Alignment, s.picture.Importance = widget.ButtonAlignLeading, widget.MediumImportance
	s.fetch = widget.NewButton("", s.ask)
	return s
}

// ask fetches the networks that find faces once somebody agrees.
func (s *swapSheet) ask() {
	s.w.askParts(editor.FaceFinders, func(yes bool) {
		if yes {
			s.w.ed.Downloads.FetchParts(editor.FaceFinders, s.look)
		}
	})
}

// look says what is still wanted, and reads, beside the window's goroutine, what the files are.
func (s *swapSheet) look() {
	s.start.Disable()
	s.how.Swapper, s.how.Embedder = s.swapper.path, s.embedder.path
	s.how.Finder = s.w.ed.Models.NetworkOf(editor.FaceFinders)
	note := ""
	if d := s.w.ed.Downloads; d != nil {
		note = d.PartsNote(editor.FaceFinders)
	}
	showIf(s.fetch, note != "")
	s.fetch.SetText(words.T("Networks that find faces: %s", note))
	if s.how.Swapper == "" || s.how.Embedder == "" || s.path == "" || s.how.Finder == "" {
		s.about.SetText(words.T("Wanted are both files and a picture. None comes with the program; mind the files' licences."))
		return
	}
	how := s.how
	s.about.SetText(words.T("reading %s", filepath.Base(how.Swapper)))
	s.w.ed.Go(words.T("faces"), func() {
		err := editor.CheckSwapping(how.Swapper, how.Embedder)
		s.w.ed.Post(func() {
			if s.how != how {
				return
			}
			if err != nil {
				s.about.SetText(fault.Plain(err) + ". " + fault.Hint(err))
				return
			}
			s.about.SetText(words.T("What is saved or exported says that a face was swapped."))
			s.start.Enable()
		})
	}, nil)
}

// showSwap asks and then swaps.
func (w *window) showSwap() {
	s := newSwapSheet(w)
	if len(s.parts) == 0 {
		return
	}
	file := func(p *modelPick) fyne.CanvasObject { return container.NewBorder(nil, nil, nil, p.clear, p.button) }
	rows := container.NewVBox(spacer(460), wrapped(words.T("For pictures of yourself, of people who have agreed to it, and of people you have painted.")),
		labelled(words.T("Where"), s.what), labelled(words.T("Which face"), s.into), labelled(words.T("New face"), s.picture),
		labelled(words.T("Swapper"), file(s.swapper)), labelled(words.T("ArcFace"), file(s.embedder)), s.about, s.fetch,
		small(words.T("It becomes a layer above; you can go on painting while it is made. Outside the faces nothing changes; undo takes it away.")))
	d := dialog.NewCustomWithoutButtons(words.T("Swap a face"), rows, w.win)
	yes := func() {
		if s.start.Disabled() {
			return
		}
		d.Hide()
		s.how.Into = s.into.SelectedIndex()
		w.ed.SwapFace(s.parts[s.what.SelectedIndex()], s.path, s.how)
	}
	s.start = widget.NewButton(words.T("Swap"), yes)
	s.start.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), s.start})
	s.look()
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(s.what)
}
