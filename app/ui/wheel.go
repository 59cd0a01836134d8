package ui

import (
	"math"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// notchLines is how many times as far as Fyne's 25 pixels a notch of the wheel goes.
const notchLines = 3

// wheel lies in the side column, or over a scroll in it. What that cannot take, because all of
// it is seen or it is at its end, is the column's.
type wheel struct {
	widget.BaseWidget
	w    *window
	over *container.Scroll // nil: the column alone
}

func newWheel(w *window, over *container.Scroll) *wheel {
	x := &wheel{w: w, over: over}
	x.ExtendBaseWidget(x)
	return x
}

// Scrolled implements fyne.Scrollable.
func (x *wheel) Scrolled(ev *fyne.ScrollEvent) {
	far := *ev
	if math.Mod(float64(ev.Scrolled.DY), notch) == 0 { // a touchpad goes by less
		far.Scrolled.DY *= notchLines
	}
	if x.over != nil {
		before := x.over.Offset
		if x.over.Scrolled(&far); x.over.Offset != before {
			return
		}
	}
	x.w.column.scroll.Scrolled(&far)
}

// CreateRenderer implements fyne.Widget.
func (x *wheel) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(fynecanvas.NewRectangle(noFill))
}
