package ui

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"

	"pentimento/app/words"
	"pentimento/tools"
)

// overlay draws frames, handles, outlines and the brush ring over the canvas: vector
// objects that Fyne draws without textures. Objects are reused; what is not needed is
// hidden, so that a drag makes nothing new.
type overlay struct {
	v       *canvasView
	objects []fyne.CanvasObject
	boxes   pool[*fynecanvas.Rectangle]
	lines   pool[*fynecanvas.Line]
	circles pool[*fynecanvas.Circle]
	labels  pool[*fynecanvas.Text]
	plates  pool[*fynecanvas.Rectangle] // behind labels
	picture laidPicture                 // a tool's preview
	mapped  laidPicture                 // a guide's map
	ring    [2]*fynecanvas.Circle
	asked   bool // the pointer is over Fill: show what it would read and change
}

// pool hands out objects in order and hides the rest.
type pool[T fyne.CanvasObject] struct {
	all  []T
	used int
}

func (p *pool[T]) next(o *overlay, make func() T) T {
	if p.used == len(p.all) {
		obj := make()
		p.all = append(p.all, obj)
		o.objects = append(o.objects, obj)
	}
	p.used++
	obj := p.all[p.used-1]
	if !obj.Visible() {
		obj.Show()
	}
	return obj
}

func (p *pool[T]) finish() {
	for _, obj := range p.all[p.used:] {
		obj.Hide()
	}
	p.used = 0
}

// The colours of the overlay: each line is dark with a light core, so that it shows on
// any picture.
var (
	inkDark   = color.NRGBA{0, 0, 0, 150}
	inkLight  = color.NRGBA{255, 255, 255, 230}
	ghostFill = color.NRGBA{255, 255, 255, 46}
	readInk   = color.NRGBA{255, 255, 255, 110}
	changeInk = accent
	noFill    = color.NRGBA{}
)

func newOverlay(v *canvasView) *overlay {
	o := &overlay{v: v}
	for i := range o.ring {
		o.ring[i] = fynecanvas.NewCircle(color.Transparent)
		o.ring[i].StrokeWidth = 1
		o.ring[i].Hide()
		o.objects = append(o.objects, o.ring[i])
	}
	o.ring[0].StrokeColor, o.ring[1].StrokeColor = inkDark, inkLight
	return o
}

// refresh lays everything out again for the view and the editor's state.
func (o *overlay) refresh() {
	before := len(o.objects)
	ed := o.v.ed
	if !ed.Welcoming() {
		if ed.Aided("grid") {
			o.grid()
		}
		o.guideLines()
		if f := ed.State().Frame; ed.ToolName() == "frame" || f != ed.Used() && !ed.Wraps() { // a line would hide the seam
			o.frame(f)
		}
		if ed.Settings.Outline && o.asked && !ed.Pressed() && len(ed.Fills.Stacks()) == 0 {
			o.outline()
		}
		o.references()
		if r := ed.RefinedBox(); !r.Empty() && len(ed.Fills.Stacks()) == 0 {
			o.box(r, accent, noFill, 1)
			o.label(words.T("Refined"), float64(r.Min.X), float64(r.Min.Y), true)
		}
	}
	o.live()
	for _, s := range ed.Fills.Stacks() {
		switch {
		case s != ed.Fills.Shown():
			o.box(s.Place, inkLight, noFill, 1)
		case ed.Fills.Active(s) > 0 || len(s.Candidates) == 0:
			o.box(s.Place, accent, noFill, 1)
		}
	}
	_, tool := ed.Tool()
	o.picture.hide()
	o.showMapOver()
	o.finds()
	for _, s := range ed.Shapes() {
		if tool != "frame" || s.Kind == tools.Handle { // the frame and its size stand there already
			o.shape(s)
		}
	}
	o.split()
	o.placeRing()
	o.boxes.finish()
	o.lines.finish()
	o.circles.finish()
	o.labels.finish()
	o.plates.finish()
	if len(o.objects) != before {
		o.v.Refresh()
		return
	}
	fynecanvas.Refresh(o.ring[0])
}

func (o *overlay) frame(r image.Rectangle) {
	o.box(r, inkLight, noFill, 1.5)
	o.label(fmt.Sprintf("%d × %d", r.Dx(), r.Dy()), float64(r.Min.X), float64(r.Min.Y), true)
}

// outline shows what a fill would read (thin) and what it may change (accent).
func (o *overlay) outline() {
	out := o.v.ed.Fills.Outline()
	if out.Err != nil || out.Target.Empty() {
		return
	}
	o.thin(out.Context.Intersect(o.v.ed.Used().Union(out.Target)), readInk) // beside the picture there is nothing to read
	o.thin(out.Target, changeInk)
}

