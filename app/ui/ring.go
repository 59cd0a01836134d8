package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
)

// ring marks the control that has the keys: 2 units of the accent round it. Fyne's own mark is
// a faint tint.
type ring struct{ rect *fynecanvas.Rectangle }

// focusWidth is how thick it is, in Fyne units.
const focusWidth = 2

// around adds the ring to a control's renderer.
func (g *ring) around(r fyne.WidgetRenderer) fyne.WidgetRenderer {
	g.rect = fynecanvas.NewRectangle(color.Transparent)
	g.rect.StrokeWidth, g.rect.StrokeColor, g.rect.CornerRadius = focusWidth, accent, 4
	g.rect.Hide()
	return &ringRenderer{r, g}
}

func (g *ring) show(on bool) {
	if g.rect != nil {
		showIf(g.rect, on)
		g.rect.Refresh()
	}
}

type ringRenderer struct {
	fyne.WidgetRenderer
	ring *ring
}

// Layout implements fyne.WidgetRenderer.
func (r *ringRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.ring.rect.Resize(size)
}

// Objects implements fyne.WidgetRenderer.
func (r *ringRenderer) Objects() []fyne.CanvasObject {
	inner := r.WidgetRenderer.Objects()
	return append(inner[:len(inner):len(inner)], r.ring.rect)
}
