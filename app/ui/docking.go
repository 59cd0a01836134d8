package ui

import (
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
)

// floating is a bar over the canvas that belongs to a place of the picture and covers neither
// it nor, where there is room beside the picture, anything of the picture (placement.go). It
// follows the view, but keeps still under the pointer. A grip at its left end drags it off; it
// stays there until another place.
type floating struct {
	w       *window
	box     *fyne.Container
	fold    *folding // nil: its row does not fold
	rows    int      // as it is folded
	place   image.Rectangle
	shape   shape
	held    *fyne.Position // where it was dragged to; nil: it was not
	pointed bool           // the pointer is on it
	last    docked
}

// shape is which pixels of a place change.
type shape struct {
	of any                 // tells it from others
	at func(x, y int) bool // of the document; nil: all of the place
}

// docked is what decides where a bar stands.
type docked struct {
	place, picture quad
	shape          any
	room, plain    fyne.Size // plain: of its row, not folded
}

const (
	barGap  = 10
	barEdge = 8 // to the edges of the view
)

func newFloating(w *window, row fyne.CanvasObject) *floating {
	f := &floating{w: w}
	if c, ok := row.(*fyne.Container); ok {
		f.fold, _ = c.Layout.(*folding)
	}
	back := &barBack{f: f}
	back.ExtendBaseWidget(back)
	f.box = container.NewStack(back, container.NewPadded(container.NewBorder(nil, nil, newBarGrip(f), nil, row)))
	f.box.Hide()
	return f
}

// stand puts the bar beside a place.
func (f *floating) stand(place image.Rectangle, s shape) {
	if !place.Overlaps(f.place) {
		f.held = nil
	}
	f.place, f.shape = place, s
	if !f.box.Visible() {
		f.pointed, f.last = false, docked{}
		f.box.Show()
	}
	f.dock()
}

// hide takes the bar away, and what is said of it.
func (f *floating) hide() {
	if f.box.Visible() && f.pointed {
		f.w.unexplain()
	}
	f.box.Hide()
}

// dock moves the bar to where it belongs in the present view.
func (f *floating) dock() {
	if !f.box.Visible() {
		return
	}
	f.pointed = f.pointed && !f.w.view.pointer.inside
	rows := f.rows
	now := docked{f.quad(f.place), f.quad(f.w.ed.Used().Union(f.place)), f.shape.of, f.w.view.Size(), f.size(1)}
	switch {
	case f.held != nil:
		f.settle(*f.held, f.size(f.narrow(now.room)))
	case f.pointed:
		was, size := f.box.Position(), f.size(rows)
		f.settle(was.AddXY(f.box.Size().Width-size.Width, 0), size) // what is added comes at the left, with the candidates
	case now == f.last:
		f.size(rows)
		return
	default:
		var sizes []fyne.Size
		for n := range f.most() {
			sizes = append(sizes, f.size(n+1))
		}
		g := ground{room: now.room, place: now.place, picture: now.picture, changes: f.changes}
		if l := f.last; l.place == now.place && l.picture == now.picture && l.room == now.room {
			g.stood, g.rows = f.box.Position().AddXY(f.box.Size().Width, 0), rows // what is added comes at the left
		}
		at, n := g.spot(sizes)
		f.settle(at, f.size(n+1))
		f.last = now
		return
	}
	f.last = docked{}
}

// settle moves the bar as near to a position as the view allows.
func (f *floating) settle(at fyne.Position, size fyne.Size) {
	at = inRoom(at, size, f.w.view.Size())
	if f.box.Position() != at || f.box.Size() != size {
		f.box.Move(at)
		f.box.Resize(size)
	}
}

// most is into how many rows the bar folds.
func (f *floating) most() int {
	if f.fold == nil {
		return 1
	}
	return 4
}

// pointing says that the pointer is at a position in the view.
func (f *floating) pointing(at fyne.Position) {
	if p, s := f.box.Position(), f.box.Size(); f.box.Visible() && at.X >= p.X && at.Y >= p.Y && at.X < p.X+s.Width && at.Y < p.Y+s.Height {
		f.pointed = true
	}
}

// narrow is the fewest rows in which the bar is not cut.
func (f *floating) narrow(room fyne.Size) int {
	for n := 1; n < f.most(); n++ {
		if f.size(n).Width <= room.Width-2*barEdge {
			return n
		}
	}
	return f.most()
}

