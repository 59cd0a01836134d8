package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/app/words"
)

// showDifference lists the settings in which the candidate on show and the one before it
// differ.
func (w *window) showDifference() {
	before, now := w.ed.Fills.Compared()
	if now == nil {
		return
	}
	all := fills.Differences(before.Result.Request, now.Result.Request)
	var body fyne.CanvasObject = wrapped(words.T("Both candidates were made with the same settings."))
	if len(all) > 0 {
		cells := []fyne.CanvasObject{head(words.T("Setting")), head(words.T("Previous")), head(words.T("This one"))}
		for _, d := range all {
			name := widget.NewLabel(words.Label(d.Name))
			name.Importance = widget.LowImportance
			cells = append(cells, name, wrapped(d.Before), wrapped(d.Now))
		}
		body = container.NewVScroll(container.New(&columns{first: 120}, cells...))
		body = container.NewStack(sized(fyne.NewSize(sheetSize.Width, min(40+float32(len(all))*32, sheetSize.Height))), body)
	}
	w.showSheetOver(dialog.NewCustom(words.T("Changed settings"), words.T("Close"), container.NewStack(spacer(380), body), w.win), nil, nil)
}

func head(s string) fyne.CanvasObject {
	return widget.NewLabelWithStyle(s, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
}

// columns lays cells out three in a row: a narrow name and two equal values, each row as
// high as its highest cell.
type columns struct{ first float32 }

// Layout implements fyne.Layout.
func (c *columns) Layout(cells []fyne.CanvasObject, size fyne.Size) {
	value := (size.Width - c.first) / 2
	y := float32(0)
	for i := 0; i+2 < len(cells); i += 3 {
		widths := [3]float32{c.first, value, value}
		high := float32(0)
		for k, o := range cells[i : i+3] {
			o.Resize(fyne.NewSize(widths[k], o.MinSize().Height)) // a wrapped text knows its height by its width
			high = max(high, o.MinSize().Height)
		}
		x := float32(0)
		for k, o := range cells[i : i+3] {
			o.Move(fyne.NewPos(x, y))
			o.Resize(fyne.NewSize(widths[k], high))
			x += widths[k]
		}
		y += high
	}
}

// MinSize implements fyne.Layout.
func (c *columns) MinSize(cells []fyne.CanvasObject) fyne.Size {
	y := float32(0)
	for i := 0; i+2 < len(cells); i += 3 {
		y += max(cells[i].MinSize().Height, cells[i+1].MinSize().Height, cells[i+2].MinSize().Height)
	}
	return fyne.NewSize(c.first+120, y)
}

// presetText sums a preset up in a line.
func presetText(f settings.Fill) string {
	if f.Engine != "diffusion" {
		return f.Engine
	}
	return strings.Join([]string{f.Sampler, f.Schedule, words.N(f.Steps, "%d step", "%d steps"), words.T("guidance %g", f.CFG), words.T("strength %g", f.Strength)}, ", ")
}
