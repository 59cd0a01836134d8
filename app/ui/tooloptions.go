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
func newToolOption(w *window, row tools.Option, set func(float64)) *toolOption {
	o := &toolOption{row: row}
	switch {
	case row.Icons != nil:
		o.buttons(w, set)
	case row.Names != nil:
		c := newChoice(row.Names, nil)
		c.OnChanged = func(string) { set(float64(slices.Index(row.Names, c.chosen()))) }
		o.content = container.NewHBox(widget.NewLabel(words.T(row.Title)), c)
		o.show = func(v float64) { c.SetSelected(row.Names[int(v)]) }
	case row.High > 0:
		n := newNumberSlider(words.T(row.Title), row.Low, row.High, 1, row.Unit, set)
		if row.Least != "" {
			n.least = words.T(row.Least)
		}
		o.content, o.show = n.content, n.set
	default:
		t := newTick(words.T(row.Title), func(on bool) { set(map[bool]float64{true: 1}[on]) })
		o.content, o.show = t, func(v float64) { t.SetChecked(v != 0) }
	}
	return o
}

// buttons makes a button of each value, the chosen one marked.
func (o *toolOption) buttons(w *window, set func(float64)) {
	row, all := container.NewHBox(), []*hintButton{}
	for i, name := range o.row.Icons {
		b := newHintButton(w, icon(name), words.T(o.row.Names[i]), func() { set(float64(i)) })
		row.Add(b)
		all = append(all, b)
	}
	o.content = row
	o.show = func(v float64) {
		for i, b := range all {
			want := widget.LowImportance
			if i == int(v) {
				want = widget.HighImportance
			}
			if b.Importance != want {
				b.Importance = want
				b.Refresh()
			}
		}
	}
}
