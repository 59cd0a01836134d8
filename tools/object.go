package tools

import (
	"image"
	"math"
	"slices"

	"pentimento/canvas"
)

// object takes the thing that is clicked, or drawn over. What that is takes a while to find, so the
// host does it (Thinger). Clicks before this one that still hold are given along: those on
// what is not meant keep it out.
type object struct {
	stroke []image.Point
	how    canvas.Joining
	label  string
	asked  bool

	in, out []image.Point // of the clicks so far
}

func newObject() Tool { return &object{} }

// Thing is what a Thinger asks for: the thing that all of In are on and none of Out, joined with
// what is there.
type Thing struct {
	In, Out []image.Point // pixels
	How     canvas.Joining
	Label   string // of the step of history
}

// Thinger is implemented by a tool whose Release asks for a thing; ok is true once per release.
type Thinger interface {
	Thing(Host) (t Thing, ok bool)
	// Would is what a click would ask for.
	Would(Host, Pointer) (t Thing, ok bool)
}

// Press begins a stroke over the thing.
func (t *object) Press(h Host, p Pointer) {
	t.Cancel(h)
	if p.Button == Middle || !near(p) {
		return
	}
	a := h.Brush().Area
	t.how = a.joins(p)
	t.label = areaLabel(a.Selects, "Object", t.how)
	t.stroke = []image.Point{p.Point()}
}

// Drag goes on with it.
func (t *object) Drag(h Host, p Pointer) {
	if len(t.stroke) == 0 || !near(p) || len(t.stroke) >= maxPoints {
		return
	}
	last, to := t.stroke[len(t.stroke)-1], p.Point()
	n := max(abs(to.X-last.X), abs(to.Y-last.Y))
	if n < 2 || float64(n)*h.View().Scale < 3 {
		return
	}
	for i := 1; i <= n && len(t.stroke) < maxPoints; i++ { // all pixels on the way
		f := float64(i) / float64(n)
		t.stroke = append(t.stroke, image.Pt(last.X+int(math.Round(f*float64(to.X-last.X))), last.Y+int(math.Round(f*float64(to.Y-last.Y)))))
	}
}

func abs(v int) int { return max(v, -v) }

// Release asks for the thing.
func (t *object) Release(Host, Pointer) { t.asked = len(t.stroke) > 0 }

// Cancel asks for none.
func (t *object) Cancel(Host) { t.stroke, t.asked = nil, false }

// Thing is what is asked for.
func (t *object) Thing(h Host) (Thing, bool) {
	if !t.asked {
		return Thing{}, false
	}
	on := folded(t.stroke, h.View().Tile)
	out := t.ask(h, on, t.how)
	switch out.Label = t.label; t.how {
	case canvas.Subtract:
		t.out = append(t.out, on...)
	case canvas.Add:
		t.in = append(t.in, on...)
	default:
		t.in, t.out = slices.Clone(on), nil
	}
	t.Cancel(h)
	return out, true
}

// Would is what a click would ask for.
func (t *object) Would(h Host, p Pointer) (Thing, bool) {
	if !near(p) || len(t.stroke) > 0 {
		return Thing{}, false
	}
	return t.ask(h, folded([]image.Point{p.Point()}, h.View().Tile), h.Brush().Area.joins(p)), true
}

// ask is what a stroke asks for, after the clicks before it.
func (t *object) ask(h Host, stroke []image.Point, how canvas.Joining) Thing {
	there := h.State().Mask
	if h.Brush().Area.Selects {
		there = h.State().Selection
	}
	t.recall(there)
	out := Thing{In: stroke, How: how}
	switch how {
	case canvas.Subtract:
		out.Out = slices.Clone(t.in)
	case canvas.Add:
		out.Out = slices.Clone(t.out)
	}
	return out
}

// recall forgets the clicks that what is there speaks against: it was undone, or changed.
func (t *object) recall(there canvas.Grid[canvas.MaskTile]) {
	covered := func(p image.Point) bool {
		var v [1]uint8
		canvas.ReadCover(there, v[:], 1, image.Rectangle{p, p.Add(image.Pt(1, 1))})
		return v[0] > 127
	}
	t.in = slices.DeleteFunc(t.in, func(p image.Point) bool { return !covered(p) })
	if t.out = slices.DeleteFunc(t.out, covered); there.Len() == 0 {
		t.out = nil
	}
	t.in, t.out = last(t.in), last(t.out)
}

func last(p []image.Point) []image.Point { return p[max(len(p)-maxPoints, 0):] }

// Overlay shows the stroke.
func (t *object) Overlay(Host) []Shape {
	if len(t.stroke) < 2 {
		return nil
	}
	line := make([]Vec, len(t.stroke))
	for i, p := range t.stroke {
		line[i] = Vec{float64(p.X) + 0.5, float64(p.Y) + 0.5}
	}
	return []Shape{{Kind: Line, Points: line}}
}

// Cursor is a cross.
func (t *object) Cursor(Host, Pointer) Cursor { return Cross }