func (o *overlay) shape(s tools.Shape) {
	switch s.Kind {
	case tools.Box:
		if len(s.Points) == 2 {
			fill := noFill
			if s.Ghost {
				fill = ghostFill
			}
			a, b := s.Points[0], s.Points[1]
			o.rect(a.X, a.Y, b.X, b.Y, inkLight, fill, 1)
		}
	case tools.Picture:
		if len(s.Points) == 2 && s.Image != nil {
			o.show(&o.picture, s, 0)
		}
	case tools.Shade:
		if len(s.Points) == 2 {
			o.shade(s.Points[0], s.Points[1])
		}
	case tools.Line:
		for i := 1; i < len(s.Points); i++ {
			o.line(s.Points[i-1], s.Points[i], s.Ghost)
		}
	case tools.Circle:
		if len(s.Points) == 2 {
			o.circle(s.Points[0], s.Points[1])
		}
	case tools.Handle:
		if len(s.Points) == 1 {
			o.handle(s.Points[0])
		}
	case tools.Guide:
		if len(s.Points) == 2 {
			o.guide(s.Points[0], s.Points[1])
		}
	case tools.Label:
		if len(s.Points) == 1 {
			o.label(s.Text, s.Points[0].X, s.Points[0].Y, false)
		}
	}
}

func (o *overlay) box(r image.Rectangle, ink, fill color.NRGBA, width float32) {
	o.rect(float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y), ink, fill, width)
}

// thin draws a box as one line, fainter than what a tool draws.
func (o *overlay) thin(r image.Rectangle, ink color.NRGBA) {
	o.outlined(float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y), ink, noFill, 1)
}

// rect draws a box between two document points: a dark line with a light one inside.
func (o *overlay) rect(x0, y0, x1, y1 float64, ink, fill color.NRGBA, width float32) {
	o.outlined(x0, y0, x1, y1, inkDark, noFill, width+2)
	o.outlined(x0, y0, x1, y1, ink, fill, width)
}

// outlined draws the sides of a box between two document points; in a view that is turned by
// no right angle they are four lines, and nothing is filled.
func (o *overlay) outlined(x0, y0, x1, y1 float64, ink, fill color.NRGBA, width float32) {
	if quarter := o.v.ed.View().Turn / 90; quarter != math.Round(quarter) {
		c := [5]fyne.Position{o.at(x0, y0), o.at(x1, y0), o.at(x1, y1), o.at(x0, y1), o.at(x0, y0)}
		for i := range 4 {
			o.segment(c[i], c[i+1], ink, width)
		}
		return
	}
	p, q := o.clip(o.span(x0, y0, x1, y1))
	b := o.boxes.next(o, func() *fynecanvas.Rectangle { return fynecanvas.NewRectangle(color.Transparent) })
	b.StrokeColor, b.StrokeWidth, b.FillColor = ink, width, fill
	b.Move(p)
	b.Resize(fyne.NewSize(q.X-p.X, q.Y-p.Y))
}

// span is the smallest box on the screen that holds a box between two document points.
func (o *overlay) span(x0, y0, x1, y1 float64) (p, q fyne.Position) {
	p = o.at(x0, y0)
	q = p
	for _, c := range []fyne.Position{o.at(x1, y0), o.at(x1, y1), o.at(x0, y1)} {
		p, q = fyne.NewPos(min(p.X, c.X), min(p.Y, c.Y)), fyne.NewPos(max(q.X, c.X), max(q.Y, c.Y))
	}
	return p, q
}

// clip keeps a box within a window's length of the view: Fyne draws huge objects slowly.
func (o *overlay) clip(p, q fyne.Position) (fyne.Position, fyne.Position) {
	const room = 50
	s := o.v.Size()
	fit := func(v, most float32) float32 { return min(max(v, -room), most+room) }
	return fyne.NewPos(fit(p.X, s.Width), fit(p.Y, s.Height)), fyne.NewPos(fit(q.X, s.Width), fit(q.Y, s.Height))
}

// shade darkens a box, in a view that is turned by right angles at most (else see shade.go).
func (o *overlay) shade(a, c tools.Vec) {
	if quarter := o.v.ed.View().Turn / 90; quarter != math.Round(quarter) {
		return
	}
	p, q := o.clip(o.span(a.X, a.Y, c.X, c.Y))
	p, q = fyne.NewPos(o.whole(p.X), o.whole(p.Y)), fyne.NewPos(o.whole(q.X), o.whole(q.Y)) // where two meet they would be seen through each other
	b := o.boxes.next(o, func() *fynecanvas.Rectangle { return fynecanvas.NewRectangle(color.Transparent) })
	b.StrokeWidth, b.FillColor = 0, inkDark
	b.Move(p)
	b.Resize(fyne.NewSize(q.X-p.X, q.Y-p.Y))
}

func (o *overlay) line(a, b tools.Vec, thin bool) {
	p, q := o.at(a.X, a.Y), o.at(b.X, b.Y)
	if thin {
		o.segment(p, q, inkDark, 1)
		o.segment(p, q, readInk, 1)
		return
	}
	o.segment(p, q, inkDark, 3)
	o.segment(p, q, inkLight, 1)
}

