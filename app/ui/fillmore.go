package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fills"
	"pentimento/app/words"
)

// fillMore is the fill panel's rarer numbers, folded away until asked for, and the frame's
// size, which is always shown.
type fillMore struct {
	p          *fillPanel
	content    fyne.CanvasObject
	head       *widget.Button
	body       *fyne.Container
	frame      fyne.CanvasObject
	wide, high *numberField
}

func newFillMore(p *fillPanel) *fillMore {
	m := &fillMore{p: p}
	m.wide = newNumberField(func(v int64) { p.w.ed.ResizeFrame(int(min(v, 1<<20)), p.w.ed.State().Frame.Dy()); m.showFrame() })
	m.high = newNumberField(func(v int64) { p.w.ed.ResizeFrame(p.w.ed.State().Frame.Dx(), int(min(v, 1<<20))); m.showFrame() })
	m.frame = labelled(words.T("Frame"), container.NewGridWithColumns(2, m.wide.field,
		container.NewBorder(nil, nil, widget.NewLabel("×"), nil, m.high.field)), container.NewStack(spacer(unitWidth), widget.NewLabel("px")))

	m.body = container.NewVBox()
	for _, row := range fills.Folded() {
		m.body.Add(p.rows[row.ID].content)
	}
	m.head = widget.NewButtonWithIcon(words.T("More"), icon("next"), func() {
		p.w.ed.Settings.MoreFill = !p.w.ed.Settings.MoreFill
		m.fold()
	})
	m.head.Alignment, m.head.Importance = widget.ButtonAlignLeading, widget.LowImportance
	m.content = container.NewVBox(m.head, m.body)
	m.fold()
	return m
}

// fold shows or hides the rarer numbers as the settings say.
func (m *fillMore) fold() {
	if m.p.w.ed.Settings.MoreFill {
		m.head.SetIcon(icon("down"))
		m.body.Show()
	} else {
		m.head.SetIcon(icon("next"))
		m.body.Hide()
	}
}

func (m *fillMore) showFrame() {
	r := m.p.w.ed.State().Frame
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
