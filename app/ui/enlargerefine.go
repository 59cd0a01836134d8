package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/fault"
)

// refineRow asks in the sheet Enlarge whether the open model refines what was made larger, and how much.
type refineRow struct {
	w        *window
	how      *choice
	strength *numberSlider
	note     *widget.Label
	content  fyne.CanvasObject
	value    float64
}

func newRefineRow(w *window) *refineRow {
	r := &refineRow{w: w, note: small(""), value: 0.35}
	r.how = newChoice([]string{words.T("Nothing more"), words.T("Refine tile by tile (SD upscale)"), words.T("Refine at once (tiled diffusion)")}, nil)
	r.how.SetSelectedIndex(0)
	r.strength = newNumberSlider(words.T("Strength"), 0.05, 1, 0.05, "", func(v float64) { r.value = v })
	r.strength.set(r.value)
	r.content = container.NewVBox(labelled(words.T("Then"), r.how), r.strength.content, r.note)
	return r
}

// on says whether something is refined.
func (r *refineRow) on() bool { return r.how.SelectedIndex() > 0 }

// show says what is refined by what, or why it can't be; true where it can be, or isn't asked for.
func (r *refineRow) show(what string) bool {
	showIf(r.strength.content, r.on())
	showIf(r.note, r.on())
	if !r.on() {
		return true
	}
	err := r.w.ed.CanRefine(what)
	if err != nil {
		r.note.SetText(fault.Plain(err) + ". " + fault.Hint(err))
	} else {
		r.note.SetText(words.T("The open model repaints it with the prompt and the settings of the fill panel, a part at a time: this takes as long as that many fills."))
	}
	return err == nil
}

func (r *refineRow) asked() editor.Refining {
	return editor.Refining{Strength: r.value, AtOnce: r.how.SelectedIndex() == 2}
}
