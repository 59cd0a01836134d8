package ui

import (
	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// historyMark stands beside a step of the history and makes it what the history brush paints
// back; beside that one it is clear, beside the others faint.
type historyMark struct {
	widget.BaseWidget
	p    *historyPanel
	step int
	img  *fynecanvas.Image
}

func newHistoryMark(p *historyPanel) *historyMark {
	m := &historyMark{p: p, img: fynecanvas.NewImageFromResource(icon("history"))}
	m.img.FillMode = fynecanvas.ImageFillContain
	m.img.SetMinSize(fyne.NewSquareSize(18))
	m.ExtendBaseWidget(m)
	return m
}

// set shows the mark of a step.
func (m *historyMark) set(step int) {
	m.step = step
	m.img.Resource, m.img.Translucency = icon("history"), 0.75
	if step == m.p.past {
		m.img.Translucency = 0
	}
	m.img.Refresh()
}

// Tapped implements fyne.Tappable.
func (m *historyMark) Tapped(*fyne.PointEvent) {
	m.p.w.ed.SetPast(m.step)
	m.p.w.focusCanvas()
}

// Cursor implements desktop.Cursorable.
func (m *historyMark) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn implements desktop.Hoverable.
func (m *historyMark) MouseIn(ev *desktop.MouseEvent) {
	hint := words.T("Let the history brush paint this step back") + m.p.w.keysOf(editor.Find("tool.history"))
	m.p.w.status.hint(hint)
	m.p.w.tips.over(hint, ev.AbsolutePosition)
}

// MouseMoved implements desktop.Hoverable.
func (m *historyMark) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (m *historyMark) MouseOut() {
	m.p.w.status.hint("")
	m.p.w.tips.over("", fyne.Position{})
}

// CreateRenderer implements fyne.Widget.
func (m *historyMark) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(m.img) }
