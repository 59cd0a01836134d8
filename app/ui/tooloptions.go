package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
	"pentimento/tools"
)

// toolOption is the control of a row of tools.Options.
type toolOption struct {
	row     tools.Option
	content fyne.CanvasObject
	show    func(v float64)
}

// newToolOption makes a control that calls set with what is chosen.
func newToolOption(row tools.Option, set func(float64)) *toolOption {
	o := &toolOption{row: row}
	switch {
	case row.Names != nil:
		c := newChoice(row.Names, nil)
		c.OnChanged = func(string) { set(float64(slices.Index(row.Names, c.chosen()))) }
		o.content = container.NewHBox(widget.NewLabel(words.T(row.Title)), c)
		o.show = func(v float64) { c.SetSelected(row.Names[int(v)]) }
	case row.High > 0:
		n := newNumberSlider(words.T(row.Title), row.Low, row.High, 1, row.Unit, set)
		o.content, o.show = n.content, n.set
	default:
		t := newTick(words.T(row.Title), func(on bool) { set(map[bool]float64{true: 1}[on]) })
		o.content, o.show = t, func(v float64) { t.SetChecked(v != 0) }
	}
	return o
}
