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
// below it, else above it, else at the side with room; over it only where the place fills the
// view. A grip at its left end drags it off; it keeps that distance until another place.
type floating struct {
	w     *window
	box   *fyne.Container
	place image.Rectangle
	off   fyne.Delta // as it was dragged
}

const barGap = 10

func newFloating(w *window, row fyne.CanvasObject) *floating {
	f := &floating{w: w}
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
	o := f.w.view.overlay
	p, q := o.span(float64(f.place.Min.X), float64(f.place.Min.Y), float64(f.place.Max.X), float64(f.place.Max.Y))
	size, room := f.box.MinSize(), f.w.view.Size()
	at := besides(p, q, size, room)
	at = at.AddXY(f.off.DX, f.off.DY)
	at.X = min(max(at.X, 8), max(room.Width-size.Width-8, 8))
	at.Y = min(max(at.Y, 8), max(room.Height-size.Height-8, 8))
	if f.box.Position() != at || f.box.Size() != size {
		f.box.Move(at)
		f.box.Resize(size)
	}
}

// besides is where a bar of a size stands so that it does not cover the rectangle from p to q
// in a room, if there is such a place.
func besides(p, q fyne.Position, size, room fyne.Size) fyne.Position {
	within := func(v, least, most float32) float32 { return min(max(v, least), max(most, least)) }
	x := within((p.X+q.X-size.Width)/2, 8, room.Width-size.Width-8)
	y := within((p.Y+q.Y-size.Height)/2, 8, room.Height-size.Height-8)
	switch {
	case q.Y+barGap+size.Height+8 <= room.Height && q.Y > 0:
		return fyne.NewPos(x, q.Y+barGap)
	case p.Y-barGap-size.Height >= 8 && p.Y < room.Height:
		return fyne.NewPos(x, p.Y-barGap-size.Height)
	case q.X+barGap+size.Width+8 <= room.Width:
		return fyne.NewPos(q.X+barGap, y)
	case p.X-barGap-size.Width >= 8:
		return fyne.NewPos(p.X-barGap-size.Width, y)
	}
	return fyne.NewPos(x, room.Height-size.Height-8)
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
