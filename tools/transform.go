package tools

import (
	"fmt"
	"image"
	"math"

	"pentimento/canvas"
	"pentimento/canvas/warp"
)

// Transform is where the box of a layer, or of what is selected of it, is taken, always from
// where its pixels are.
type Transform struct {
	Rect  image.Rectangle // the pixels that are taken
	X, Y  float64         // the middle of the box
	W, H  float64         // its sides; negative ones mirror
	Angle float64         // degrees, clockwise
	// Pulled is how far each corner, clockwise from the upper left, is from where the box has
	// it, in the box's own directions.
	Pulled [4]Vec
}

// NewTransform leaves a rectangle as it is.
func NewTransform(r image.Rectangle) Transform {
	return Transform{Rect: r, X: float64(r.Min.X+r.Max.X) / 2, Y: float64(r.Min.Y+r.Max.Y) / 2, W: float64(r.Dx()), H: float64(r.Dy())}
}

// TakesSelected says whether the transform tool takes what is selected of a layer. A placed picture
// stays one: it is taken as a whole, whatever is selected.
func TakesSelected(s *canvas.State, l *canvas.Layer) bool {
	return s.Selection.Len() > 0 && l.Placed == nil
}

// TransformRect is what the transform tool takes of a layer: what is selected, or else all.
func TransformRect(s *canvas.State, l *canvas.Layer) image.Rectangle {
	if TakesSelected(s, l) {
		return l.Used().Intersect(canvas.CoverUsed(s.Selection))
	}
	return l.Used()
}

// Map is where the layer's pixels go.
func (t Transform) Map() warp.Map {
	if t == NewTransform(t.Rect) {
		return warp.Identity
	}
	if t.Pulled != [4]Vec{} {
		var q [4]warp.Point
		for i, c := range t.Corners() {
			q[i] = warp.Point(c)
		}
		return warp.Quad(t.Rect, q)
	}
	c := NewTransform(t.Rect)
	return warp.Move(-c.X, -c.Y).Then(warp.Scale(t.W/c.W, t.H/c.H)).Then(warp.Turn(t.Angle)).Then(warp.Move(t.X, t.Y))
}

// out takes a place in the box's own directions about its middle to document pixels; in takes
// a direction back.
func (t Transform) out(p Vec) Vec {
	q := warp.Turn(t.Angle).At(warp.Point(p))
	return Vec{t.X + q.X, t.Y + q.Y}
}

func (t Transform) in(d Vec) Vec { return Vec(warp.Turn(-t.Angle).At(warp.Point(d))) }

// Corners are the box's, clockwise from the upper left, in document pixels.
func (t Transform) Corners() (out [4]Vec) {
	for i, s := range [4]Vec{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}} {
		out[i] = t.out(Vec{s.X*t.W/2 + t.Pulled[i].X, s.Y*t.H/2 + t.Pulled[i].Y})
	}
	return out
}

// grips are where the handles are, in the order of handles.
func (t Transform) grips() (out [8]Vec) {
	c := t.Corners()
	for i := range c {
		n := c[(i+1)%4]
		out[2*i], out[2*i+1] = c[i], Vec{(c[i].X + n.X) / 2, (c[i].Y + n.Y) / 2}
	}
	return out
}

// scaled pulls a handle by d (document pixels): the opposite one stays, or the middle with
// about; with ratio the sides keep theirs.
func (t Transform) scaled(g handle, d Vec, ratio, about bool) Transform {
	l := t.in(d)
	both := 1.0
	if about {
		both = 2
	}
	w, h := t.W+both*l.X*float64(g.dx), t.H+both*l.Y*float64(g.dy)
	if ratio {
		f := h / t.H
		switch {
		case g.dy == 0:
			f = w / t.W
		case g.dx != 0: // along the diagonal
			f = (w*t.W + h*t.H) / (t.W*t.W + t.H*t.H)
		}
		w, h = f*t.W, f*t.H
	}
	w, h = atLeastOne(w), atLeastOne(h)
	n := t
	for i, p := range t.Pulled {
		n.Pulled[i] = Vec{p.X * w / t.W, p.Y * h / t.H}
	}
	if !about {
		at := t.out(Vec{float64(g.dx) * (w - t.W) / 2, float64(g.dy) * (h - t.H) / 2})
		n.X, n.Y = at.X, at.Y
	}
	n.W, n.H = w, h
	return n
}

