package ui

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// hsv is a colour as hue, saturation and value, each 0..1.
type hsv struct{ h, s, v float64 }

func (c hsv) rgb() color.NRGBA {
	part := func(n float64) uint8 {
		k := math.Mod(n+c.h*6, 6)
		return uint8(math.Round(255 * c.v * (1 - c.s*max(0, min(k, 4-k, 1)))))
	}
	return color.NRGBA{part(5), part(3), part(1), 255}
}

// hsvOf keeps the hue of last where the colour has none, and its saturation where it is black.
func hsvOf(c color.NRGBA, last hsv) hsv {
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	top, low := max(r, g, b), min(r, g, b)
	out := hsv{last.h, last.s, top}
	if top == 0 {
		return out
	}
	d := top - low
	if out.s = d / top; d == 0 {
		return out
	}
	switch top {
	case r:
		out.h = (g - b) / d
	case g:
		out.h = (b-r)/d + 2
	default:
		out.h = (r-g)/d + 4
	}
	out.h = math.Mod(out.h/6+1, 1)
	return out
}

// colourWheel is a ring of hues around a square of saturation (to the right) and value (up).
type colourWheel struct {
	widget.BaseWidget
	at      hsv
	chosen  func(hsv)
	ring    *fynecanvas.Raster
	square  *fynecanvas.Raster
	marks   [4]*fynecanvas.Circle // dark and light, on the ring and in the square
	grabbed byte                  // 'r'ing, 's'quare or 0
	drawn   *image.NRGBA          // the ring as last drawn
	hue     float64               // of the square as last drawn
}

// wheelSide is the wheel's, ringWidth its ring's, in Fyne units.
const (
	wheelSide = 196
	ringWidth = 18
)

func newColourWheel(chosen func(hsv)) *colourWheel {
	c := &colourWheel{chosen: chosen, hue: -1}
	c.ring, c.square = fynecanvas.NewRaster(c.drawRing), fynecanvas.NewRaster(c.drawSquare)
	for i := range c.marks {
		c.marks[i] = fynecanvas.NewCircle(color.Transparent)
		c.marks[i].StrokeWidth, c.marks[i].StrokeColor = 1.5, []color.Color{inkDark, inkLight}[i%2]
	}
	c.ExtendBaseWidget(c)
	return c
}

// set shows a colour.
func (c *colourWheel) set(to hsv) {
	if c.at == to && c.hue >= 0 {
		return
	}
	again := c.at.h != to.h || c.hue < 0
	c.at, c.hue = to, to.h
	c.place()
	if again {
		c.square.Refresh()
	}
}

func (c *colourWheel) half() float32 { return (wheelSide/2-ringWidth)*math.Sqrt2/2 - 3 }

// place puts the marks on the colour.
func (c *colourWheel) place() {
	mid, half := float32(wheelSide)/2, c.half()
	angle := 2 * math.Pi * c.at.h
	rim := mid - ringWidth/2
	points := [2]fyne.Position{
		fyne.NewPos(mid+rim*float32(math.Cos(angle)), mid-rim*float32(math.Sin(angle))),
		fyne.NewPos(mid-half+2*half*float32(c.at.s), mid+half-2*half*float32(c.at.v)),
	}
	for i, m := range c.marks {
		r := float32(6 - i%2)
		m.Move(points[i/2].SubtractXY(r, r))
		m.Resize(fyne.NewSize(2*r, 2*r))
		m.Refresh()
	}
}

