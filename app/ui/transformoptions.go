package ui

import (
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
	"pentimento/canvas/warp"
	"pentimento/tools"
)

// transformOptions are the numbers of the transform tool.
type transformOptions struct {
	w       *window
	parts   []*fyne.Container // those without room go behind "…", one by one
	boxes   []*numberBox
	ratio   *tick
	filter  *choice
	setting bool
}

// numberBox is a short field for a number of a transform.
type numberBox struct {
	field *field
	get   func(tools.Transform) float64
	set   func(*tools.Transform, float64)
	shown string
}

// filterNames are the ways to resample, by warp.Filter.
var filterNames = []struct{ Name string }{{Name: "Lanczos"}, {Name: "Bilinear"}, {Name: "Nearest pixel"}}

func newTransformOptions(w *window) *transformOptions {
	o := &transformOptions{w: w}
	part := func() { o.parts = append(o.parts, container.NewHBox()) }
	part()
	o.ratio = newTick(words.T("Keep ratio"), nil)
	button := func(text string, do func()) {
		b := widget.NewButton(text, func() { do(); w.focusCanvas() })
		b.Importance = widget.LowImportance
		o.add(b)
	}
	apply := widget.NewButton(words.T("Apply"), func() { w.ed.EndTransform(true); w.focusCanvas() })
	apply.Importance = widget.HighImportance
	o.add(apply) // first: the row's end may be beyond a small window
	button(words.T("Cancel"), func() { w.ed.EndTransform(false) })
	part()
	width := func(t tools.Transform) float64 { return float64(t.Rect.Dx()) }
	height := func(t tools.Transform) float64 { return float64(t.Rect.Dy()) }
	setW := func(t *tools.Transform, v float64) {
		if o.ratio.Checked {
			t.H *= v / t.W
		}
		t.X, t.W = t.X+(v-t.W)/2, v
	}
	setH := func(t *tools.Transform, v float64) {
		if o.ratio.Checked {
			t.W *= v / t.H
		}
		t.Y, t.H = t.Y+(v-t.H)/2, v
	}
	o.box("X", func(t tools.Transform) float64 { return t.X - t.W/2 }, func(t *tools.Transform, v float64) { t.X = v + t.W/2 })
	o.box("Y", func(t tools.Transform) float64 { return t.Y - t.H/2 }, func(t *tools.Transform, v float64) { t.Y = v + t.H/2 })
	o.box(words.T("W"), func(t tools.Transform) float64 { return t.W }, setW)
	o.box(words.T("H"), func(t tools.Transform) float64 { return t.H }, setH)
	o.box(words.T("W %"), func(t tools.Transform) float64 { return 100 * t.W / width(t) }, func(t *tools.Transform, v float64) { setW(t, v*width(*t)/100) })
	o.box(words.T("H %"), func(t tools.Transform) float64 { return 100 * t.H / height(t) }, func(t *tools.Transform, v float64) { setH(t, v*height(*t)/100) })
	o.add(o.ratio)
	o.box(words.T("Angle °"), func(t tools.Transform) float64 { return t.Angle }, func(t *tools.Transform, v float64) { t.Angle = math.Remainder(v, 360) })
	part()
	o.add(newHintButton(w, icon("fliph"), words.T("Flip horizontally"), func() { o.change(func(t *tools.Transform) { t.W = -t.W }); w.focusCanvas() }))
	o.add(newHintButton(w, icon("flipv"), words.T("Flip vertically"), func() { o.change(func(t *tools.Transform) { t.H = -t.H }); w.focusCanvas() }))
	var names []string
	for _, f := range filterNames {
		names = append(names, f.Name)
	}
	o.filter = newChoice(names, func(name string) {
		for i, n := range names {
			if n == name && !o.setting {
				w.ed.SetFilter(warp.Filter(i))
			}
		}
	})
	o.add(o.filter)
	o.show()
	return o
}

// add puts an object at the end of the last part.
func (o *transformOptions) add(obj fyne.CanvasObject) { o.parts[len(o.parts)-1].Add(obj) }

// box adds a field.
func (o *transformOptions) box(name string, get func(tools.Transform) float64, set func(*tools.Transform, float64)) {
	b := &numberBox{field: newField(), get: get, set: set}
	b.field.left = func() {
		v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimRight(strings.TrimSpace(b.field.Text), "%°px")), 64)
		if b.field.Text == b.shown || err != nil || math.IsNaN(v) || math.Abs(v) > 1<<17 {
			b.field.SetText(b.shown)
			return
		}
		o.change(func(t *tools.Transform) { b.set(t, v) })
	}
	o.boxes = append(o.boxes, b)
	o.add(widget.NewLabel(name))
	o.add(container.NewStack(spacer(56), b.field))
}

// change wants what change makes of the transform; a side never becomes nothing.
func (o *transformOptions) change(change func(*tools.Transform)) {
	t, ok := o.w.ed.Transform()
	if !ok {
		return
	}
	was := t
	change(&t)
	if math.Abs(t.W) < 1 || math.Abs(t.H) < 1 {
		o.show()
		return
	}
	for i, p := range t.Pulled {
		t.Pulled[i] = tools.Vec{X: p.X * t.W / was.W, Y: p.Y * t.H / was.H}
	}
	o.w.ed.SetTransform(t)
}

// show brings the numbers up to date.
func (o *transformOptions) show() {
	t, ok := o.w.ed.Transform()
	for _, part := range o.parts {
		showIf(part, o.w.ed.ToolName() == "transform")
	}
	if !ok {
		return
	}
	o.setting = true
	defer func() { o.setting = false }()
	for _, b := range o.boxes {
		text := strconv.FormatFloat(math.Round(b.get(t)*100)/100, 'f', -1, 64)
		if text == b.shown && b.field.Text != "" {
			continue // another text there is being typed
		}
		if b.shown = text; text != b.field.Text {
			b.field.SetText(text)
		}
	}
	if name := filterNames[o.w.ed.Filter()].Name; o.filter.chosen() != name {
		o.filter.SetSelected(name)
	}
}
