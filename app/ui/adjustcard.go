package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
	"pentimento/canvas/adjust"
)

// adjusting is the content of an adjustment's card.
type adjusting struct {
	w       *window
	label   string // of the step
	rows    *fyne.Container
	sliders []*numberSlider
	change  func() *adjust.Change // of what the controls say
	try     func()                // shows it
	reset   func()
	note    *widget.Label
}

// adjustTitles are the titles of the cards and the labels of the steps.
var adjustTitles = map[string]struct{ Name string }{
	"adjust.levels": {Name: "Levels"}, "adjust.curves": {Name: "Curves"}, "adjust.hues": {Name: "Hue and saturation"},
	"adjust.contrast": {Name: "Brightness and contrast"}, "adjust.blur": {Name: "Gaussian blur"}, "adjust.sharpen": {Name: "Sharpen"},
	"pixelart":   {Name: "Pixel art"},
	"harmonise":  {Name: "Harmonise"},
	"cutout":     {Name: "Cut out"},
	"background": {Name: "Replace the background"},
}

// showAdjust opens the card of an adjustment of the active layer.
func (w *window) showAdjust(what string) {
	w.ed.CancelTrial()
	a := &adjusting{w: w, label: adjustTitles[what].Name, rows: container.NewVBox(spacer(cardRoom)), note: wrapped("")}
	a.note.Importance = widget.LowImportance
	a.try = func() { w.ed.Adjust(a.label, a.change()) }
	map[string]func(*adjusting){
		"adjust.levels": (*adjusting).levels, "adjust.curves": (*adjusting).curves, "adjust.hues": (*adjusting).hues,
		"adjust.contrast": (*adjusting).contrast, "adjust.blur": (*adjusting).blur, "adjust.sharpen": (*adjusting).sharpen,
	}[what](a)
	if w.ed.LosesDepth(a.change()) {
		a.note.SetText(words.T("What changes will have 8 bits a channel; undo brings its 16 back"))
		a.rows.Add(a.note)
	}
	a.open()
}

// open shows the card of what can be tried.
func (a *adjusting) open() {
	w := a.w
	a.try()
	if w.ed.Trying() == "" {
		return // it has said why
	}
	w.openCard(words.Label(a.label), a.label, a.rows, func() { a.reset(); a.try() })
	for _, s := range a.sliders {
		s.entry.enter, s.entry.leave = w.ed.MakeTrial, w.ed.CancelTrial
	}
	w.win.Canvas().Focus(a.sliders[0].entry)
}

// cardRoom is the width of a card's content.
const cardRoom = 300

// slider adds a slider for a value.
func (a *adjusting) slider(name string, low, high, step float64, unit string, value *float64) *numberSlider {
	s := newNumberSlider(name, low, high, step, unit, func(v float64) {
		*value = min(v, high)
		a.try()
	}).column()
	s.set(*value)
	a.sliders = append(a.sliders, s)
	a.rows.Add(s.content)
	return s
}

func (a *adjusting) contrast() {
	var brightness, contrast float64
	b := a.slider(words.T("Brightness"), -100, 100, 1, "", &brightness)
	c := a.slider(words.T("Contrast"), -100, 100, 1, "", &contrast)
	a.change = func() *adjust.Change {
		return adjust.Contrast{Brightness: brightness / 100, Contrast: contrast / 100}.Change()
	}
	a.reset = func() {
		brightness, contrast = 0, 0
		b.set(0)
		c.set(0)
	}
}

func (a *adjusting) blur() {
	radius := 4.0
	r := a.slider(words.T("Radius"), 0, 100, 0.1, "px", &radius)
	a.change = func() *adjust.Change { return adjust.Gaussian(radius) }
	a.reset = func() { radius = 4; r.set(4) }
}

func (a *adjusting) sharpen() {
	radius, amount, threshold := 1.5, 60.0, 0.0
	r := a.slider(words.T("Radius"), 0, 50, 0.1, "px", &radius)
	m := a.slider(words.T("Amount"), 0, 300, 1, "%", &amount)
	t := a.slider(words.T("Threshold"), 0, 64, 1, "", &threshold)
	a.change = func() *adjust.Change { return adjust.Sharpen(radius, amount/100, threshold/255) }
	a.reset = func() {
		radius, amount, threshold = 1.5, 60, 0
		r.set(radius)
		m.set(amount)
		t.set(threshold)
	}
}

