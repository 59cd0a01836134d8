package ui

import (
	"fyne.io/fyne/v2/container"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// showCutout asks by which network the active layer's subject is found, and goes on with the card.
func (w *window) showCutout() {
	if w.ed.Fail(w.ed.CanCut()) {
		return
	}
	w.showSubject(words.T("Cut out"), words.T("Find the subject"), false, w.showCutoutCard,
		words.T("The network looks once, while you can go on painting. Then its mask is seen in the picture, and the edge and what becomes of the subject can be chosen."))
}

// showCutoutCard shows what a network would cut out, while its edge and what becomes of it are chosen.
func (w *window) showCutoutCard(network string) {
	w.ed.CancelTrial()
	c := &editor.Cutting{Network: network, Way: editor.CutMask, Red: true}
	a := &adjusting{w: w, label: adjustTitles["cutout"].Name, rows: container.NewVBox(spacer(cardRoom)), note: small("")}
	show := newChoice([]string{words.T("What goes, in red"), words.T("What stays")}, nil)
	show.SetSelectedIndex(0)
	var ways []string
	for _, way := range editor.CutWays {
		ways = append(ways, editor.CutWayName(way))
	}
	way := newChoice(ways, nil)
	way.SetSelectedIndex(0)
	a.rows.Add(labelled(words.T("Result"), way))
	a.rows.Add(labelled(words.T("Show"), show))
	threshold, shift, radius := 50.0, 0.0, 0.0
	a.try = func() {
		c.Threshold, c.Shift, c.Radius, c.Red, c.Way = threshold/100, int(shift), int(radius), show.SelectedIndex() == 0, editor.CutWays[way.SelectedIndex()]
		w.ed.CutOut(c, func(on bool) {
			text := words.T("Refine over: how far beside the edge hair is looked for; 0 is what suits the network.")
			if on {
				text = w.ed.Keyed(words.T("The network looks for the subject. Stop it (Escape)."))
			}
			a.note.SetText(text)
		})
	}
	a.slider(words.T("Threshold"), 5, 95, 1, "%", &threshold)
	a.slider(words.T("Edge outward"), -30, 30, 1, "px", &shift)
	a.slider(words.T("Refine over"), 0, 100, 1, "px", &radius)
	a.note.SetText(words.T("Refine over: how far beside the edge hair is looked for; 0 is what suits the network."))
	a.rows.Add(a.note)
	show.OnChanged, way.OnChanged = func(string) { a.try() }, func(string) { a.try() }
	a.reset = func() {
		for i, v := range []float64{50, 0, 0} {
			a.sliders[i].set(v)
		}
		threshold, shift, radius = 50, 0, 0
	}
	a.open()
}
