package tools

import (
	"image"
	"math"
)

// handle is one of the eight grips of a rectangle: which way it pulls, -1, 0 or 1 an axis.
type handle struct{ dx, dy int }

// handles clockwise from the top left.
var handles = [8]handle{{-1, -1}, {0, -1}, {1, -1}, {1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}}

// grip is how near to a handle, in device pixels, the pointer takes hold of it.
const grip = 9

func (d handle) at(r image.Rectangle) Vec {
	pick := func(lo, hi, d int) float64 {
		return (float64(lo)*float64(1-d) + float64(hi)*float64(1+d)) / 2
	}
	return Vec{pick(r.Min.X, r.Max.X, d.dx), pick(r.Min.Y, r.Max.Y, d.dy)}
}

// cursor is the arrow that goes the handle's way.
func (d handle) cursor() Cursor {
	switch {
	case d.dx == 0:
		return ResizeNS
	case d.dy == 0:
		return ResizeEW
	case d.dx == d.dy:
		return ResizeNWSE
	}
	return ResizeNESW
}

// grab finds the handle under the pointer. In a rectangle that is small on the screen the
// reach inward shrinks, so that its middle can still be taken.
func grab(v View, r image.Rectangle, p Pointer) (handle, bool) {
	if r.Empty() {
		return handle{}, false
	}
	reach := float64(grip)
	if inside(r, p) {
		reach = math.Min(reach, math.Max(2, float64(min(r.Dx(), r.Dy()))*v.Scale/4))
	}
	best, found := handle{}, false
	for _, d := range handles {
		at := d.at(r)
		if dist := math.Hypot(at.X-p.X, at.Y-p.Y) * v.Scale; dist <= reach {
			best, found, reach = d, true, dist
		}
	}
	return best, found
}

// grabEdge finds the handle under the pointer, or else that of the edge under it.
func grabEdge(v View, r image.Rectangle, p Pointer) (handle, bool) {
	if d, ok := grab(v, r, p); ok || r.Empty() {
		return d, ok
	}
	reach := float64(grip)
	if inside(r, p) {
		reach = math.Min(reach, float64(min(r.Dx(), r.Dy()))*v.Scale/8)
	}
	best, found := handle{}, false
	for _, d := range handles {
		off, along := p.X-d.at(r).X, p.Y >= float64(r.Min.Y) && p.Y <= float64(r.Max.Y)
		if d.dx == 0 {
			off, along = p.Y-d.at(r).Y, p.X >= float64(r.Min.X) && p.X <= float64(r.Max.X)
		}
		if dist := math.Abs(off) * v.Scale; (d.dx == 0 || d.dy == 0) && along && dist <= reach {
			best, found, reach = d, true, dist
		}
	}
	return best, found
}

func inside(r image.Rectangle, p Pointer) bool {
	return p.X >= float64(r.Min.X) && p.X < float64(r.Max.X) && p.Y >= float64(r.Min.Y) && p.Y < float64(r.Max.Y)
}

func handleShapes(r image.Rectangle) []Shape {
	out := make([]Shape, 0, len(handles))
	for _, d := range handles {
		out = append(out, Shape{Kind: Handle, Points: []Vec{d.at(r)}})
	}
	return out
}

// grid is the step that lengths snap to: the setting (64 where it is 0), 8 with Alt, 1
// with Control.
func grid(h Host, p Pointer) int {
	switch {
	case p.Mods&Control != 0:
		return 1
	case p.Mods&Alt != 0:
		return 8
	}
	if s := h.Brush().Snap; s > 0 {
		return s
	}
	return 64
}

// snap rounds to the nearest multiple of step.
func snap(v float64, step int) int { return round(v/float64(step)) * step }
