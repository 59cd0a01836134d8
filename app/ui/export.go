package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/words"
)

// usualQuality is where the slider begins when a picture is no longer written exactly.
const usualQuality = 90

// AskQuality asks how well a picture is written. What its form doesn't keep is said above.
func (w *window) AskQuality(q desk.Quality, then func(int)) {
	value := widget.NewLabel("")
	slider := newSlide(1, 100)
	exact := newTick(words.T("Keep every pixel exactly"), nil)
	show := func(n float64) { value.SetText(fmt.Sprint(int(n))) }
	slider.OnChanged = show
	slider.SetValue(float64(q.Quality))
	if q.Quality == 0 {
		slider.SetValue(usualQuality)
	}
	show(slider.Value)
	exact.OnChanged = func(on bool) {
		if on {
			slider.Disable()
		} else {
			slider.Enable()
		}
	}
	exact.SetChecked(q.Exact && q.Quality == 0)
	rows := container.NewVBox(spacer(380))
	for _, note := range q.Notes {
		rows.Add(wrapped(note))
	}
	rows.Add(wrapped(words.T("A higher quality makes a larger file that is nearer to the picture.")))
	if q.Exact {
		rows.Add(exact)
	}
	rows.Add(container.NewBorder(nil, nil, widget.NewLabel(words.T("Quality")), value, slider))
	d := dialog.NewCustomWithoutButtons(words.T("Quality of the %s", q.Form), rows, w.win)
	yes := func() {
		d.Hide()
		n := int(slider.Value)
		if q.Exact && exact.Checked {
			n = 0
		}
		then(n)
	}
	export := widget.NewButton(words.T("Export"), yes)
	export.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), export})
	w.showSheetOver(d, yes, nil)
}