// segment draws what of a line is in the view: Fyne draws huge objects slowly.
func (o *overlay) segment(p, q fyne.Position, ink color.NRGBA, width float32) {
	const room = 50
	s := o.v.Size()
	from, to := float32(0), float32(1) // shares of the way from p to q
	for _, side := range [4][2]float32{{p.X + room, p.X - q.X}, {s.Width + room - p.X, q.X - p.X}, {p.Y + room, p.Y - q.Y}, {s.Height + room - p.Y, q.Y - p.Y}} {
		switch left, way := side[0], side[1]; {
		case way == 0 && left < 0:
			return
		case way > 0:
			to = min(to, left/way)
		case way < 0:
			from = max(from, left/way)
		}
	}
	if from >= to {
		return
	}
	l := o.lines.next(o, func() *fynecanvas.Line { return fynecanvas.NewLine(inkLight) })
	l.StrokeColor, l.StrokeWidth = ink, width
	l.Position1 = fyne.NewPos(p.X+(q.X-p.X)*from, p.Y+(q.Y-p.Y)*from)
	l.Position2 = fyne.NewPos(p.X+(q.X-p.X)*to, p.Y+(q.Y-p.Y)*to)
}

// circle draws a dark ring with a light one inside.
func (o *overlay) circle(centre, rim tools.Vec) {
	at, to := o.at(centre.X, centre.Y), o.at(rim.X, rim.Y)
	d := float32(math.Hypot(float64(to.X-at.X), float64(to.Y-at.Y)))
	for i, c := range []color.NRGBA{inkDark, inkLight} {
		ring := o.circles.next(o, func() *fynecanvas.Circle { return fynecanvas.NewCircle(color.Transparent) })
		ring.StrokeColor, ring.StrokeWidth = c, 1
		r := max(d, 1.5) + float32(1-i)
		ring.Move(at.SubtractXY(r, r))
		ring.Resize(fyne.NewSize(2*r, 2*r))
	}
}

// guideInk is a line that something snapped to.
var guideInk = color.NRGBA{0xff, 0x4d, 0xb8, 255}

// guide draws a line that something snapped to.
func (o *overlay) guide(a, b tools.Vec) {
	l := o.lines.next(o, func() *fynecanvas.Line { return fynecanvas.NewLine(guideInk) })
	l.StrokeColor, l.StrokeWidth = guideInk, 1
	l.Position1, l.Position2 = o.at(a.X, a.Y), o.at(b.X, b.Y)
}

// handleSize is a handle's side in Fyne units.
const handleSize = 9

func (o *overlay) handle(p tools.Vec) {
	at := o.at(p.X, p.Y)
	b := o.boxes.next(o, func() *fynecanvas.Rectangle { return fynecanvas.NewRectangle(color.Transparent) })
	b.StrokeColor, b.StrokeWidth, b.FillColor = color.NRGBA{20, 20, 20, 255}, 1.5, inkLight
	b.Move(at.SubtractXY(handleSize/2, handleSize/2))
	b.Resize(fyne.NewSize(handleSize, handleSize))
}

// label writes a line of text at a document point; above it where above is set.
func (o *overlay) label(text string, x, y float64, above bool) {
	at := o.at(x, y)
	plate := o.plates.next(o, func() *fynecanvas.Rectangle { return fynecanvas.NewRectangle(color.NRGBA{0, 0, 0, 170}) })
	t := o.labels.next(o, func() *fynecanvas.Text {
		t := fynecanvas.NewText("", inkLight)
		t.TextSize = 11
		return t
	})
	if t.Text != text {
		t.Text = text
		t.Refresh()
	}
	size := t.MinSize()
	if above {
		at = at.SubtractXY(0, size.Height+5)
	} else {
		at = at.AddXY(12, 12)
	}
	if room := o.v.Size(); above && at.Y < 0 && at.Y > -room.Height || !above { // keep it readable
		at.X, at.Y = min(max(at.X, 2), room.Width-size.Width-10), min(max(at.Y, 2), room.Height-size.Height-4)
	}
	plate.CornerRadius = 3
	plate.Move(at)
	plate.Resize(size.AddWidthHeight(8, 2))
	t.Move(at.AddXY(4, 1))
	t.Resize(size)
}

// placeRing shows the brush's size around the pointer.
func (o *overlay) placeRing() {
	v := o.v
	x, y := v.ed.View().ToDoc(v.pointer.x+0.5, v.pointer.y+0.5)
	_, ruled := v.lineCursor()
	show := v.pointer.inside && !ruled && v.ed.Cursor(tools.Pointer{X: x, Y: y, Mods: modifiers()}) == tools.Ring
	d := float32(v.ed.Brush().Size*v.ed.View().Scale) / v.scale
	centre := fyne.NewPos(float32(v.pointer.x+0.5)/v.scale, float32(v.pointer.y+0.5)/v.scale)
	for i, c := range o.ring {
		if !show {
			c.Hide()
			continue
		}
		c.Show()
		grow := float32(1 - i)
		r := max(d/2, 1.5) + grow
		c.Move(centre.SubtractXY(r, r))
		c.Resize(fyne.NewSize(2*r, 2*r))
	}
}

// at converts document pixels to a position in the widget.
func (o *overlay) at(x, y float64) fyne.Position {
	vx, vy := o.v.ed.View().ToView(x, y)
	return fyne.NewPos(float32(vx)/o.v.scale, float32(vy)/o.v.scale)
}
