package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
)

// hintButton is a button that explains itself while the pointer is on it: in the status line,
// and at the pointer (tip.go; Fyne 2.7 has no tooltips).
type hintButton struct {
	widget.Button
	w     *window
	hint  string
	tell  func() string // the hint as it is now; nil: it stays
	hover func(in bool) // may be nil
	ring  ring
}

// CreateRenderer implements fyne.Widget.
func (b *hintButton) CreateRenderer() fyne.WidgetRenderer {
	return b.ring.around(b.Button.CreateRenderer())
}

// FocusGained implements fyne.Focusable.
func (b *hintButton) FocusGained() {
	b.Button.FocusGained()
	b.ring.show(true)
}

// FocusLost implements fyne.Focusable.
func (b *hintButton) FocusLost() {
	b.Button.FocusLost()
	b.ring.show(false)
}

func newHintButton(w *window, res fyne.Resource, hint string, tap func()) *hintButton {
	b := &hintButton{w: w, hint: hint}
	b.Icon, b.OnTapped, b.Importance = res, tap, widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// newToldButton makes a button whose hint changes.
func newToldButton(w *window, res fyne.Resource, tell func() string, tap func()) *hintButton {
	b := newHintButton(w, res, tell(), tap)
	b.tell = tell
	return b
}

// newActionButton makes the button of an action.
func newActionButton(w *window, a *editor.Action) *hintButton {
	return newToldButton(w, icon(a.Icon), func() string { return w.hintOf(a) }, func() { w.ed.Do(a.ID); w.focusCanvas() })
}

// MouseIn implements desktop.Hoverable.
func (b *hintButton) MouseIn(ev *desktop.MouseEvent) {
	b.Button.MouseIn(ev)
	if b.tell != nil {
		b.hint = b.tell()
	}
	b.w.status.hint(b.hint)
	b.w.tips.over(b.hint, ev.AbsolutePosition)
	if b.hover != nil {
		b.hover(true)
	}
}

// MouseOut implements desktop.Hoverable.
func (b *hintButton) MouseOut() {
	b.Button.MouseOut()
	b.w.status.hint("")
	b.w.tips.over("", fyne.Position{})
	if b.hover != nil {
		b.hover(false)
	}
}

// TypedKey implements fyne.Focusable: Space and Enter press it, any other key is the window's.
func (b *hintButton) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Button.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	default:
		c := b.w.win.Canvas()
		unfocus(c)
		c.OnTypedKey()(k)
	}
}

// TypedRune implements fyne.Focusable.
func (b *hintButton) TypedRune(r rune) {
	if r != ' ' { // it pressed the button
		c := b.w.win.Canvas()
		unfocus(c)
		c.OnTypedRune()(r)
	}
}

func (b *hintButton) enable(on bool) { enable(b, on) }

// holdButton does something for as long as it is held.
type holdButton struct {
	hintButton
	hold func(bool)
}

func newHoldButton(w *window, res fyne.Resource, hint string, hold func(bool)) *holdButton {
	b := &holdButton{hold: hold}
	b.w, b.hint, b.Icon, b.Importance = w, hint, res, widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// MouseDown implements desktop.Mouseable.
func (b *holdButton) MouseDown(*desktop.MouseEvent) { b.hold(true) }

// MouseUp implements desktop.Mouseable.
func (b *holdButton) MouseUp(*desktop.MouseEvent) { b.hold(false) }

// MouseOut implements desktop.Hoverable: a release elsewhere is not reported.
func (b *holdButton) MouseOut() {
	b.hintButton.MouseOut()
	b.hold(false)
}

// numberSlider is a slider with its number beside it, which can be typed.
type numberSlider struct {
	content *fyne.Container
	slider  *slide
	entry   *field
	step    float64
	least   string  // what is shown in place of the lowest value; "": the number
	value   float64 // as last set or chosen, which may lie beyond the slider's end
	setting bool
	changed func(float64)
}

func newNumberSlider(label string, low, high, step float64, unit string, changed func(float64)) *numberSlider {
	n := &numberSlider{step: step, changed: changed}
	n.slider = newSlide(low, high)
	n.slider.Step = step
	n.entry = newField()
	n.entry.fresh = func() bool { return n.entry.Text == n.text(n.value) }
	n.slider.OnChanged = func(v float64) {
		if !n.setting {
			n.show(v)
			changed(v)
		}
	}
	n.entry.left = func() { // Enter leaves the field too
		v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(n.entry.Text, unit)), 64)
		if n.least != "" && strings.EqualFold(strings.TrimSpace(n.entry.Text), n.least) {
			v, err = low, nil
		}
		if err != nil || math.IsNaN(v) {
			n.show(n.value)
			return
		}
		if v = max(v, low); v != n.shown() {
			n.set(v)
			n.changed(v)
		} else {
			n.show(n.value)
		}
	}
	name := widget.NewLabel(label)
	n.content = container.NewHBox(name, container.NewStack(spacer(90), n.slider), container.NewStack(spacer(52), n.entry), widget.NewLabel(unit))
	return n
}

// unitWidth is the column that units take, wide enough for "px".
const unitWidth = 29

// column lays the slider out for a panel: names, sliders and numbers under each other.
func (n *numberSlider) column() *numberSlider {
	o := n.content.Objects
	n.content = container.NewBorder(nil, nil, container.NewStack(spacer(84), o[0]),
		container.NewHBox(o[2], container.NewStack(spacer(unitWidth), o[3])), n.slider)
	return n
}

// set shows a value without telling anyone; one beyond the slider's end stands in the
// entry alone.
func (n *numberSlider) set(v float64) {
	n.setting = true
	n.slider.SetValue(min(max(v, n.slider.Min), n.slider.Max))
	n.show(v)
	n.setting = false
}

// shown is the value as its text says it.
func (n *numberSlider) shown() float64 {
	v, err := strconv.ParseFloat(n.text(n.value), 64)
	if err != nil {
		return n.value
	}
	return v
}

func (n *numberSlider) text(v float64) string {
	if n.least != "" && v <= n.slider.Min {
		return n.least
	}
	if n.step < 1 {
		return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	}
	return fmt.Sprint(math.Round(v))
}

func (n *numberSlider) show(v float64) {
	n.value = v
	text := n.text(v)
	if n.entry.Text != text {
		n.entry.SetText(text)
	}
}

func (n *numberSlider) enable(on bool) {
	if on {
		n.slider.Enable()
		n.entry.Enable()
	} else {
		n.slider.Disable()
		n.entry.Disable()
	}
}
