package tools

import (
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/disintegration/imaging"

	"pentimento/canvas"
	"pentimento/tools/stroke"
)

// The limits of a placed picture after scaling.
const (
	maxPlacedSide = 16384
	maxPlacedArea = 1 << 27
	// previewArea is the largest picture that is redrawn while it is being scaled; of
	// larger ones only the outline moves until Release.
	previewArea = 1 << 20
)

// move drags the active layer, with what is in it, by its Offset, or scales a placed picture by its handles,
// always from the original pixels. On a hidden layer (or none) it does nothing.
type move struct {
	held    bool
	scaling bool
	grip    handle
	start   Pointer
	id      canvas.LayerID
	offset  image.Point // at Press
	placed  *canvas.Placed
	rect    image.Rectangle // where the placed picture would lie
	drawn   image.Rectangle // where the Edit shows it
	edit    *canvas.Edit
	snap    snapping
	used    image.Rectangle // the layer's pixels at Press
	posing  posing          // a joint of the people that the layer shows
}

func newMove() Tool { return &move{} }

// active is the layer to work on, or nil.
func (t *move) active(h Host) *canvas.Layer {
	s := h.State()
	if l := s.Layer(s.Active); l != nil && s.Seen(l) && s.Locks(l.ID)&canvas.LockPosition == 0 {
		return l
	}
	return nil
}

// Press takes hold of a handle or of the layer.
func (t *move) Press(h Host, p Pointer) {
	t.Cancel(h)
	if t.posing.press(h, p) {
		return
	}
	l := t.active(h)
	if p.Button != Left || !near(p) || l == nil {
		return
	}
	*t = move{held: true, start: p, id: l.ID, offset: l.Offset, placed: l.Placed, used: l.Used(), snap: newSnapping(h, l.ID)}
	if l.Placed != nil {
		t.rect, t.drawn = l.Placed.Rect, l.Placed.Rect
		t.grip, t.scaling = grab(h.View(), l.Placed.Rect, p)
	}
}

// Drag moves or scales. Nothing is edited before something differs.
func (t *move) Drag(h Host, p Pointer) {
	if t.posing.held {
		t.posing.drag(h, p)
		return
	}
	if !t.held || !near(p) {
		return
	}
	if t.scaling {
		t.scale(h, p)
		return
	}
	dx, dy := p.X-t.start.X, p.Y-t.start.Y
	if p.Mods&Shift != 0 { // one axis
		if math.Abs(dx) > math.Abs(dy) {
			dy = 0
		} else {
			dx = 0
		}
	}
	d := image.Pt(round(dx), round(dy))
	if r := t.used.Add(d); !t.used.Empty() && d != (image.Point{}) {
		sx, sy := t.snap.box(h, p, Vec{float64(r.Min.X), float64(r.Min.Y)}, Vec{float64(r.Max.X), float64(r.Max.Y)})
		d = d.Add(image.Pt(round(sx), round(sy)))
	}
	t.shift(h, d)
}

func (t *move) shift(h Host, d image.Point) {
	to := t.offset.Add(d)
	if l := h.State().Layer(t.id); l == nil || l.Offset == to ||
		max(to.X, -to.X, to.Y, -to.Y) > stroke.Limit {
		return
	}
	if t.edit == nil {
		t.edit = h.Begin("Move layer")
	}
	s := h.State()
	old, by := s.Extent(s.Layer(t.id)), to.Sub(s.Layer(t.id).Offset)
	for _, in := range slices.Clone(s.Layers) {
		if s.In(in.ID, t.id) {
			t.edit.SetLayer(in.ID, func(l *canvas.Layer) { l.Offset = l.Offset.Add(by) })
		}
	}
	t.edit.SetLayer(t.id, func(l *canvas.Layer) {
		l.Offset = to
		if t.placed != nil {
			l.Placed = &canvas.Placed{Source: t.placed.Source, Rect: t.placed.Rect.Add(d)}
		}
	})
	h.Invalidate(old.Union(h.State().Extent(h.State().Layer(t.id))))
}

func (t *move) scale(h Host, p Pointer) {
	r := scaled(t.placed.Rect, t.grip, p.X-t.start.X, p.Y-t.start.Y, p.Mods&Shift != 0)
	if r == t.rect || r.Dx() > maxPlacedSide || r.Dy() > maxPlacedSide || r.Dx()*r.Dy() > maxPlacedArea ||
		!r.In(image.Rect(-stroke.Limit, -stroke.Limit, stroke.Limit, stroke.Limit)) {
		return
	}
	h.Invalidate(t.rect.Union(r).Inset(-2))
	t.rect = r
	if r.Dx()*r.Dy() <= previewArea {
		t.place(h, imaging.NearestNeighbor)
	}
}