func (c *colourWheel) drawRing(w, h int) image.Image {
	if w < 1 || h < 1 {
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}
	if c.drawn != nil && c.drawn.Rect.Size() == image.Pt(w, h) {
		return c.drawn
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	mid, outer := float64(w)/2, float64(w)/2
	inner := outer - ringWidth*float64(w)/wheelSide
	for y := range h {
		for x := range w {
			dx, dy := float64(x)+0.5-mid, mid-float64(y)-0.5
			r := math.Hypot(dx, dy)
			a := min(outer-r, r-inner, 1)
			if a <= 0 {
				continue
			}
			p := hsv{math.Mod(math.Atan2(dy, dx)/(2*math.Pi)+1, 1), 1, 1}.rgb()
			p.A = uint8(255 * a)
			out.SetNRGBA(x, y, p)
		}
	}
	c.drawn = out
	return out
}

func (c *colourWheel) drawSquare(w, h int) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))
	full := hsv{c.at.h, 1, 1}.rgb()
	for y := range out.Rect.Dy() {
		v := 1 - (float64(y)+0.5)/float64(out.Rect.Dy())
		row := out.Pix[y*out.Stride:]
		for x := range out.Rect.Dx() {
			s := (float64(x) + 0.5) / float64(out.Rect.Dx())
			mix := func(c uint8) uint8 { return uint8(v*(255-s*(255-float64(c))) + 0.5) }
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = mix(full.R), mix(full.G), mix(full.B), 255
		}
	}
	return out
}

// take moves the colour to a place of the part that is held.
func (c *colourWheel) take(p fyne.Position) {
	mid, half := float32(wheelSide)/2, c.half()
	to := c.at
	switch c.grabbed {
	case 'r':
		to.h = math.Mod(math.Atan2(float64(mid-p.Y), float64(p.X-mid))/(2*math.Pi)+1, 1)
	case 's':
		to.s = float64(min(max((p.X-mid+half)/(2*half), 0), 1))
		to.v = float64(min(max((mid+half-p.Y)/(2*half), 0), 1))
	default:
		return
	}
	c.set(to)
	c.chosen(to)
}

// MouseDown implements desktop.Mouseable.
func (c *colourWheel) MouseDown(ev *desktop.MouseEvent) {
	mid := float64(wheelSide) / 2
	dx, dy := float64(ev.Position.X)-mid, float64(ev.Position.Y)-mid
	r, reach := math.Hypot(dx, dy), float64(c.half())+4
	switch {
	case r > mid-ringWidth-2 && r <= mid+3:
		c.grabbed = 'r'
	case math.Abs(dx) <= reach && math.Abs(dy) <= reach:
		c.grabbed = 's'
	}
	c.take(ev.Position)
}

// MouseUp implements desktop.Mouseable.
func (c *colourWheel) MouseUp(*desktop.MouseEvent) { c.grabbed = 0 }

// Dragged implements fyne.Draggable.
func (c *colourWheel) Dragged(ev *fyne.DragEvent) { c.take(ev.Position) }

// DragEnd implements fyne.Draggable.
func (c *colourWheel) DragEnd() { c.grabbed = 0 }

// Cursor implements desktop.Cursorable.
func (c *colourWheel) Cursor() desktop.Cursor { return desktop.CrosshairCursor }

// MinSize implements fyne.Widget.
func (c *colourWheel) MinSize() fyne.Size { return fyne.NewSize(wheelSide, wheelSide) }

// CreateRenderer implements fyne.Widget.
func (c *colourWheel) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{c.ring, c.square}
	for _, m := range c.marks {
		objects = append(objects, m)
	}
	return &wheelRenderer{c, objects}
}

type wheelRenderer struct {
	c       *colourWheel
	objects []fyne.CanvasObject
}

func (r *wheelRenderer) Layout(fyne.Size) {
	mid, half := float32(wheelSide)/2, r.c.half()
	r.c.ring.Resize(fyne.NewSize(wheelSide, wheelSide))
	r.c.square.Move(fyne.NewPos(mid-half, mid-half))
	r.c.square.Resize(fyne.NewSize(2*half, 2*half))
	r.c.place()
}

func (r *wheelRenderer) MinSize() fyne.Size           { return r.c.MinSize() }
func (r *wheelRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *wheelRenderer) Refresh()                     { r.c.square.Refresh() }
func (r *wheelRenderer) Destroy()                     {}
