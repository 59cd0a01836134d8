package tools

import (
	"image"
	"math"

	"pentimento/canvas"
	"pentimento/tools/stroke"
)

// crop shows the rectangle that the picture is to have, with handles and thirds; what it
// begins with is the picture itself. Nothing is edited here: the editor asks for the rectangle
// (Cropper) when the person is done.
type crop struct {
	rect  image.Rectangle
	ratio int // of the settings, that rect was fitted to
	seen  *canvas.State
	whole image.Rectangle // the picture

	held     bool
	grip     handle
	way      cropDrag
	start    Pointer
	from     image.Rectangle
	modified bool // it differs from the picture by the person's will
	snap     snapping
}

type cropDrag uint8

const (
	cropHandle cropDrag = iota
	cropMove
	cropNew
)

func newCrop() Tool { return &crop{} }

// Changed implements Cropper.
func (t *crop) Changed() bool { return t.modified }

// Cropper is implemented by the tool whose rectangle the picture is to be cropped to.
type Cropper interface {
	Tool
	// Rect is the rectangle as it stands, in document pixels.
	Rect(Host) image.Rectangle
	// SetRect replaces it; one that is empty or too large is ignored.
	SetRect(Host, image.Rectangle)
	// Changed says whether the person has made it another than the picture.
	Changed() bool
}

// maxCrop is the longest side of a cropped picture.
const maxCrop = 1 << 15

// CropRatios are the proportions that a crop may be held to, width by height; 0, 0 is free and
// -1, -1 the picture's own.
var CropRatios = []struct {
	Name string
	W, H float64
}{
	{"Free", 0, 0}, {"As the picture", -1, -1}, {"1 : 1", 1, 1}, {"3 : 2", 3, 2}, {"4 : 3", 4, 3}, {"16 : 9", 16, 9},
	{"2 : 3", 2, 3}, {"3 : 4", 3, 4}, {"9 : 16", 9, 16},
}

// picture is all that is visible, else the frame, measured once for every State.
func (t *crop) picture(h Host) image.Rectangle {
	if s := h.State(); s != t.seen {
		t.seen, t.whole = s, s.Used()
		if t.whole.Empty() {
			t.whole = s.Frame
		}
		if !t.modified {
			t.rect = t.whole
		}
	}
	return t.whole
}

// proportion is width by height as chosen; 0 is free.
func (t *crop) proportion(h Host) float64 {
	r := CropRatios[min(max(h.Brush().Ratio, 0), len(CropRatios)-1)]
	if r.W < 0 {
		return float64(t.whole.Dx()) / float64(max(t.whole.Dy(), 1))
	}
	if r.W == 0 {
		return 0
	}
	return r.W / r.H
}

// Rect implements Cropper. A proportion that was chosen since is brought about within the
// rectangle.
func (t *crop) Rect(h Host) image.Rectangle {
	t.picture(h)
	if n := h.Brush().Ratio; n != t.ratio && !t.held {
		t.ratio = n
		if q := t.proportion(h); q > 0 {
			w, high := float64(t.rect.Dx()), float64(t.rect.Dy())
			if w > high*q {
				w = high * q
			} else {
				high = w / q
			}
			mid := t.rect.Min.Add(t.rect.Max)
			x0, y0 := round(float64(mid.X)/2-w/2), round(float64(mid.Y)/2-high/2)
			t.set(h, image.Rect(x0, y0, x0+max(round(w), 1), y0+max(round(high), 1)))
		}
	}
	return t.rect
}

// SetRect implements Cropper.
func (t *crop) SetRect(h Host, r image.Rectangle) {
	t.Rect(h)
	t.set(h, r)
}

func (t *crop) set(h Host, r image.Rectangle) {
	if r.Empty() || r.Dx() > maxCrop || r.Dy() > maxCrop || !r.In(image.Rect(-stroke.Limit, -stroke.Limit, stroke.Limit, stroke.Limit)) {
		return
	}
	h.Invalidate(t.rect.Union(r).Inset(-2))
	t.rect, t.modified = r, r != t.whole
}

// Press takes hold of a handle or an edge, of the rectangle, or begins a new one: outside it, and in one
// that is still the whole picture.
func (t *crop) Press(h Host, p Pointer) {
	t.Cancel(h)
	r := t.Rect(h)
	if p.Button != Left || !near(p) {
		return
	}
	t.held, t.start, t.from, t.snap = true, p, r, newSnapping(h, 0)
	var on bool
	if t.grip, on = grabEdge(h.View(), r, p); on {
		t.way = cropHandle
	} else if inside(r, p) && t.modified {
		t.way = cropMove
	} else {
		t.way, t.grip = cropNew, handle{1, 1}
	}
}

