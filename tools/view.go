package tools

import (
	"image"
	"math"

	"pentimento/canvas"
)

func floor(v float64) int { return int(math.Floor(v)) }

// Visible is the smallest rectangle of document pixels that holds all that the view shows.
func (v View) Visible() image.Rectangle {
	var lo, hi Vec
	for i := range 4 {
		x, y := v.ToDoc(float64(i&1*v.W), float64(i>>1*v.H))
		if i == 0 {
			lo, hi = Vec{x, y}, Vec{x, y}
		}
		lo, hi = Vec{math.Min(lo.X, x), math.Min(lo.Y, y)}, Vec{math.Max(hi.X, x), math.Max(hi.Y, y)}
	}
	return image.Rect(floor(lo.X), floor(lo.Y), int(math.Ceil(hi.X)), int(math.Ceil(hi.Y)))
}

// ToDoc maps a device pixel of the view to document pixels.
func (v View) ToDoc(x, y float64) (float64, float64) {
	dx, dy := v.back(x, y)
	return v.X + dx, v.Y + dy
}

// back is a way on the screen in document pixels.
func (v View) back(x, y float64) (float64, float64) {
	if v.Turn == 0 && !v.Mirror {
		return x / v.Scale, y / v.Scale
	}
	a, b, c, d := canvas.Axes(v.Turn, v.Mirror)
	return (a*x + b*y) / v.Scale, (c*x + d*y) / v.Scale
}

// ToView maps document pixels to device pixels of the view.
func (v View) ToView(x, y float64) (float64, float64) {
	x, y = (x-v.X)*v.Scale, (y-v.Y)*v.Scale
	if v.Turn == 0 && !v.Mirror {
		return x, y
	}
	a, b, c, d := canvas.Axes(v.Turn, v.Mirror)
	return a*x + c*y, b*x + d*y
}

// Upright says whether the picture's rows lie along the screen's, not mirrored.
func (v View) Upright() bool { return v.Turn == 0 && !v.Mirror }

// At returns the view in which the document point dx, dy is at the device pixel x, y.
func (v View) At(dx, dy, x, y float64) View {
	bx, by := v.back(x, y)
	v.X, v.Y = dx-bx, dy-by
	return v
}

// Panned returns the view moved by device pixels.
func (v View) Panned(x, y float64) View {
	dx, dy := v.back(x, y)
	v.X, v.Y = v.X+dx, v.Y+dy
	return v
}

// Zoomed returns the view at another scale with the device pixel x, y staying on the
// same place of the picture.
func (v View) Zoomed(scale, x, y float64) View {
	dx, dy := v.ToDoc(x, y)
	v.Scale = min(max(scale, MinScale), MaxScale)
	return v.At(dx, dy, x, y)
}

// Turned returns the view turned clockwise to an angle in degrees, and mirrored or not, with
// the device pixel x, y staying on the same place of the picture.
func (v View) Turned(angle float64, mirror bool, x, y float64) View {
	dx, dy := v.ToDoc(x, y)
	if angle = math.Mod(angle, 360); angle < 0 {
		angle += 360
	}
	v.Turn, v.Mirror = angle, mirror
	return v.At(dx, dy, x, y)
}

// Fit returns the view that shows all of r with a margin, never above 100 %.
func (v View) Fit(r image.Rectangle) View {
	if r.Empty() || v.W <= 0 || v.H <= 0 {
		return v
	}
	const margin = 0.92
	return v.filling(Vec{float64(r.Min.X), float64(r.Min.Y)}, Vec{float64(r.Max.X), float64(r.Max.Y)}, margin, 1)
}

// filling is the view in which the box from p to q is as large as it can be in a part of the
// view, at most at a scale, and in its middle.
func (v View) filling(p, q Vec, part, most float64) View {
	a, b, c, d := canvas.Axes(v.Turn, v.Mirror)
	w, h := math.Abs(q.X-p.X), math.Abs(q.Y-p.Y)
	w, h = math.Abs(a)*w+math.Abs(c)*h, math.Abs(b)*w+math.Abs(d)*h
	s := math.Min(float64(v.W)/w, float64(v.H)/h) * part
	v.Scale = min(max(math.Min(s, most), MinScale), MaxScale)
	return v.At((p.X+q.X)/2, (p.Y+q.Y)/2, float64(v.W)/2, float64(v.H)/2)
}

// Pinched returns the view when two fingers have gone from a and b to c and d on the screen, in
// device pixels: what was midway between them still is, and the picture grows and turns with
// them; the turn is taken as given in degrees, so that a hand can be held to straight views.
func (v View) Pinched(a, b, c, d Vec, turn float64) View {
	x, y := v.ToDoc((a.X+b.X)/2, (a.Y+b.Y)/2)
	if was := math.Hypot(b.X-a.X, b.Y-a.Y); was > 0 {
		v.Scale = min(max(v.Scale*math.Hypot(d.X-c.X, d.Y-c.Y)/was, MinScale), MaxScale)
	}
	if v.Turn = math.Mod(v.Turn+turn, 360); v.Turn < 0 {
		v.Turn += 360
	}
	return v.At(x, y, (c.X+d.X)/2, (c.Y+d.Y)/2)
}
