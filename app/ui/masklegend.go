package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/fills"
	"pentimento/app/words"
)

// maskLegend says what the opacity of the mask's tint means: how much a fill may change.
type maskLegend struct {
	w       *window
	content *fyne.Container
	run     *fynecanvas.LinearGradient
}

func newMaskLegend(w *window) *maskLegend {
	l := &maskLegend{w: w, run: fynecanvas.NewHorizontalGradient(color.Transparent, color.Transparent)}
	l.run.SetMinSize(fyne.NewSize(60, 12))
	low, high := widget.NewLabel(words.T("Strength")+" 0 %"), widget.NewLabel("100 %")
	for _, text := range []*widget.Label{low, high} {
		text.SizeName, text.Importance = theme.SizeNameCaptionText, widget.LowImportance
	}
	l.content = container.NewBorder(nil, nil, low, high, container.New(layout.NewCustomPaddedLayout(8, 8, 0, 0), l.run))
	l.content.Hide()
	return l
}

// show shows it in the tint that the mask has now, unless the mask is not tinted.
func (l *maskLegend) show(on bool) {
	var tint color.NRGBA
	if v := l.w.view; v != nil {
		tint = v.look.Mask
	}
	if on = on && tint.A > 0; on {
		clear := tint
		clear.A = 0
		if tint.A = 255; l.run.EndColor != tint {
			l.run.StartColor, l.run.EndColor = clear, tint
			l.run.Refresh()
		}
	}
	showIf(l.content, on)
}

// degreesText says what a fill makes of a mask that says how much may change.
func degreesText(ed *editor.Editor, out fills.Outline) string {
	switch {
	case !out.Degrees:
		return ""
	case !ed.Models.Generates():
		return " " + words.T("Where the mask is weak, what is filled in mixes with the picture.")
	case out.Mixes:
		return " " + words.T("Where the mask is weak, the new picture mixes with the old one; “Differential” changes less instead.")
	}
	return " " + words.T("Where the mask is weak, less changes.")
}
