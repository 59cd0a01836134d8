// Package face restores and replaces faces in a picture: it says where a face's five places lie in the
// squares that such networks were trained on, cuts the square out, and lays what came of it back
// through a soft mask. Networks are opened from the user's own files, or an upscaler stands in.
//
// Start at Face, Around and Similarity (align.go). sample.go takes
// pixels at places between pixels, mask.go makes the mask, paste.go lays back: where the mask is 0 not one
// pixel changes. sharpness.go says how much smaller a blurred face may become before detail is lost.
//
// Everything here may be called by any goroutine and keeps nothing that it was given.
package face

import (
	"cmp"
	"math"
	"slices"
)

// Point is a place in pixels, y down.
type Point struct{ X, Y float64 }

// Face is where a face lies in a picture.
type Face struct {
	// Five are the middles of the eyes, the tip of the nose and the corners of the mouth, those on the
	// picture's left first.
	Five [5]Point
	// Outline is a convex one about jaw and forehead, in order; nil where it is not known.
	Outline []Point
}

// New is the face of those five places, with an outline about all places of its mesh (nil: none is
// known); ok is false where the places lie on each other.
func New(five [5]Point, mesh []Point) (f Face, ok bool) {
	f.Five = five
	if f.Size() < 1 {
		return f, false
	}
	if len(mesh) > 2 {
		f.Outline = hull(mesh)
	}
	return f, true
}

// Size is about how tall the face is, from chin to hairline, in pixels.
func (f Face) Size() float64 {
	_, tall := f.up()
	return 2.6 * tall
}

// up is the direction from mouth to eyes, and how far apart they are.
func (f Face) up() (Point, float64) {
	e, m := middle(f.Five[0], f.Five[1]), middle(f.Five[3], f.Five[4])
	d := math.Hypot(e.X-m.X, e.Y-m.Y)
	if d == 0 {
		return Point{0, -1}, 0
	}
	return Point{(e.X - m.X) / d, (e.Y - m.Y) / d}, d
}

func middle(a, b Point) Point { return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2} }

// ByPlace orders faces from left to right, which is how people count them.
func ByPlace(all []Face) {
	slices.SortStableFunc(all, func(a, b Face) int { return cmp.Compare(a.Five[2].X, b.Five[2].X) })
}

// hull is the convex hull of places (Andrew's monotone chain, 1979), in order around it.
func hull(all []Point) []Point {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Point) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
	side := func(out []Point, p Point, from int) []Point {
		for n := len(out); n-from >= 2; n = len(out) {
			a, b := out[n-2], out[n-1]
			if (b.X-a.X)*(p.Y-a.Y)-(b.Y-a.Y)*(p.X-a.X) > 0 {
				break
			}
			out = out[:n-1]
		}
		return append(out, p)
	}
	var out []Point
	for _, p := range all {
		out = side(out, p, 0)
	}
	from := len(out) - 1
	for _, p := range slices.Backward(all) {
		out = side(out, p, from)
	}
	return out[:max(len(out)-1, 0)]
}
