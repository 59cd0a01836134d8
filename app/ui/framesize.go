package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
)

// frameSize is the frame's size in two fields.
type frameSize struct {
	w          *window
	content    fyne.CanvasObject
	wide, high *numberField
}

func newFrameSize(w *window) *frameSize {
	m := &frameSize{w: w}
	m.wide = newNumberField(func(v int64) { w.ed.ResizeFrame(int(min(v, 1<<20)), w.ed.State().Frame.Dy()); m.show() })
	m.high = newNumberField(func(v int64) { w.ed.ResizeFrame(w.ed.State().Frame.Dx(), int(min(v, 1<<20))); m.show() })
	m.content = labelled(words.T("Frame"), container.NewGridWithColumns(2, m.scrolling(m.wide),
		container.NewBorder(nil, nil, widget.NewLabel("×"), nil, m.scrolling(m.high))), container.NewStack(spacer(unitWidth), widget.NewLabel("px")))
	return m
}

// scrolling is a field under which the column scrolls on: a field of one line would take the wheel and do nothing.
func (m *frameSize) scrolling(n *numberField) fyne.CanvasObject {
	return container.NewStack(n.field, newWheel(m.w, nil))
}

func (m *frameSize) show() {
	r := m.w.ed.State().Frame
	m.wide.set(int64(r.Dx()))
	m.high.set(int64(r.Dy()))
}

// numberField is a whole number that is typed; it counts when the field is left.
type numberField struct {
	*field
	value   int64
	changed func(int64)
}

func newNumberField(changed func(int64)) *numberField {
	n := &numberField{field: newField(), changed: changed}
	n.left = n.take
	n.SetText("0")
	return n
}

// take reads what was typed; what isn't a number gives way to the old one.
func (n *numberField) take() {
	v, err := strconv.ParseInt(strings.TrimSpace(n.Text), 10, 64)
	if err != nil || v < 0 {
		n.SetText(strconv.FormatInt(n.value, 10))
		return
	}
	if v != n.value {
		n.value = v
		n.changed(v)
	}
}

// set shows a value without telling anyone.
func (n *numberField) set(v int64) {
	n.value = v
	if text := strconv.FormatInt(v, 10); n.Text != text {
		n.SetText(text)
	}
}
