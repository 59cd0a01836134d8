package ui

import (
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
	w       *window
	what    *choice
	parts   []string // editor.Enlarges, in the order of what
	by      *choice
	network *enlargeNetwork
	then    *refineRow
	size    *widget.Label
	start   *widget.Button
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
	s := &enlargeSheet{w: w, parts: w.ed.Enlarges(), size: wrapped(""), start: widget.NewButton(words.T("Enlarge"), nil)}
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
	s.then = newRefineRow(w)
	s.then.how.OnChanged = func(string) { s.show() }
	s.network = newEnlargeNetwork(w, s.factor, s.show)
	s.what.OnChanged = func(string) { s.show() }
	s.by.OnChanged = func(string) { s.network.show() }
	return s
}

func (s *enlargeSheet) factor() float64 { return factors[max(s.by.SelectedIndex(), 0)] }

// show says what size comes of it.
func (s *enlargeSheet) show() {
	if s.network == nil || s.what.SelectedIndex() < 0 || s.by.SelectedIndex() < 0 {
		return
	}
	was, is, err := s.w.ed.EnlargedSize(s.parts[s.what.SelectedIndex()], s.factor())
	if err != nil {
		s.size.SetText(fault.Plain(err) + ". " + fault.Hint(err))
	} else {
		s.size.SetText(words.T("%d × %d px become %d × %d px", was.X, was.Y, is.X, is.Y))
	}
	can := s.then.show(s.parts[s.what.SelectedIndex()])
	if _, here := s.network.path(); err != nil || !here || !can {
		s.start.Disable()
	} else {
		s.start.Enable()
	}
}

// showEnlarge asks and then enlarges.
func (w *window) showEnlarge() {
	s := newEnlargeSheet(w)
	if len(s.parts) == 0 {
		return
	}
	n := s.network
	rows := container.NewVBox(spacer(460), labelled(words.T("What"), s.what), labelled(words.T("Factor"), s.by),
		labelled(words.T("Upscaler"), n.way), n.rowFile, n.rowDenoise, n.about, n.fetch, s.then.content, s.size,
		small(words.T("You can go on painting while it is made, or cancel it below; undo brings the old size back.")))
	d := dialog.NewCustomWithoutButtons(words.T("Enlarge"), rows, w.win)
	yes := func() {
		if path, here := n.path(); here && !s.start.Disabled() {
			d.Hide()
			if s.then.on() {
				w.ed.EnlargeRefined(s.parts[s.what.SelectedIndex()], s.factor(), path, s.then.asked())
				return
			}
			w.ed.Enlarge(s.parts[s.what.SelectedIndex()], s.factor(), path)
		}
	}
	s.start.OnTapped, s.start.Importance = yes, widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), s.start})
	n.look()
	w.showSheetOver(d, yes, w.ed.Listen(n.follow))
	w.win.Canvas().Focus(s.by)
}
