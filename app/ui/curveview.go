package ui

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
	"pentimento/canvas/adjust"
)

// channelInk draws the channels of a histogram or a curve: all, red, green, blue.
var channelInk = []color.NRGBA{{200, 200, 200, 255}, {225, 90, 90, 255}, {95, 190, 95, 255}, {100, 140, 235, 255}}

// histogram shows how often each value is there.
type histogram struct {
	widget.BaseWidget
	raster  *fynecanvas.Raster
	counts  *adjust.Histogram
	channel int
}

func newHistogram() *histogram {
	h := &histogram{}
	h.raster = fynecanvas.NewRaster(h.draw)
	h.raster.SetMinSize(fyne.NewSize(256, 84))
	h.ExtendBaseWidget(h)
	return h
}

func (h *histogram) set(counts *adjust.Histogram) {
	h.counts = counts
	h.raster.Refresh()
}

func (h *histogram) show(channel int) {
	h.channel = channel
	h.raster.Refresh()
}

// draw paints w × high device pixels.
func (h *histogram) draw(w, high int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, high))
	paintHistogram(img, h.counts, h.channel)
	return img
}

// paintHistogram draws bars whose height is the count's square root, so that a few pixels
// show beside many, on a dark ground.
func paintHistogram(img *image.NRGBA, counts *adjust.Histogram, channel int) {
	w, high := img.Rect.Dx(), img.Rect.Dy()
	var bars [256]float64
	most := 1.0
	if counts != nil {
		for i := range bars {
			bars[i] = math.Sqrt(float64(counts[(channel+3)%4][i]))
			most = max(most, bars[i])
		}
	}
	ink := channelInk[channel]
	for x := range w {
		top := high - int(bars[x*256/w]/most*float64(high-2))
		for y := range high {
			c := color.NRGBA{34, 34, 34, 255}
			if y >= top {
				c = color.NRGBA{ink.R / 2, ink.G / 2, ink.B / 2, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
}

// CreateRenderer implements fyne.Widget.
func (h *histogram) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(h.raster) }

// curveView is a curve whose points can be dragged: a press on the ground adds one, a press of
// the right button takes one away.
type curveView struct {
	widget.BaseWidget
	raster  *fynecanvas.Raster
	curves  [4]adjust.Curve
	counts  *adjust.Histogram
	channel int
	held    int // the point that is dragged, or chosen; -1: none
	changed func()
}

// curveSide is the view's side in Fyne units.
const curveSide = 256

func newCurveView(changed func()) *curveView {
	v := &curveView{held: -1, changed: changed}
	for i := range v.curves {
		v.curves[i] = adjust.Straight()
	}
	v.raster = fynecanvas.NewRaster(v.draw)
	v.raster.SetMinSize(fyne.NewSquareSize(curveSide))
	v.ExtendBaseWidget(v)
	return v
}

// at is a position as a point of the curve.
func (v *curveView) at(p fyne.Position) adjust.Point {
	s := v.Size()
	return adjust.Point{X: float64(p.X / s.Width), Y: 1 - float64(p.Y/s.Height)}
}

// MouseDown implements desktop.Mouseable.
func (v *curveView) MouseDown(ev *desktop.MouseEvent) {
	p, c := v.at(ev.Position), v.curves[v.channel]
	v.held = -1
	const reach = 0.045
	best := reach
	for i, q := range c {
		if d := math.Hypot(q.X-p.X, q.Y-p.Y); d <= best {
			v.held, best = i, d
		}
	}
	switch {
	case ev.Button == desktop.MouseButtonSecondary:
		if v.held > 0 && v.held < len(c)-1 {
			v.put(append(append(adjust.Curve{}, c[:v.held]...), c[v.held+1:]...), -1)
		}
	case v.held < 0:
		v.put(c.Put(len(c), p))
	}
	v.raster.Refresh()
}

// MouseUp implements desktop.Mouseable.
func (v *curveView) MouseUp(*desktop.MouseEvent) {}

// Dragged implements fyne.Draggable.
func (v *curveView) Dragged(ev *fyne.DragEvent) {
	if v.held >= 0 {
		v.put(v.curves[v.channel].Put(v.held, v.at(ev.Position)))
	}
}

// DragEnd implements fyne.Draggable.
func (v *curveView) DragEnd() {}

func (v *curveView) put(c adjust.Curve, held int) {
	v.curves[v.channel], v.held = c, held
	v.raster.Refresh()
	v.changed()
}

// nudge moves the chosen point, by keys.
func (v *curveView) nudge(dx, dy float64) {
	if c := v.curves[v.channel]; v.held >= 0 && v.held < len(c) {
		v.put(c.Put(v.held, adjust.Point{X: c[v.held].X + dx, Y: c[v.held].Y + dy}))
	}
}

// draw paints the histogram, a grid of quarters, the curve and its points.
func (v *curveView) draw(w, h int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	paintHistogram(img, v.counts, v.channel)
	for i := 1; i < 4; i++ {
		for k := range w {
			img.SetNRGBA(k, i*h/4, color.NRGBA{70, 70, 70, 255})
			img.SetNRGBA(i*w/4, min(k, h-1), color.NRGBA{70, 70, 70, 255})
		}
	}
	c, ink := v.curves[v.channel], channelInk[v.channel]
	f, last := c.Func(), -1
	row := func(y float64) int { return min(max(int((1-y)*float64(h-1)+0.5), 0), h-1) }
	for x := range w {
		y := row(f(float64(x) / float64(w-1)))
		if last < 0 {
			last = y
		}
		for k := min(y, last); k <= max(y, last); k++ {
			img.SetNRGBA(x, k, ink)
			img.SetNRGBA(x, min(k+1, h-1), ink)
		}
		last = y
	}
	for i, p := range c {
		x, y, side := int(p.X*float64(w-1)+0.5), row(p.Y), max(w/80, 3)
		for dy := -side; dy <= side; dy++ {
			for dx := -side; dx <= side; dx++ {
				paint := color.NRGBA{255, 255, 255, 255}
				if i == v.held {
					paint = accent
				}
				if q := image.Pt(x+dx, y+dy); q.In(img.Rect) {
					img.SetNRGBA(q.X, q.Y, paint)
				}
			}
		}
	}
	return img
}

// CreateRenderer implements fyne.Widget.
func (v *curveView) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(v.raster) }

func (a *adjusting) curves() {
	var v *curveView
	var in, out float64
	var x, y *numberSlider
	show := func() {
		if c := v.curves[v.channel]; v.held >= 0 && v.held < len(c) {
			in, out = math.Round(255*c[v.held].X), math.Round(255*c[v.held].Y)
			x.set(in)
			y.set(out)
		}
	}
	v = newCurveView(func() { show(); a.w.ed.Adjust(a.label, a.change()) })
	a.channels(func(i int) { v.channel, v.held = i, -1; v.raster.Refresh() })
	a.rows.Add(container.NewCenter(v))
	move := func() {
		c := v.curves[v.channel]
		if v.held < 0 { // the number typed first says which point
			v.held = 0
		}
		p := c[min(v.held, len(c)-1)]
		v.nudge(in/255-p.X, out/255-p.Y)
	}
	add := func(name string, value *float64) *numberSlider {
		s := newNumberSlider(name, 0, 255, 1, "", func(n float64) { *value = min(n, 255); move() }).column()
		a.sliders = append(a.sliders, s)
		a.rows.Add(s.content)
		return s
	}
	x, y = add(words.T("In"), &in), add(words.T("Out"), &out)
	a.rows.Add(wrapped(words.T("Press to add a point, drag it; the right button takes it away")))
	a.w.ed.CountValues(func(h *adjust.Histogram) { v.counts = h; v.raster.Refresh() })
	a.change = func() *adjust.Change {
		return adjust.Curves{All: v.curves[0], RGB: [3]adjust.Curve{v.curves[1], v.curves[2], v.curves[3]}}.Change()
	}
	a.reset = func() {
		for i := range v.curves {
			v.curves[i] = adjust.Straight()
		}
		v.held = -1
		v.raster.Refresh()
	}
}
