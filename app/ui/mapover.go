package ui

import (
	"image"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"

	"pentimento/tools"
)

// laidPicture is a picture of the overlay.
type laidPicture struct {
	img    *fynecanvas.Image // nil before there was one
	turned turnedPicture     // what it shows in a view that is turned or mirrored
}

func (l *laidPicture) hide() {
	if l.img != nil {
		l.img.Hide()
	}
}

// show lays a picture into a box between two document points, under all lines.
func (o *overlay) show(l *laidPicture, s tools.Shape, translucency float64) {
	if l.img == nil {
		l.img = &fynecanvas.Image{FillMode: fynecanvas.ImageFillStretch, ScaleMode: fynecanvas.ImageScaleFastest, Translucency: translucency}
		o.objects = append([]fyne.CanvasObject{l.img}, o.objects...)
	}
	p, q := o.span(s.Points[0].X, s.Points[0].Y, s.Points[1].X, s.Points[1].Y)
	img := s.Image
	if view := o.v.ed.View(); !view.Upright() {
		p, q = o.clip(p, q)
		img = l.turned.of(s, view, o.v.scale, p, q)
	}
	l.img.Move(p)
	l.img.Resize(fyne.NewSize(q.X-p.X, q.Y-p.Y))
	if l.img.Image != image.Image(img) {
		l.img.Image = img
		l.img.Refresh()
	}
	l.img.Show()
}

// showMapOver lays the map of a reference that is taken of the canvas over the place that it is of, where
// that was asked for.
func (o *overlay) showMapOver() {
	o.mapped.hide()
	maps := o.v.ed.Fills.Maps
	img, at, _ := maps.Of(maps.Over())
	if img == nil || at.Empty() || img.Rect.Empty() {
		return
	}
	o.show(&o.mapped, tools.Shape{Kind: tools.Picture, Image: img, Points: []tools.Vec{{X: float64(at.Min.X), Y: float64(at.Min.Y)}, {X: float64(at.Max.X), Y: float64(at.Max.Y)}}}, 0.3)
}