// hueRanges are the colours that a shift can be for, by Hues.Range after the first.
var hueRanges = []struct{ Name string }{{Name: "All colours"}, {Name: "Reds"}, {Name: "Yellows"}, {Name: "Greens"}, {Name: "Cyans"}, {Name: "Blues"}, {Name: "Magentas"}}

func (a *adjusting) hues() {
	var shifts [7][3]float64
	var now [3]float64
	var which *choice
	at := func() int {
		for i, r := range hueRanges {
			if r.Name == which.chosen() {
				return i
			}
		}
		return 0
	}
	var names []string
	for _, r := range hueRanges {
		names = append(names, r.Name)
	}
	which = newChoice(names, func(string) {
		now = shifts[at()]
		for i, s := range a.sliders {
			s.set(now[i])
		}
	})
	a.rows.Add(labelled(words.T("Colours"), which))
	a.slider(words.T("Hue"), -180, 180, 1, "°", &now[0])
	a.slider(words.T("Saturation"), -100, 100, 1, "%", &now[1])
	a.slider(words.T("Lightness"), -100, 100, 1, "%", &now[2])
	which.SetSelected(names[0])
	shift := func(v [3]float64) adjust.Shift {
		return adjust.Shift{Hue: v[0], Saturation: v[1] / 100, Lightness: v[2] / 100}
	}
	a.change = func() *adjust.Change {
		shifts[at()] = now
		h := adjust.Hues{All: shift(shifts[0])}
		for i := range h.Range {
			h.Range[i] = shift(shifts[i+1])
		}
		return h.Change()
	}
	a.reset = func() {
		shifts, now = [7][3]float64{}, [3]float64{}
		for _, s := range a.sliders {
			s.set(0)
		}
	}
}

// channelNames are the channels of levels and curves.
var channelNames = []struct{ Name string }{{Name: "All channels"}, {Name: "Red"}, {Name: "Green"}, {Name: "Blue"}}

// channels adds the choice of a channel; changed hears of its number.
func (a *adjusting) channels(changed func(int)) {
	var names []string
	for _, c := range channelNames {
		names = append(names, c.Name)
	}
	var which *choice
	which = newChoice(names, func(name string) {
		for i, n := range names {
			if n == name {
				changed(i)
			}
		}
	})
	which.Select.Selected = which.Options[0]
	a.rows.Add(labelled(words.T("Channel"), which))
}

func (a *adjusting) levels() {
	ranges := [4]adjust.Range{adjust.Plain, adjust.Plain, adjust.Plain, adjust.Plain}
	var now [5]float64
	channel := 0
	hist := newHistogram()
	show := func() {
		r := ranges[channel]
		now = [5]float64{255 * r.Black, r.Gamma, 255 * r.White, 255 * r.Low, 255 * r.High}
		for i, s := range a.sliders {
			s.set(now[i])
		}
		hist.show(channel)
	}
	a.channels(func(i int) { channel = i; show() })
	a.rows.Add(hist)
	now = [5]float64{0, 1, 255, 0, 255}
	a.slider(words.T("Black"), 0, 255, 1, "", &now[0])
	a.slider(words.T("Middle"), 0.1, 5, 0.01, "", &now[1])
	a.slider(words.T("White"), 0, 255, 1, "", &now[2])
	a.slider(words.T("Black to"), 0, 255, 1, "", &now[3])
	a.slider(words.T("White to"), 0, 255, 1, "", &now[4])
	var counted *adjust.Histogram
	auto := widget.NewButton(words.T("Automatic"), func() {
		if counted != nil {
			l := counted.Auto()
			ranges = [4]adjust.Range{adjust.Plain, l.RGB[0], l.RGB[1], l.RGB[2]}
			show()
			a.try()
		}
	})
	a.rows.Add(auto)
	a.w.ed.CountValues(func(h *adjust.Histogram) { counted = h; hist.set(h) })
	a.change = func() *adjust.Change {
		ranges[channel] = adjust.Range{Black: now[0] / 255, Gamma: now[1], White: now[2] / 255, Low: now[3] / 255, High: now[4] / 255}
		return adjust.Levels{All: ranges[0], RGB: [3]adjust.Range{ranges[1], ranges[2], ranges[3]}}.Change()
	}
	a.reset = func() {
		ranges = [4]adjust.Range{adjust.Plain, adjust.Plain, adjust.Plain, adjust.Plain}
		show()
	}
}
