package ui

import (
	"image"

	"fyne.io/fyne/v2"

	"pentimento/tools"
)

// turnedPicture is a tool's picture as it lies on the screen in a view that is turned or
// mirrored, which the toolkit's pictures cannot be.
type turnedPicture struct {
	out   *image.NRGBA
	shape *image.NRGBA
	box   [2]tools.Vec
	view  tools.View
}

// turnedSide is the most pixels a side: a gradient and the stamp's ghost are small pictures.
const turnedSide = 320

// of draws a shape's picture into the box from p to q of the screen.
func (t *turnedPicture) of(s tools.Shape, view tools.View, scale float32, p, q fyne.Position) *image.NRGBA {
	box := [2]tools.Vec{s.Points[0], s.Points[1]}
	if t.out != nil && t.shape == s.Image && t.box == box && t.view == view {
		return t.out
	}
	wide, high := float64((q.X-p.X)*scale), float64((q.Y-p.Y)*scale)
	step := max(wide, high, turnedSide) / turnedSide
	w, h := max(int(wide/step), 1), max(int(high/step), 1)
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	b := s.Image.Rect
	// a place in the picture goes along with x and y of the screen
	at := func(x, y float64) (float64, float64) {
		dx, dy := view.ToDoc(float64(p.X*scale)+x*wide/float64(w), float64(p.Y*scale)+y*high/float64(h))
		return (dx - box[0].X) / (box[1].X - box[0].X) * float64(b.Dx()), (dy - box[0].Y) / (box[1].Y - box[0].Y) * float64(b.Dy())
	}
	x0, y0 := at(0.5, 0.5)
	x1, y1 := at(1.5, 0.5)
	x2, y2 := at(0.5, 1.5)
	for y := range h {
		fx, fy := x0+float64(y)*(x2-x0), y0+float64(y)*(y2-y0)
		for x := range w {
			if u, v := fx+float64(x)*(x1-x0), fy+float64(x)*(y1-y0); u >= 0 && v >= 0 && int(u) < b.Dx() && int(v) < b.Dy() {
				copy(out.Pix[out.PixOffset(x, y):][:4], s.Image.Pix[s.Image.PixOffset(b.Min.X+int(u), b.Min.Y+int(v)):][:4])
			}
		}
	}
	*t = turnedPicture{out, s.Image, box, view}
	return out
}
