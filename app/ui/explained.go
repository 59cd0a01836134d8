package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// explained is a control with its name that says what it is for while the pointer is on the
// name; what is below it keeps its own explanations.
type explained struct {
	widget.BaseWidget
	w    *window
	o    fyne.CanvasObject
	hint string
}

func newExplained(w *window, hint string, o fyne.CanvasObject) *explained {
	e := &explained{w: w, o: o, hint: hint}
	e.ExtendBaseWidget(e)
	return e
}

// MouseIn implements desktop.Hoverable.
func (e *explained) MouseIn(ev *desktop.MouseEvent) {
	e.w.status.hint(e.hint)
	e.w.tips.over(e.hint, ev.AbsolutePosition)
}

// MouseMoved implements desktop.Hoverable.
func (e *explained) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (e *explained) MouseOut() {
	e.w.status.hint("")
	e.w.tips.over("", fyne.Position{})
}

// CreateRenderer implements fyne.Widget.
func (e *explained) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(e.o) }