// Drag goes on with it. Shift keeps the proportions where none are chosen.
func (t *crop) Drag(h Host, p Pointer) {
	if !t.held || !near(p) {
		return
	}
	dx, dy := p.X-t.start.X, p.Y-t.start.Y
	q := t.proportion(h)
	switch t.way {
	case cropMove:
		r := t.from.Add(image.Pt(round(dx), round(dy)))
		dx, dy = t.snap.box(h, p, Vec{float64(r.Min.X), float64(r.Min.Y)}, Vec{float64(r.Max.X), float64(r.Max.Y)})
		t.set(h, r.Add(image.Pt(round(dx), round(dy))))
	case cropHandle:
		if q == 0 && p.Mods&Shift != 0 {
			q = float64(t.from.Dx()) / float64(t.from.Dy())
		}
		t.pull(h, p, t.from, t.grip, dx, dy, q)
	case cropNew:
		if math.Max(math.Abs(dx), math.Abs(dy))*h.View().Scale < 4 {
			return // a click is no rectangle
		}
		if q == 0 && p.Mods&Shift != 0 {
			q = 1
		}
		d, at := handle{sign(dx), sign(dy)}, t.snap.point(h, t.start)
		from := image.Pt(floor(at.X), floor(at.Y))
		t.pull(h, p, image.Rectangle{Min: from, Max: from}, d, dx, dy, q)
	}
}

// pull drags a handle; its edges take hold of lines where no proportion is held.
func (t *crop) pull(h Host, p Pointer, from image.Rectangle, d handle, dx, dy, q float64) {
	r := pulled(from, d, dx, dy, q)
	t.snap.shapes = nil
	if q == 0 {
		edge := func(lo, hi, d int) []float64 {
			return map[int][]float64{-1: {float64(lo)}, 1: {float64(hi)}}[d]
		}
		mx, my := t.snap.places(h, p, edge(r.Min.X, r.Max.X, d.dx), edge(r.Min.Y, r.Max.Y, d.dy))
		if mx != 0 {
			dx = float64(round(dx)) + mx
		}
		if my != 0 {
			dy = float64(round(dy)) + my
		}
		r = pulled(from, d, dx, dy, 0)
	}
	t.set(h, r)
}

// pulled is r with one handle dragged by dx, dy, held to width by height q where that is above
// 0: a corner goes the longer way, an edge takes the other axis along about its middle.
func pulled(r image.Rectangle, d handle, dx, dy, q float64) image.Rectangle {
	w := math.Max(float64(r.Dx())+dx*float64(d.dx), 1)
	h := math.Max(float64(r.Dy())+dy*float64(d.dy), 1)
	if q > 0 {
		switch {
		case d.dy == 0:
			h = w / q
		case d.dx == 0:
			w = h * q
		default:
			w = math.Max(w, h*q)
			h = w / q
		}
	}
	var out image.Rectangle
	out.Min.X, out.Max.X = side(r.Min.X, r.Max.X, d.dx, w)
	out.Min.Y, out.Max.Y = side(r.Min.Y, r.Max.Y, d.dy, h)
	return out
}

// Release lets go; the rectangle stays until the editor takes it.
func (t *crop) Release(h Host, p Pointer) {
	t.Drag(h, p)
	t.held = false
}

// Cancel puts back the rectangle before the drag.
func (t *crop) Cancel(h Host) {
	if t.held {
		t.held = false
		t.set(h, t.from)
	}
}

// Overlay darkens what would go, and shows thirds, handles and size.
func (t *crop) Overlay(h Host) []Shape {
	r, all := t.Rect(h), h.View().Visible().Inset(-1)
	in := r.Intersect(all)
	if in.Empty() {
		in = image.Rectangle{Min: all.Min, Max: all.Min}
	}
	var out []Shape
	for _, s := range []image.Rectangle{
		{all.Min, image.Pt(all.Max.X, in.Min.Y)}, {image.Pt(all.Min.X, in.Max.Y), all.Max},
		{image.Pt(all.Min.X, in.Min.Y), image.Pt(in.Min.X, in.Max.Y)}, {image.Pt(in.Max.X, in.Min.Y), image.Pt(all.Max.X, in.Max.Y)},
	} {
		if !s.Empty() {
			shade := box(s, false)
			shade.Kind = Shade
			out = append(out, shade)
		}
	}
	x, y := float64(r.Min.X), float64(r.Min.Y)
	w, high := float64(r.Dx()), float64(r.Dy())
	for _, f := range []float64{1. / 3, 2. / 3} {
		out = append(out, Shape{Kind: Line, Ghost: true, Points: []Vec{{x + f*w, y}, {x + f*w, y + high}}},
			Shape{Kind: Line, Ghost: true, Points: []Vec{{x, y + f*high}, {x + w, y + f*high}}})
	}
	out = append(out, box(r, false), label(r, size(r)))
	if t.held {
		out = append(out, t.snap.shapes...)
	}
	return append(out, handleShapes(r)...)
}

// Cursor says what a press would take hold of.
func (t *crop) Cursor(h Host, p Pointer) Cursor {
	if t.held && t.way == cropHandle {
		return t.grip.cursor()
	}
	r := t.Rect(h)
	if d, ok := grabEdge(h.View(), r, p); ok {
		return d.cursor()
	}
	if inside(r, p) && t.modified {
		return MoveAll
	}
	return Cross
}
