package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// nextRegion takes the keys to the first control of the next part of the window that is seen,
// and after the last one back to the canvas.
func (w *window) nextRegion() {
	c := w.win.Canvas()
	at := -1
	for i, r := range w.regions {
		if eachFocusable(r, func(f fyne.Focusable) bool { return f == c.Focused() }) {
			at = i
		}
	}
	for _, r := range w.regions[at+1:] {
		if eachFocusable(r, func(f fyne.Focusable) bool { c.Focus(f); return true }) {
			return
		}
	}
	w.focusCanvas()
}

// eachFocusable calls f for the visible controls of a part until it answers true, and says
// whether it did.
func eachFocusable(o fyne.CanvasObject, f func(fyne.Focusable) bool) bool {
	if !o.Visible() {
		return false
	}
	if d, ok := o.(fyne.Disableable); ok && d.Disabled() {
		return false
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			if eachFocusable(child, f) {
				return true
			}
		}
	case *container.Scroll:
		return eachFocusable(o.Content, f)
	case *container.ThemeOverride:
		return eachFocusable(o.Content, f)
	case fyne.Focusable:
		return f(o)
	}
	return false
}

// unfocus takes the keys from a control and gives them to the canvas, where nothing lies over
// the window.
func unfocus(c fyne.Canvas) {
	c.Unfocus()
	if c.Overlays().Top() == nil {
		eachView(c.Content(), func(v *canvasView) { c.Focus(v) })
	}
}

func eachView(o fyne.CanvasObject, f func(*canvasView)) {
	switch o := o.(type) {
	case *canvasView:
		f(o)
	case *fyne.Container:
		for _, child := range o.Objects {
			eachView(child, f)
		}
	}
}
