package ui

import (
	"fyne.io/fyne/v2/container"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// showPixelArt opens the card of pixel art of the active layer, which is shown while it is chosen.
func (w *window) showPixelArt() {
	w.ed.CancelTrial()
	cell, count, seed := 8.0, 16.0, 0.0
	rows := container.NewVBox(spacer(cardRoom))
	var palette, dither, taken *choice
	try := func() {
		o := editor.PixelOptions{Cell: int(cell), Count: int(count), Seed: int64(seed), Dither: dither.chosen(), Taken: taken.chosen()}
		if palette.SelectedIndex() > 0 {
			o.Palette = palette.chosen()
		}
		w.ed.PixelArt(o)
	}
	slider := func(name string, low, high float64, unit string, value *float64) *numberSlider {
		s := newNumberSlider(name, low, high, 1, unit, func(v float64) { *value = min(v, high); try() }).column()
		s.set(*value)
		rows.Add(s.content)
		return s
	}
	pick := func(name string, names []string) *choice {
		c := newChoice(names, nil)
		c.SetSelectedIndex(0)
		rows.Add(labelled(name, c))
		return c
	}
	palette = pick(words.T("Palette"), append([]string{words.T("Colours of the picture")}, editor.PixelPalettes()...))
	dither, taken = pick(words.T("Dithering"), editor.PixelDithers()), pick(words.T("Colour of a cell"), editor.PixelTakes())
	sliders := []*numberSlider{slider(words.T("Cell"), 1, 64, "px", &cell), slider(words.T("Colours"), 2, 64, "", &count), slider(words.T("Seed"), 0, 999, "", &seed)}
	if w.ed.PixelArtIsShallow() {
		rows.Add(small(words.T("The few colours of pixel art have 8 bits a channel, as palettes do; the picture's file stays one of 16.")))
	}
	try()
	if w.ed.Trying() == "" {
		return // it has said why
	}
	again := func(string) { try() }
	palette.OnChanged, dither.OnChanged, taken.OnChanged = again, again, again
	title := adjustTitles["pixelart"].Name
	w.openCard(words.Label(title), title, rows, func() {
		cell, count, seed = 8, 16, 0
		for i, v := range []float64{cell, count, seed} {
			sliders[i].set(v)
		}
		palette.SetSelectedIndex(0)
		dither.SetSelectedIndex(0)
		taken.SetSelectedIndex(0)
		try()
	})
	for _, s := range sliders {
		s.entry.enter, s.entry.leave = w.ed.MakeTrial, w.ed.CancelTrial
	}
	w.win.Canvas().Focus(sliders[0].entry)
}