func atLeastOne(v float64) float64 {
	if math.Abs(v) < 1 {
		return math.Copysign(1, v)
	}
	return v
}

// pulled pulls a corner away by d, or a side along itself: perspective and skew.
func (t Transform) pulled(g handle, d Vec) Transform {
	l := t.in(d)
	for i, h := range [4]handle{handles[0], handles[2], handles[4], handles[6]} {
		switch {
		case g == h:
			t.Pulled[i].X, t.Pulled[i].Y = t.Pulled[i].X+l.X, t.Pulled[i].Y+l.Y
		case g.dx == 0 && g.dy == h.dy:
			t.Pulled[i].X += l.X
		case g.dy == 0 && g.dx == h.dx:
			t.Pulled[i].Y += l.Y
		}
	}
	return t
}

// turned turns the box about its middle as the pointer goes from a to b; steps are of 15°.
func (t Transform) turned(a, b Vec, steps bool) Transform {
	by := (math.Atan2(b.Y-t.Y, b.X-t.X) - math.Atan2(a.Y-t.Y, a.X-t.X)) * 180 / math.Pi
	step := 0.1
	if steps {
		step = 15
	}
	t.Angle = math.Remainder(math.Round((t.Angle+by)/step)*step, 360)
	return t
}

// holds says whether a place is inside the box.
func (t Transform) holds(p Pointer) bool {
	back, err := t.Map().Back()
	if err != nil {
		return false
	}
	q := back.At(warp.Point{X: p.X, Y: p.Y})
	return q.X >= float64(t.Rect.Min.X) && q.X < float64(t.Rect.Max.X) && q.Y >= float64(t.Rect.Min.Y) && q.Y < float64(t.Rect.Max.Y)
}

// Transformer is implemented by the tool whose changes are tried before they are made: the
// editor asks for them after every event and shows them.
type Transformer interface {
	// Transform is what is wanted of the active layer; false where there is nothing to change.
	Transform(Host) (Transform, bool)
	SetTransform(Transform)
	Reset() // forgets what was wanted
	// Carry is a Press that takes hold of the box, wherever it is.
	Carry(Host, Pointer)
}

// transform is the tool for the box of the active layer, or of what is selected of it. Nothing is edited by it.
type transform struct {
	layer *canvas.Layer // that at is of, and what is selected of it
	cover canvas.Grid[canvas.MaskTile]
	at    Transform

	held  bool
	what  string // "move", "scale", "turn"
	grip  handle
	start Pointer
	from  Transform
	snap  snapping
}

func newTransform() Tool { return &transform{} }

// Transform implements Transformer.
func (t *transform) Transform(h Host) (Transform, bool) {
	s := h.State()
	l := s.Layer(s.Active)
	if l == nil || !l.Visible {
		return Transform{}, false
	}
	if l != t.layer || !canvas.SameCover(s.Selection, t.cover) {
		*t = transform{layer: l, cover: s.Selection, at: NewTransform(TransformRect(s, l))}
	}
	return t.at, !t.at.Rect.Empty()
}

// SetTransform implements Transformer.
func (t *transform) SetTransform(at Transform) { t.at = at }

// Reset implements Transformer.
func (t *transform) Reset() { *t = transform{} }

// grab says what a press would take hold of.
func (t *transform) grab(h Host, at Transform, p Pointer) (string, handle) {
	reach := float64(grip)
	side := math.Min(math.Abs(at.W), math.Abs(at.H)) * h.View().Scale
	if at.holds(p) {
		reach = math.Min(reach, math.Max(2, side/4))
	}
	what, g := "turn", handle{}
	if at.holds(p) {
		what = "move"
	}
	for i, v := range at.grips() {
		if d := math.Hypot(v.X-p.X, v.Y-p.Y) * h.View().Scale; d <= reach {
			what, g, reach = "scale", handles[i], d
		}
	}
	return what, g
}

// Press takes hold of a handle, of the box, or of the ground around it.
func (t *transform) Press(h Host, p Pointer) {
	if t.Carry(h, p); t.held {
		t.what, t.grip = t.grab(h, t.from, p)
	}
}

// Carry implements Transformer.
func (t *transform) Carry(h Host, p Pointer) {
	t.Cancel(h)
	at, ok := t.Transform(h)
	if !ok || p.Button != Left || !near(p) {
		return
	}
	t.held, t.start, t.from, t.what = true, p, at, "move"
	t.snap = newSnapping(h, t.layer.ID)
}

