package ui

import (
	"image"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// tapImage is a thumbnail that does something when it is tapped.
type tapImage struct {
	widget.BaseWidget
	w    *window
	img  *fynecanvas.Image
	hint string
	tap  func()
}

func newTapImage(w *window, img image.Image, side float32, tap func()) *tapImage {
	t := &tapImage{w: w, img: fynecanvas.NewImageFromImage(img), tap: tap}
	t.img.FillMode, t.img.ScaleMode = fynecanvas.ImageFillContain, fynecanvas.ImageScaleFastest
	t.img.SetMinSize(fyne.NewSquareSize(side))
	t.ExtendBaseWidget(t)
	return t
}

// Tapped implements fyne.Tappable.
func (t *tapImage) Tapped(*fyne.PointEvent) { t.tap() }

// Cursor implements desktop.Cursorable.
func (t *tapImage) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn implements desktop.Hoverable.
func (t *tapImage) MouseIn(ev *desktop.MouseEvent) {
	t.w.status.hint(t.hint)
	t.w.tips.over(t.hint, ev.AbsolutePosition)
}

// MouseMoved implements desktop.Hoverable.
func (t *tapImage) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (t *tapImage) MouseOut() {
	t.w.status.hint("")
	t.w.tips.over("", fyne.Position{})
}

// CreateRenderer implements fyne.Widget.
func (t *tapImage) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.img) }
