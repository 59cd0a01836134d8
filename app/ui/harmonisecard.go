package ui

import (
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// showHarmonise opens the card that harmonises the active layer with what is below it.
func (w *window) showHarmonise() {
	w.ed.CancelTrial()
	h := editor.NewHarmony()
	a := &adjusting{w: w, label: adjustTitles["harmonise"].Name, rows: container.NewVBox(spacer(cardRoom))}
	l := &h.Look
	values := []struct {
		name      string
		high      float64
		unit      string
		of        *float64
		per       float64
		separated bool
	}{
		{words.T("Strength"), 100, "%", &l.Strength, 100, true},
		{words.T("Colour"), 100, "%", &l.Colour, 100, false},
		{words.T("Seam"), 100, "%", &l.Seam, 100, false},
		{words.T("Seam width"), 100, "%", &l.Width, 100, false},
		{words.T("Shadow"), 100, "%", &l.Shadow, 100, false},
		{words.T("Direction"), 359, "°", &l.Direction, 1, false},
		{words.T("Length"), 200, "%", &l.Length, 100, false},
		{words.T("Softness"), 50, "%", &l.Softness, 100, false},
	}
	shown := make([]float64, len(values))
	read := func() {
		for i, v := range values {
			shown[i] = *v.of * v.per
		}
	}
	read()
	a.try = func() {
		for i, v := range values {
			*v.of = shown[i] / v.per
		}
		w.ed.Harmonise(a.label, h)
	}
	for i, v := range values {
		a.slider(v.name, 0, v.high, 1, v.unit, &shown[i])
		if v.separated {
			a.rows.Add(widget.NewSeparator())
		}
	}
	keep := newTick(words.T("Keep the layer as it was, hidden"), func(on bool) { h.Keep = on; a.try() })
	a.rows.Add(keep)
	a.reset = func() {
		h.Reset()
		read()
		for i, s := range a.sliders {
			s.set(shown[i])
		}
	}
	a.open()
}
