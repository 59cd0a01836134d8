package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/models"
	"pentimento/app/words"
)

// speedLine says which numbers a LoRA or a model for few steps wants, with a button that sets
// them, and after that puts back what was there.
type speedLine struct {
	w       *window
	content *fyne.Container
	text    *widget.Label
	take    *widget.Button
	about   models.Distilled
}

func newSpeedLine(w *window) *speedLine {
	s := &speedLine{w: w, text: small("")}
	s.take = widget.NewButton(words.T("Use these numbers"), func() {
		if _, back := w.ed.Models.HasNumbers(s.about); back {
			w.ed.Models.PutBackNumbers()
			return
		}
		w.ed.Models.TakeNumbers(s.about)
	})
	s.content = container.NewVBox(s.text, s.take)
	s.content.Hide()
	return s
}

// show says it of d, or nothing.
func (s *speedLine) show(d models.Distilled, on bool) {
	s.about = d
	if !on {
		showIf(s.content, false)
		return
	}
	has, back := s.w.ed.Models.HasNumbers(d)
	text, verb := s.w.ed.Models.Wants(d), words.T("Use these numbers")
	if has {
		text, verb = s.w.ed.Models.HasThem(d), words.T("Put back")
	}
	if s.text.Text != text {
		s.text.SetText(text)
	}
	if s.take.Text != verb {
		s.take.SetText(verb)
	}
	showIf(s.take, !has || back)
	showIf(s.content, true)
}
