package tools

import (
	"image"
	"math"
)

func floor(v float64) int { return int(math.Floor(v)) }

// Visible is the rectangle of document pixels that the view shows, rounded outward.
func (v View) Visible() image.Rectangle {
	return image.Rect(floor(v.X), floor(v.Y),
		int(math.Ceil(v.X+float64(v.W)/v.Scale)), int(math.Ceil(v.Y+float64(v.H)/v.Scale)))
}

// ToDoc maps a device pixel of the view to document pixels.
func (v View) ToDoc(x, y float64) (float64, float64) { return v.X + x/v.Scale, v.Y + y/v.Scale }

// ToView maps document pixels to device pixels of the view.
func (v View) ToView(x, y float64) (float64, float64) {
	return (x - v.X) * v.Scale, (y - v.Y) * v.Scale
}

// Zoomed returns the view at another scale with the device pixel x, y staying on the
// same place of the picture.
func (v View) Zoomed(scale, x, y float64) View {
	scale = min(max(scale, MinScale), MaxScale)
	dx, dy := v.ToDoc(x, y)
	v.X, v.Y, v.Scale = dx-x/scale, dy-y/scale, scale
	return v
}

// Fit returns the view that shows all of r with a margin, never above 100 %.
func (v View) Fit(r image.Rectangle) View {
	if r.Empty() || v.W <= 0 || v.H <= 0 {
		return v
	}
	const margin = 0.92
	s := math.Min(float64(v.W)/float64(r.Dx()), float64(v.H)/float64(r.Dy())) * margin
	v.Scale = min(max(math.Min(s, 1), MinScale), MaxScale)
	v.X = float64(r.Min.X+r.Max.X)/2 - float64(v.W)/2/v.Scale
	v.Y = float64(r.Min.Y+r.Max.Y)/2 - float64(v.H)/2/v.Scale
	return v
}
