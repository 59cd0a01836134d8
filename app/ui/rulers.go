package ui

import (
	"image/color"
	"math"
	"strconv"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"

	"pentimento/tools"
)

// rulerWidth is the breadth of a ruler in Fyne units; least the distance of its shortest
// marks, between labels room for five digits.
const (
	rulerWidth = 16
	rulerLeast = 6
	rulerLabel = 56
)

var gridInk = color.NRGBA{128, 128, 128, 120}

// grid draws the lines of the grid that the view shows.
func (o *overlay) grid() {
	step, seen := o.v.ed.GridSeen()
	first := func(lo int) int { return int(math.Ceil(float64(lo)/float64(step))) * step }
	for x := first(seen.Min.X); x <= seen.Max.X; x += step {
		o.segment(o.at(float64(x), float64(seen.Min.Y)), o.at(float64(x), float64(seen.Max.Y)), gridInk, 1)
	}
	for y := first(seen.Min.Y); y <= seen.Max.Y; y += step {
		o.segment(o.at(float64(seen.Min.X), float64(y)), o.at(float64(seen.Max.X), float64(y)), gridInk, 1)
	}
}

// refreshRulers lays the rulers out again. They are an overlay of their own, above the other.
func (o *overlay) refreshRulers() {
	before := len(o.objects)
	if o.v.ed.Aided("rulers") && !o.v.ed.Welcoming() {
		o.rulers()
	}
	o.lines.finish()
	o.labels.finish()
	o.plates.finish()
	if len(o.objects) != before {
		o.v.Refresh()
	}
}

// rulers draws the picture's pixels along the top and the left edge, with a mark at the
// pointer. Where a view is turned askew the marks lie where the picture's columns and rows
// meet the ruler.
func (o *overlay) rulers() {
	view, size, across := o.v.ed.View(), o.v.Size(), o.v.across()
	ground, ink := o.rulerColours()
	for i := range 2 { // below all marks
		plate := o.plates.next(o, newPlate)
		plate.FillColor = ground
		plate.Resize([2]fyne.Size{fyne.NewSize(size.Width, rulerWidth), fyne.NewSize(rulerWidth, size.Height)}[i])
	}
	for _, down := range []bool{false, true} {
		long := size.Width
		if down {
			long = size.Height
		}
		o.marks(view, down, down != across, long, ink)
	}
}

// marks draws one ruler's marks and numbers; y says that it counts the picture's rows.
func (o *overlay) marks(view tools.View, down, y bool, long float32, ink color.NRGBA) {
	of := func(x, y0 float64) float64 {
		if y {
			return y0
		}
		return x
	}
	value := func(at float32) float64 { // the picture's pixel at a place along the ruler's inner edge
		if p, edge := float64(at*o.v.scale), float64(rulerWidth*o.v.scale); down {
			return of(view.ToDoc(edge, p))
		} else {
			return of(view.ToDoc(p, edge))
		}
	}
	lo, hi := value(0), value(long)
	per := float64(long) / (hi - lo) // units to a pixel; below zero where it counts backward
	label := rulerStep(rulerLabel / math.Abs(per))
	small := label / 10
	if small*math.Abs(per) < rulerLeast || small < 1 {
		small = label / 5
	}
	if small < 1 {
		small = label
	}
	for n := math.Ceil(min(lo, hi) / small); n*small <= max(lo, hi); n++ {
		at := float32((n*small - lo) * per)
		if whole := math.Mod(n*small, label) == 0; whole {
			o.mark(down, at, rulerWidth, ink)
			o.number(down, at, strconv.Itoa(int(n*small)), ink)
		} else {
			o.mark(down, at, 4, ink)
		}
	}
	for _, l := range o.v.ed.GuideLines() {
		if l.Upright != y {
			o.mark(down, float32((float64(l.At)-lo)*per), 9, accent)
		}
	}
	if o.v.pointer.inside {
		o.mark(down, float32((of(view.ToDoc(o.v.pointer.x+0.5, o.v.pointer.y+0.5))-lo)*per), rulerWidth, accent)
	}
}

// across says whether the picture's rows run rather down the screen than along it.
func (v *canvasView) across() bool {
	sin, cos := math.Sincos(v.ed.View().Turn * math.Pi / 180)
	return math.Abs(sin) > math.Abs(cos)
}

// rulerStep is the first of 1, 2, 5, 10, 20, 50 … from a number on.
func rulerStep(least float64) float64 {
	for ten := 1.0; ; ten *= 10 {
		for _, s := range []float64{1, 2, 5} {
			if s*ten >= least {
				return s * ten
			}
		}
	}
}

// mark draws a mark of a length, from the ruler's inner edge outward.
func (o *overlay) mark(down bool, at, length float32, ink color.NRGBA) {
	if down {
		o.segment(fyne.NewPos(rulerWidth-length, at), fyne.NewPos(rulerWidth, at), ink, 1)
	} else {
		o.segment(fyne.NewPos(at, rulerWidth-length), fyne.NewPos(at, rulerWidth), ink, 1)
	}
}

// number writes a number after a mark; down the left edge its digits stand below each other.
func (o *overlay) number(down bool, at float32, text string, ink color.NRGBA) {
	parts, x, y := []string{text}, at+2, float32(1)
	if down {
		parts, x, y = nil, 3, at+1
		for _, r := range text {
			parts = append(parts, string(r))
		}
	}
	for i, p := range parts {
		t := o.labels.next(o, func() *fynecanvas.Text {
			t := fynecanvas.NewText("", ink)
			t.TextSize = 9
			return t
		})
		if t.Text != p || t.Color != ink {
			t.Text, t.Color = p, ink
			t.Refresh()
		}
		t.Move(fyne.NewPos(x, y+float32(i)*9))
		t.Resize(t.MinSize())
	}
}

func (o *overlay) rulerColours() (ground, ink color.NRGBA) {
	if o.v.ed.Settings.Theme == "light" {
		return withAlpha(light.panel, 235), light.text
	}
	return withAlpha(dark.panel, 235), dark.text
}

func newPlate() *fynecanvas.Rectangle { return fynecanvas.NewRectangle(color.NRGBA{0, 0, 0, 170}) }
