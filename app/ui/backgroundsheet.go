package ui

import (
	"image/color"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/fault"
)

// backgroundSheet asks what the active layer's background is replaced by, and how its subject is found.
type backgroundSheet struct {
	w       *window
	subject *subjectPick
	by      *choice
	how     editor.NewBackground

	harmonise, threshold *numberSlider

	prompt  *widget.Entry
	picture *hintButton
	of      map[string]fyne.CanvasObject // the row of each way
	note    *widget.Label
	start   *widget.Button
}

// backgroundWays are the ways in the order of the choice.
var backgroundWays = []string{editor.ByPicture, editor.ByBlur, editor.ByColour, editor.ByWords}

func newBackgroundSheet(w *window) *backgroundSheet {
	s := &backgroundSheet{w: w, note: small(""), prompt: widget.NewMultiLineEntry()}
	s.how.Blur, s.how.Colour, s.how.Strength = 12, editor.HexColour(w.ed.Brush().Colour), 1
	s.start = widget.NewButton(words.T("Replace"), nil)
	s.start.Importance = widget.HighImportance
	s.subject = newSubjectPick(w, w.ed.State().Selection.Len() > 0, s.show)
	s.by = newChoice([]string{words.T("A picture"), words.T("What was there, blurred"), words.T("A colour"), words.T("Words: the model paints it")}, nil)
	s.prompt.SetText(w.ed.Settings.Fill.Prompt)
	s.prompt.SetMinRowsVisible(2)
	s.prompt.Wrapping = fyne.TextWrapWord
	s.prompt.OnChanged = func(string) { s.show() }
	s.picture = newHintButton(w, icon("open"), words.T("It covers the layer; what is too much is cut off at its sides"), func() {
		w.AskOpen(words.T("Choose a picture"), func(path string) {
			s.how.File = path
			s.picture.SetText(cut(filepath.Base(path), 52))
			s.show()
		})
	})
	s.picture.SetText(words.T("None chosen"))
	s.picture.Alignment, s.picture.Importance = widget.ButtonAlignLeading, widget.MediumImportance
	blur := newNumberSlider(words.T("Blur"), 0, 100, 1, "px", func(v float64) { s.how.Blur = v })
	blur.set(s.how.Blur)
	colour, _ := editor.ParseColour(s.how.Colour)
	s.of = map[string]fyne.CanvasObject{
		editor.ByPicture: labelled(words.T("Picture"), s.picture),
		editor.ByBlur:    container.NewVBox(blur.content, small(words.T("Where the subject was it is filled from what is around; 0 fills and doesn't blur."))),
		editor.ByColour:  labelled(words.T("Colour"), w.newColourButton(words.T("Colour of the background"), colour, func(c color.NRGBA) { s.how.Colour = editor.HexColour(c) })),
		editor.ByWords:   labelled(words.T("Prompt"), s.prompt),
	}
	s.harmonise = newNumberSlider(words.T("Harmonise with it"), 0, 100, 1, "%", func(v float64) { s.how.Strength = v / 100 })
	s.harmonise.set(100)
	s.threshold = newNumberSlider(words.T("Threshold"), 5, 95, 1, "%", func(v float64) { s.how.Threshold = v / 100 })
	s.threshold.set(50)
	s.by.SetSelectedIndex(0)
	s.by.OnChanged = func(string) {
		s.show()
		s.harmonise.set(100 * s.usual())
		s.how.Strength = s.usual()
	}
	return s
}

// usual is how far a subject is harmonised where nobody says: not at all with its own background, or one colour.
func (s *backgroundSheet) usual() float64 {
	if s.how.By == editor.ByBlur || s.how.By == editor.ByColour {
		return 0
	}
	return 1
}

// show shows the rows of the chosen way, and says what is still wanted.
func (s *backgroundSheet) show() {
	if s.by == nil {
		return
	}
	s.how.By = backgroundWays[max(s.by.SelectedIndex(), 0)]
	for way, row := range s.of {
		showIf(row, way == s.how.By)
	}
	_, bySelection := s.subject.parts()
	showIf(s.threshold.content, !bySelection)
	text, ready := "", s.subject.ready
	switch s.how.By {
	case editor.ByPicture:
		ready = ready && s.how.File != ""
	case editor.ByWords:
		if err := s.w.ed.CanPaintBackground(); err != nil {
			text, ready = fault.Plain(err)+". "+fault.Hint(err), false
		} else {
			text, ready = words.T("Model, negative prompt and settings are those of the fill panel."), ready && s.prompt.Text != ""
		}
	}
	s.note.SetText(text)
	showIf(s.note, text != "")
	if ready {
		s.start.Enable()
	} else {
		s.start.Disable()
	}
}

// showBackground asks and then replaces.
func (w *window) showBackground() {
	if w.ed.Fail(w.ed.CanReplaceBackground()) {
		return
	}
	s := newBackgroundSheet(w)
	rows := container.NewVBox(spacer(480))
	for _, r := range s.subject.rows() {
		rows.Add(r)
	}
	rows.Add(s.threshold.content)
	rows.Add(widget.NewSeparator())
	rows.Add(labelled(words.T("Background"), s.by))
	for _, way := range backgroundWays {
		rows.Add(s.of[way])
	}
	rows.Add(s.note)
	rows.Add(widget.NewSeparator())
	shadow := newNumberSlider(words.T("Shadow"), 0, 100, 1, "%", func(v float64) { s.how.Shadow = v / 100 })
	shadow.set(0)
	rows.Add(s.harmonise.content)
	rows.Add(shadow.content)
	rows.Add(small(words.T("Background and subject become layers, the subject behind a layer mask; the layer as it was stays below, hidden. It is made beside the painting and can be cancelled; it is one step.")))
	d := dialog.NewCustomWithoutButtons(words.T("Replace the background"), rows, w.win)
	yes := func() {
		if s.start.Disabled() {
			return
		}
		d.Hide()
		s.how.Prompt = s.prompt.Text
		how := s.how
		s.subject.find(func(path string) {
			how.Network = path
			w.ed.ReplaceBackground(how)
		})
	}
	s.start.OnTapped = yes
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), s.start})
	s.subject.look()
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(s.by)
}