// place draws the picture at t.rect in the Edit.
func (t *move) place(h Host, filter imaging.ResampleFilter) {
	if t.edit == nil {
		t.edit = h.Begin("Scale layer")
	}
	img := imaging.Resize(t.placed.Source, t.rect.Dx(), t.rect.Dy(), filter)
	img.Rect = img.Rect.Add(t.rect.Min)
	t.edit.Place(t.id, t.placed.Source, img)
	h.Invalidate(t.drawn.Union(t.rect))
	t.drawn = t.rect
}

// scaled pulls one handle of r by dx, dy. The opposite side stays; with ratio both sides
// grow alike, from the middle of the side that was not pulled.
func scaled(r image.Rectangle, d handle, dx, dy float64, ratio bool) image.Rectangle {
	w := math.Max(float64(r.Dx())+dx*float64(d.dx), 1)
	h := math.Max(float64(r.Dy())+dy*float64(d.dy), 1)
	if ratio {
		var f float64
		switch {
		case d.dx == 0:
			f = h / float64(r.Dy())
		case d.dy == 0:
			f = w / float64(r.Dx())
		default:
			f = math.Max(w/float64(r.Dx()), h/float64(r.Dy()))
		}
		w, h = f*float64(r.Dx()), f*float64(r.Dy())
	}
	var out image.Rectangle
	out.Min.X, out.Max.X = side(r.Min.X, r.Max.X, d.dx, w)
	out.Min.Y, out.Max.Y = side(r.Min.Y, r.Max.Y, d.dy, h)
	return out
}

// side gives lo..hi another length, keeping the end opposite to the pulled one, or the middle.
func side(lo, hi, pulled int, length float64) (int, int) {
	n := max(round(length), 1)
	switch {
	case pulled < 0:
		return hi - n, hi
	case pulled > 0:
		return lo, lo + n
	}
	from := lo + floor(float64(hi-lo-n)/2)
	return from, from + n
}

// Release keeps the move, or draws the scaled picture in full quality: one step.
func (t *move) Release(h Host, p Pointer) {
	t.Drag(h, p)
	if t.posing.held {
		t.posing.commit(h)
		return
	}
	if !t.held {
		return
	}
	if t.scaling && t.rect != t.placed.Rect {
		t.place(h, imaging.Lanczos)
	}
	if t.scaling && t.rect == t.placed.Rect {
		drop(h, t.edit) // a preview may have other pixels
	} else if t.edit != nil {
		h.Invalidate(t.edit.Commit())
	}
	*t = move{}
}

// Cancel puts the layer back.
func (t *move) Cancel(h Host) {
	t.posing.cancel(h)
	drop(h, t.edit)
	if t.held && t.scaling {
		h.Invalidate(t.rect.Inset(-2))
	}
	*t = move{}
}

// Overlay shows the handles of a placed picture, and its size while it is being scaled.
func (t *move) Overlay(h Host) []Shape {
	if t.held && t.scaling {
		src := t.placed.Source.Rect
		text := fmt.Sprintf("%s (%.0f %%)", size(t.rect), 100*math.Sqrt(
			float64(t.rect.Dx())*float64(t.rect.Dy())/(float64(src.Dx())*float64(src.Dy()))))
		return append([]Shape{box(t.rect, false), label(t.rect, text)}, handleShapes(t.rect)...)
	}
	if l := t.active(h); l != nil && l.Placed != nil {
		return append(append([]Shape{box(l.Placed.Rect, false)}, handleShapes(l.Placed.Rect)...), t.snap.shapes...)
	}
	return append(t.posing.shapes(h), t.snap.shapes...)
}

// Cursor says what a press would take hold of.
func (t *move) Cursor(h Host, p Pointer) Cursor {
	if t.held && t.scaling {
		return t.grip.cursor()
	}
	if l, f, ok := figureOf(h); ok {
		if _, ok := under(h, l, f, p); ok || t.posing.held {
			return Hand
		}
	}
	if l := t.active(h); l == nil {
		return Arrow
	} else if l.Placed != nil {
		if d, ok := grab(h.View(), l.Placed.Rect, p); ok {
			return d.cursor()
		}
	}
	return MoveAll
}
