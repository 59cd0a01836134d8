package ui

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
)

// floating is a bar over the canvas that stands beside a place of the picture and follows it:
// below it, else above it, else at the side with room, folded into more rows where it would
// cover the place otherwise; over it only where the place fills the view. A grip at its left end
// drags it off; it keeps that distance until another place, or until it would cover this one.
type floating struct {
	w     *window
	box   *fyne.Container
	fold  *folding // nil: its row does not fold
	rows  int      // as it is folded
	place image.Rectangle
	off   fyne.Delta // as it was dragged
	last  docked
}

// docked is what decides where a bar stands.
type docked struct {
	q     quad
	room  fyne.Size
	off   fyne.Delta
	plain fyne.Size // of its row, not folded
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
	back := &themedBack{}
	back.ExtendBaseWidget(back)
	f.box = container.NewStack(back, container.NewPadded(container.NewBorder(nil, nil, newBarGrip(f), nil, row)))
	f.box.Hide()
	return f
}

// stand puts the bar beside a place.
func (f *floating) stand(place image.Rectangle) {
	if !place.Overlaps(f.place) {
		f.off = fyne.Delta{}
	}
	f.place = place
	showIf(f.box, true)
	f.dock()
}

// dock moves the bar to where it belongs in the present view.
func (f *floating) dock() {
	if !f.box.Visible() {
		return
	}
	q, room := f.quad(), f.w.view.Size()
	rows := f.rows
	now := docked{q, room, f.off, f.size(1)}
	if now == f.last {
		f.size(rows)
		return
	}
	f.last = now
	at, size, free := f.beside(q, room)
	if f.off != (fyne.Delta{}) {
		off := inRoom(at.AddXY(f.off.DX, f.off.DY), size, room)
		if !free || !q.meets(off, size) {
			at = off
		}
	}
	if f.box.Position() != at || f.box.Size() != size {
		f.box.Move(at)
		f.box.Resize(size)
	}
}

// beside finds a place for the bar, and its size there; free says that it covers nothing.
func (f *floating) beside(q quad, room fyne.Size) (at fyne.Position, size fyne.Size, free bool) {
	rows := 1
	if f.fold != nil {
		rows = 4
	}
	for _, spots := range []func(quad, fyne.Size, fyne.Size) []fyne.Position{besides, corners} {
		for n := 1; n <= rows; n++ {
			size = f.size(n)
			if size.Width > room.Width-2*barEdge && n < rows {
				continue // it would be cut
			}
			for _, at := range spots(q, size, room) {
				if at == inRoom(at, size, room) && !q.meets(at, size) {
					return at, size, true
				}
			}
		}
	}
	for n := 1; n <= rows; n++ {
		if size = f.size(n); size.Width <= room.Width-2*barEdge {
			break
		}
	}
	lo, hi := q.box()
	return inRoom(fyne.NewPos((lo.X+hi.X-size.Width)/2, room.Height), size, room), size, false
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

// besides are the positions beside a place, the best first.
func besides(q quad, size, room fyne.Size) []fyne.Position {
	lo, hi := q.box()
	mid := inRoom(fyne.NewPos((lo.X+hi.X-size.Width)/2, (lo.Y+hi.Y-size.Height)/2), size, room)
	return []fyne.Position{{X: mid.X, Y: hi.Y + barGap}, {X: mid.X, Y: lo.Y - barGap - size.Height}, {X: hi.X + barGap, Y: mid.Y}, {X: lo.X - barGap - size.Width, Y: mid.Y}}
}

// corners are the positions at the edges of the view.
func corners(_ quad, size, room fyne.Size) (out []fyne.Position) {
	for _, y := range []float32{room.Height, 0} {
		for _, x := range []float32{(room.Width - size.Width) / 2, 0, room.Width} {
			out = append(out, inRoom(fyne.NewPos(x, y), size, room))
		}
	}
	return out
}

// quad is the corners of a place on the screen, in order.
type quad [4]fyne.Position

func (f *floating) quad() quad {
	o, r := f.w.view.overlay, f.place
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

// barGrip drags a bar.
type barGrip struct {
	widget.Label
	f *floating
}

func newBarGrip(f *floating) *barGrip {
	g := &barGrip{f: f}
	g.Text = "⋮"
	g.Importance = widget.LowImportance
	g.ExtendBaseWidget(g)
	return g
}

// Dragged implements fyne.Draggable.
func (g *barGrip) Dragged(ev *fyne.DragEvent) {
	g.f.off.DX += ev.Dragged.DX
	g.f.off.DY += ev.Dragged.DY
	g.f.dock()
}

// DragEnd implements fyne.Draggable.
func (g *barGrip) DragEnd() {}

// MouseIn implements desktop.Hoverable.
func (g *barGrip) MouseIn(*desktop.MouseEvent) {
	g.f.w.status.hint(words.T("Drag to move the bar; Tab hides it with the panels"))
}

// MouseMoved implements desktop.Hoverable.
func (g *barGrip) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (g *barGrip) MouseOut() { g.f.w.status.hint("") }

// Cursor implements desktop.Cursorable.
func (g *barGrip) Cursor() desktop.Cursor { return desktop.PointerCursor }