// Drag moves, scales, pulls or turns.
func (t *transform) Drag(h Host, p Pointer) {
	if !t.held || !near(p) {
		return
	}
	t.snap.shapes = nil
	d := Vec{p.X - t.start.X, p.Y - t.start.Y}
	switch {
	case t.what == "turn":
		t.at = t.from.turned(Vec{t.start.X, t.start.Y}, Vec{p.X, p.Y}, p.Mods&Shift != 0)
	case t.what == "move":
		t.at = t.moved(h, p, d)
	case p.Mods&Control != 0:
		t.at = t.from.pulled(t.grip, d)
	default:
		t.at = t.scale(h, p, d)
	}
}

func (t *transform) moved(h Host, p Pointer, d Vec) Transform {
	if p.Mods&Shift != 0 { // one axis
		if math.Abs(d.X) > math.Abs(d.Y) {
			d.Y = 0
		} else {
			d.X = 0
		}
	}
	n := t.from
	n.X, n.Y = n.X+math.Round(d.X), n.Y+math.Round(d.Y)
	lo, hi := extent(n.Corners())
	dx, dy := t.snap.box(h, p, lo, hi)
	n.X, n.Y = n.X+dx, n.Y+dy
	return n
}

// scale snaps the side that is pulled while the box stands upright.
func (t *transform) scale(h Host, p Pointer, d Vec) Transform {
	ratio, about := p.Mods&Shift != 0, p.Mods&Alt != 0
	if t.from.Angle == 0 && t.from.Pulled == [4]Vec{} {
		g := t.from.grips()
		var xs, ys []float64
		for i, k := range handles {
			if k != t.grip {
				continue
			}
			d = Vec{math.Round(g[i].X+d.X) - g[i].X, math.Round(g[i].Y+d.Y) - g[i].Y}
			if k.dx != 0 {
				xs = []float64{g[i].X + d.X}
			}
			if k.dy != 0 {
				ys = []float64{g[i].Y + d.Y}
			}
		}
		if !ratio {
			dx, dy := t.snap.places(h, p, xs, ys)
			d = Vec{d.X + dx, d.Y + dy}
		}
	}
	return t.from.scaled(t.grip, d, ratio, about)
}

// extent is the upright box around corners.
func extent(c [4]Vec) (lo, hi Vec) {
	lo, hi = c[0], c[0]
	for _, p := range c[1:] {
		lo, hi = Vec{min(lo.X, p.X), min(lo.Y, p.Y)}, Vec{max(hi.X, p.X), max(hi.Y, p.Y)}
	}
	return lo, hi
}

// Release ends the drag; what is wanted stays.
func (t *transform) Release(h Host, p Pointer) {
	t.Drag(h, p)
	t.held, t.snap = false, snapping{}
}

// Cancel puts the box to where it was at Press.
func (t *transform) Cancel(Host) {
	if t.held {
		t.at, t.held, t.snap = t.from, false, snapping{}
	}
}

// Overlay shows the box with its handles, and what a drag does.
func (t *transform) Overlay(h Host) []Shape {
	at, ok := t.Transform(h)
	if !ok {
		return nil
	}
	c := at.Corners()
	out := append([]Shape{{Kind: Line, Points: append(c[:], c[0])}}, t.snap.shapes...)
	for _, g := range at.grips() {
		out = append(out, Shape{Kind: Handle, Points: []Vec{g}})
	}
	if t.held {
		text := fmt.Sprintf("%.0f × %.0f", math.Abs(at.W), math.Abs(at.H))
		if t.what == "turn" {
			text = fmt.Sprintf("%.1f°", at.Angle)
		}
		_, hi := extent(c)
		out = append(out, Shape{Kind: Label, Points: []Vec{hi}, Text: text})
	}
	return out
}

// Cursor says what a press would take hold of.
func (t *transform) Cursor(h Host, p Pointer) Cursor {
	at, ok := t.Transform(h)
	if !ok {
		return Arrow
	}
	what, g := t.what, t.grip
	if !t.held {
		what, g = t.grab(h, at, p)
	}
	switch what {
	case "scale":
		return g.cursor()
	case "move":
		return MoveAll
	}
	return Cross
}
