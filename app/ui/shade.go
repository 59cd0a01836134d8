package ui

import (
	"image"
	"math"
)

// In a view that is turned by no right angle the toolkit has nothing that darkens what a crop
// would cut off; the framebuffer is darkened itself.

// cropShade is the rectangle (document pixels) that stays bright; empty where none is shown here.
func (v *canvasView) cropShade() image.Rectangle {
	if quarter := v.ed.View().Turn / 90; quarter == math.Round(quarter) || v.ed.Welcoming() {
		return image.Rectangle{}
	}
	r, _ := v.ed.CropRect()
	return r
}

// staleShade notes what another crop changes on the screen.
func (v *canvasView) staleShade() {
	now := v.cropShade()
	if now == v.shaded {
		return
	}
	if v.whole = v.whole || now.Empty() || v.shaded.Empty(); !v.whole {
		v.dirty = v.dirty.Union(now).Union(v.shaded)
	}
	v.shaded = now
}

// shade darkens what is outside the crop in a part of the framebuffer, by as much as the
// overlay does in other views.
func (v *canvasView) shade(part image.Rectangle) {
	c := v.shaded
	if c.Empty() {
		return
	}
	view, rest := v.ed.View(), 255-uint32(inkDark.A)
	x0, y0 := view.ToDoc(0, 0)
	x1, y1 := view.ToDoc(1, 0)
	dx, dy := x1-x0, y1-y0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		x, y0 := view.ToDoc(float64(part.Min.X)+0.5, float64(y)+0.5)
		row := v.fb.Pix[v.fb.PixOffset(part.Min.X, y):][:4*part.Dx()]
		for i := 0; i < len(row); i += 4 {
			if at := float64(i / 4); !inBox(c, x+at*dx, y0+at*dy) {
				for k := i; k < i+3; k++ {
					row[k] = uint8((uint32(row[k])*rest + 127) / 255)
				}
			}
		}
	}
}

func inBox(r image.Rectangle, x, y float64) bool {
	return x >= float64(r.Min.X) && x < float64(r.Max.X) && y >= float64(r.Min.Y) && y < float64(r.Max.Y)
}