// changes says whether a pixel changes that is seen at a position.
func (f *floating) changes(p fyne.Position) bool {
	x, y := f.w.ed.View().ToDoc(float64(p.X*f.w.view.scale), float64(p.Y*f.w.view.scale))
	at := image.Pt(int(math.Floor(x)), int(math.Floor(y)))
	return at.In(f.place) && (f.shape.at == nil || f.shape.at(at.X, at.Y))
}

// size folds the bar into rows, and is what it needs then.
func (f *floating) size(rows int) fyne.Size {
	if f.fold != nil {
		f.fold.rows = rows
	}
	f.rows = rows
	return f.box.MinSize()
}

// inRoom is the nearest position at which a bar is all in the view.
func inRoom(at fyne.Position, size, room fyne.Size) fyne.Position {
	return fyne.NewPos(max(min(at.X, room.Width-size.Width-barEdge), barEdge), max(min(at.Y, room.Height-size.Height-barEdge), barEdge))
}

// quad is the corners of a place on the screen, in order.
type quad [4]fyne.Position

func (f *floating) quad(r image.Rectangle) quad {
	o := f.w.view.overlay
	x0, y0, x1, y1 := float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)
	return quad{o.at(x0, y0), o.at(x1, y0), o.at(x1, y1), o.at(x0, y1)}
}

func (q quad) box() (lo, hi fyne.Position) {
	lo, hi = q[0], q[0]
	for _, c := range q[1:] {
		lo, hi = fyne.NewPos(min(lo.X, c.X), min(lo.Y, c.Y)), fyne.NewPos(max(hi.X, c.X), max(hi.Y, c.Y))
	}
	return lo, hi
}

// meets says whether the place and an upright box overlap: two convex shapes do not where a side
// of either separates them.
func (q quad) meets(at fyne.Position, size fyne.Size) bool {
	box := quad{at, at.AddXY(size.Width, 0), at.AddXY(size.Width, size.Height), at.AddXY(0, size.Height)}
	for _, s := range []quad{box, q} {
		for i := range 2 { // the other two lie along these
			nx, ny := s[i].Y-s[i+1].Y, s[i+1].X-s[i].X
			span := func(q quad) (lo, hi float32) {
				for i, c := range q {
					if d := c.X*nx + c.Y*ny; i == 0 {
						lo, hi = d, d
					} else {
						lo, hi = min(lo, d), max(hi, d)
					}
				}
				return lo, hi
			}
			a, b := span(box)
			c, d := span(q)
			if b <= c || d <= a {
				return false
			}
		}
	}
	return true
}

// barBack is the ground of a bar. The pointer comes onto the bar over its rim, or over one of
// its buttons; it has left when it is on the canvas again.
type barBack struct {
	themedBack
	f *floating
}

// MouseIn implements desktop.Hoverable.
func (b *barBack) MouseIn(*desktop.MouseEvent) { b.f.pointed = true }

// MouseMoved implements desktop.Hoverable.
func (b *barBack) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *barBack) MouseOut() {}

// barGrip drags a bar.
type barGrip struct {
	widget.Label
	f *floating
}

func newBarGrip(f *floating) *barGrip {
	g := &barGrip{f: f}
	g.Text = "⁞"
	g.Importance = widget.LowImportance
	g.ExtendBaseWidget(g)
	return g
}

// Dragged implements fyne.Draggable.
func (g *barGrip) Dragged(ev *fyne.DragEvent) {
	at := g.f.box.Position().AddXY(ev.Dragged.DX, ev.Dragged.DY)
	g.f.held = &at
	g.f.dock()
}

// DragEnd implements fyne.Draggable.
func (g *barGrip) DragEnd() {}

// MouseIn implements desktop.Hoverable.
func (g *barGrip) MouseIn(*desktop.MouseEvent) {
	g.f.w.status.hint(words.T("Drag to move the bar; it hides with the panels (Tab)"))
}

// MouseMoved implements desktop.Hoverable.
func (g *barGrip) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (g *barGrip) MouseOut() { g.f.w.status.hint("") }

// Cursor implements desktop.Cursorable.
func (g *barGrip) Cursor() desktop.Cursor { return desktop.PointerCursor }
