package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// rail lays the tools out from top to bottom, in as few columns as hold them: one in a tall
// window, two in a low one. changed is told when that many became others, since the width
// then is another.
type rail struct {
	columns int
	changed func()
}

func newRail(buttons []fyne.CanvasObject, changed func()) *fyne.Container {
	return container.New(&rail{columns: 1, changed: changed}, buttons...)
}

func cellOf(all []fyne.CanvasObject) fyne.Size {
	var cell fyne.Size
	for _, o := range all {
		cell = cell.Max(o.MinSize())
	}
	return cell
}

// Layout implements fyne.Layout.
func (r *rail) Layout(all []fyne.CanvasObject, size fyne.Size) {
	cell, gap := cellOf(all), theme.Padding()
	fits := max(int((size.Height+gap)/(cell.Height+gap)), 1)
	columns := (len(all) + fits - 1) / fits
	rows := (len(all) + columns - 1) / columns
	for i, o := range all {
		o.Move(fyne.NewPos(float32(i/rows)*(cell.Width+gap), float32(i%rows)*(cell.Height+gap)))
		o.Resize(cell)
	}
	if columns != r.columns {
		r.columns = columns
		r.changed()
	}
}

// MinSize implements fyne.Layout. The height is what three columns need, so that the tools
// never keep a window from being low.
func (r *rail) MinSize(all []fyne.CanvasObject) fyne.Size {
	cell, gap := cellOf(all), theme.Padding()
	rows := float32((len(all) + 2) / 3)
	return fyne.NewSize(float32(r.columns)*(cell.Width+gap)-gap, rows*(cell.Height+gap)-gap)
}
