package render

import (
	"image"
	"math"
)

// View maps document pixels to device pixels: device = (doc − origin)·Scale, then mirrored,
// then turned about the origin. Its fields are those of tools.View, so that one converts to
// the other.
type View struct {
	X, Y   float64 // document pixel at device pixel 0, 0
	Scale  float64 // device pixels per document pixel
	W, H   int     // size in device pixels
	Turn   float64 // degrees clockwise
	Mirror bool    // left and right are exchanged
	// Tile is the part of the picture that repeats all over the plane (repeat.go); empty: the
	// picture is shown once.
	Tile image.Rectangle
}

// Quality is how much time a frame may take.
type Quality uint8

const (
	// Nearest takes the pixel under each device pixel: for frames of a gesture.
	Nearest Quality = iota
	// Smooth takes means below 100 % and interpolates below 200 %; from there on pixels are
	// crisp in either quality.
	Smooth
)

// crisp is the scale from which Smooth no longer interpolates.
const crisp = 2

// origin is the view's top left corner in whole device pixels of the plane: the only
// form in which Render sees X and Y.
func (v View) origin() image.Point {
	return image.Pt(int(math.Round(v.X*v.Scale)), int(math.Round(v.Y*v.Scale)))
}

// Snap returns the view moved by less than one device pixel to where Render draws it, so
// that pointer positions and pixels agree exactly.
func (v View) Snap() View {
	o := v.origin()
	v.X, v.Y = float64(o.X)/v.Scale, float64(o.Y)/v.Scale
	return v
}

// Device is the rectangle of device pixels that a change of document rectangle r can
// touch, neighbours that interpolate included, not clipped to the view.
func (v View) Device(r image.Rectangle) image.Rectangle { return v.device(r, image.Point{}, 1) }

// device is Device of a copy of the rectangle that is `by` away, with `near` flat pixels to each side.
func (v View) device(r image.Rectangle, by image.Point, near int) image.Rectangle {
	if r.Empty() {
		return image.Rectangle{}
	}
	o, grow := v.origin(), 0.0
	if v.Scale < crisp {
		grow = float64(near << v.level())
	}
	lo := func(p, o int) int { return int(math.Floor((float64(p)-grow)*v.Scale)) - o - 1 }
	hi := func(p, o int) int { return int(math.Ceil((float64(p)+grow)*v.Scale)) - o + 1 }
	l := v.level()
	r = image.Rect(r.Min.X>>l<<l, r.Min.Y>>l<<l, -(-r.Max.X >> l << l), -(-r.Max.Y >> l << l)).Add(by)
	r = image.Rect(lo(r.Min.X, o.X), lo(r.Min.Y, o.Y), hi(r.Max.X, o.X), hi(r.Max.Y, o.Y))
	if v.Upright() {
		return r
	}
	return v.turned(r)
}

// level is the pyramid level to draw from: its pixels are at least as fine as the
// screen's and less than twice as fine.
func (v View) level() int {
	if v.Scale >= 1 || !(v.Scale > 0) {
		return 0
	}
	f, e := math.Frexp(v.Scale)
	if f == 0.5 {
		e--
	}
	return min(-e, maxLevel)
}

// axis is the source of every device pixel along one axis of the rectangle being drawn.
type axis struct {
	runs   []run
	pos    []int32        // flat pixel
	weight []uint16       // 0..256 of the next flat pixel; all zero when nearest
	cell   []int32        // the cells that are read, from one to the next of a run and then of the next run
	start  []int          // start[i] is the index at which cell[i] begins, which may end there; one more at the end
	exact  bool           // no weight above zero
	share  [][taps]uint16 // 0..256 of the flat pixels from pos on, where means are taken
}

// set fills the axis for device pixels from, from+1, … of the plane, whose runs are there.
func (a *axis) set(from, level int, step float64, smooth bool) {
	a.begin()
	a.weight = resize(a.weight, len(a.pos))
	lo := 0
	for _, r := range a.runs {
		exact := true
		for i := lo; i < lo+r.n; i++ {
			f := float64((float64(from+i)+0.5)*step) - r.flat(level)
			if !smooth {
				a.pos[i], a.weight[i] = int32(math.Floor(f)), 0
				continue
			}
			f -= 0.5
			u := math.Floor(f)
			w := uint16((f - u) * 256)
			a.pos[i], a.weight[i] = int32(u), w
			exact = exact && w == 0
		}
		end := a.pos[lo+r.n-1]
		if !exact {
			end++
			a.exact = false
		}
		a.split(lo, lo+r.n, end)
		lo += r.n
	}
	a.start = append(a.start, lo)
}

// begin makes room for the runs.
func (a *axis) begin() {
	n := 0
	for _, r := range a.runs {
		n += r.n
	}
	a.pos, a.cell, a.start, a.exact = resize(a.pos, n), a.cell[:0], a.start[:0], true
}

// split finds where in a run, of which end is the last flat pixel that is read, each cell begins.
func (a *axis) split(lo, hi int, end int32) {
	for c, i := a.pos[lo]>>cellShift, lo; c <= end>>cellShift; c++ {
		for i < hi && a.pos[i]>>cellShift < c {
			i++
		}
		a.cell, a.start = append(a.cell, c), append(a.start, i)
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
