// Package warp lays a layer's pixels elsewhere: scaled, turned by any angle, skewed, in
// perspective. Every result is resampled once, from the pixels that it is given.
//
// Start at Layer (layer.go). map.go is where points go, sample.go what a pixel becomes.
//
// 2026-11-27: filters weigh premultiplied samples, so that what is transparent has no colour
// to give. The border of a layer is not blurred into nothing: beyond it its outermost pixels
// go on, and how much of a pixel the layer covers is its alpha there. A photograph scaled to
// whole pixels keeps an opaque edge.
package warp

import (
	"fmt"
	"image"
	"math"
)

// Point is a place in document pixels; a pixel's centre is at its coordinates plus one half.
type Point struct{ X, Y float64 }

// Map takes the plane to itself, row by row: (x, y) goes to ((m0x + m1y + m2)/w, (m3x + m4y +
// m5)/w) with w = m6x + m7y + m8.
type Map [9]float64

// Identity leaves all where it is.
var Identity = Map{1, 0, 0, 0, 1, 0, 0, 0, 1}

// At is where p goes.
func (m Map) At(p Point) Point {
	w := m[6]*p.X + m[7]*p.Y + m[8]
	return Point{(m[0]*p.X + m[1]*p.Y + m[2]) / w, (m[3]*p.X + m[4]*p.Y + m[5]) / w}
}

// Then is m followed by n.
func (m Map) Then(n Map) (out Map) {
	for r := range 3 {
		for c := range 3 {
			for k := range 3 {
				out[3*r+c] += n[3*r+k] * m[3*k+c]
			}
		}
	}
	return out
}

// Move, Scale and Turn (by degrees, clockwise on the screen) are Maps about the origin.
func Move(x, y float64) Map { return Map{1, 0, x, 0, 1, y, 0, 0, 1} }

// Scale multiplies both coordinates.
func Scale(x, y float64) Map { return Map{x, 0, 0, 0, y, 0, 0, 0, 1} }

// Turn turns; quarters are exact.
func Turn(degrees float64) Map {
	s, c := math.Sincos(degrees * math.Pi / 180)
	if math.Mod(degrees, 90) == 0 {
		s, c = math.Round(s), math.Round(c)
	}
	return Map{c, -s, 0, s, c, 0, 0, 0, 1}
}

// Back is the way back; an error where the plane is folded to a line.
func (m Map) Back() (Map, error) {
	a := Map{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
	det := m[0]*a[0] + m[1]*a[3] + m[2]*a[6]
	if math.Abs(det) < 1e-12 || math.IsNaN(det) || math.IsInf(det, 0) {
		return Identity, fmt.Errorf("transform: the layer would be a line, want an area")
	}
	for i := range a {
		a[i] /= det
	}
	return a, nil
}

// Quad takes the corners of r (clockwise from the upper left) to those of q, as in Heckbert,
// "Fundamentals of texture mapping and image warping", 1989, 2.2.3.
func Quad(r image.Rectangle, q [4]Point) Map {
	dx1, dy1 := q[1].X-q[2].X, q[1].Y-q[2].Y
	dx2, dy2 := q[3].X-q[2].X, q[3].Y-q[2].Y
	sx, sy := q[0].X-q[1].X+q[2].X-q[3].X, q[0].Y-q[1].Y+q[2].Y-q[3].Y
	det := dx1*dy2 - dx2*dy1
	g, h := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	unit := Map{
		q[1].X - q[0].X + g*q[1].X, q[3].X - q[0].X + h*q[3].X, q[0].X,
		q[1].Y - q[0].Y + g*q[1].Y, q[3].Y - q[0].Y + h*q[3].Y, q[0].Y,
		g, h, 1,
	}
	return Move(-float64(r.Min.X), -float64(r.Min.Y)).Then(Scale(1/float64(r.Dx()), 1/float64(r.Dy()))).Then(unit)
}

// affine says whether parallels stay parallel.
func (m Map) affine() bool { return m[6] == 0 && m[7] == 0 }

// Corners are where those of r go, clockwise from the upper left.
func (m Map) Corners(r image.Rectangle) [4]Point {
	x0, y0, x1, y1 := float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)
	return [4]Point{m.At(Point{x0, y0}), m.At(Point{x1, y0}), m.At(Point{x1, y1}), m.At(Point{x0, y1})}
}

// bounds is the rectangle of the pixels that r may cover, at most most pixels in all.
func (m Map) bounds(r image.Rectangle, most int) (image.Rectangle, error) {
	lo, hi := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, p := range m.Corners(r) {
		lo, hi = Point{min(lo.X, p.X), min(lo.Y, p.Y)}, Point{max(hi.X, p.X), max(hi.Y, p.Y)}
	}
	x0, y0, x1, y1 := float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)
	w := func(x, y float64) bool { return m[6]*x+m[7]*y+m[8] > 0 }
	folded := w(x0, y0) != w(x1, y0) || w(x0, y0) != w(x1, y1) || w(x0, y0) != w(x0, y1)
	const far = 1 << 20
	if folded || !(lo.X > -far && lo.Y > -far && hi.X < far && hi.Y < far) {
		return image.Rectangle{}, fmt.Errorf("transform: a corner of the layer would be infinitely far away")
	}
	const slack = 1e-6 // a corner that is a whole pixel but for rounding
	out := image.Rect(int(math.Floor(lo.X+slack)), int(math.Floor(lo.Y+slack)), int(math.Ceil(hi.X-slack)), int(math.Ceil(hi.Y-slack)))
	if out.Dx()*out.Dy() > most {
		return out, fmt.Errorf("transform: the layer would have %d × %d pixels, want at most %d megapixels", out.Dx(), out.Dy(), most>>20)
	}
	return out, nil
}
