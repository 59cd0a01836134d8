package ui

import (
	"image"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
)

// imageSize is the sheet for another size of the picture, in pixels or as a percentage.
type imageSize struct {
	old                 image.Point // width and height in pixels
	wide, high, percent *numberField
	keep                *tick
}

func newImageSize(old image.Point) *imageSize {
	m := &imageSize{old: old, keep: newTick(words.T("Keep the proportions"), nil)}
	m.wide = newNumberField(func(v int64) { m.follow(m.high, float64(v)/float64(m.old.X), m.old.Y) })
	m.high = newNumberField(func(v int64) { m.follow(m.wide, float64(v)/float64(m.old.Y), m.old.X) })
	m.percent = newNumberField(func(v int64) {
		m.wide.set(side(float64(v)/100, m.old.X))
		m.high.set(side(float64(v)/100, m.old.Y))
	})
	m.keep.SetChecked(true)
	m.wide.set(int64(old.X))
	m.high.set(int64(old.Y))
	m.percent.set(100)
	for _, n := range []*numberField{m.wide, m.high, m.percent} {
		n.OnChanged = func(text string) {
			if v, err := strconv.Atoi(text); err == nil && v > 0 {
				n.take() // the others follow at every digit
			}
		}
	}
	return m
}

// size is what was typed.
func (m *imageSize) size() (w, h int) {
	for _, n := range []*numberField{m.wide, m.high, m.percent} {
		n.take()
	}
	return int(min(m.wide.value, 1<<20)), int(min(m.high.value, 1<<20))
}

// showImageSize asks for the picture's size.
func (w *window) showImageSize() {
	m := newImageSize(w.ed.PictureRect().Size())
	row := func(name string, n *numberField, unit string) fyne.CanvasObject {
		return labelled(name, n.field, container.NewStack(spacer(unitWidth), widget.NewLabel(unit)))
	}
	rows := container.NewVBox(spacer(320), row(words.T("Width"), m.wide, "px"), row(words.T("Height"), m.high, "px"),
		row(words.T("Scale"), m.percent, "%"), m.keep, wrapped(words.T("All layers are resampled (Lanczos). Undo brings the old size back.")))
	d := dialog.NewCustomWithoutButtons(words.T("Image size"), rows, w.win)
	yes := func() {
		d.Hide()
		w.ed.ResizePicture(m.size())
	}
	resize := widget.NewButton(words.T("Resize"), yes)
	resize.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), resize})
	w.showSheetOver(d, yes, nil)
	w.win.Canvas().Focus(m.wide.field)
}

// follow brings the other side along where the proportions are kept.
func (m *imageSize) follow(other *numberField, factor float64, old int) {
	if m.keep.Checked {
		other.set(side(factor, old))
		m.percent.set(int64(factor*100 + 0.5))
	}
}

// side is a side's new length, at least one pixel.
func side(factor float64, old int) int64 { return max(int64(factor*float64(old)+0.5), 1) }
