package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// tips shows what a control is beside the pointer, after it has rested there for a moment: its
// name with its key, and below that what it does. It lies over the window's content and takes
// no event, so that nothing that is under it stops working.
type tips struct {
	w     *window
	layer *fyne.Container
	box   *fyne.Container
	label *widget.Label
	asked int // the latest request; an older one shows nothing
}

const (
	tipDelay = 400 * time.Millisecond
	tipWidth = 300
)

func newTips(w *window) *tips {
	t := &tips{w: w, label: wrapped("")}
	back := &themedBack{}
	back.ExtendBaseWidget(back)
	t.box = container.NewStack(back, t.label)
	t.box.Hide()
	t.layer = container.New(byHand{}, t.box)
	return t
}

// over says that the pointer is on something at a place of the window; "" that it left.
func (t *tips) over(text string, at fyne.Position) {
	t.asked++
	n := t.asked
	if t.box.Visible() {
		t.box.Hide()
		t.layer.Refresh()
	}
	if text == "" {
		return
	}
	t.w.pointing(at)
	text = t.w.ed.Keyed(text)
	time.AfterFunc(tipDelay, func() {
		t.w.ed.Post(func() {
			if n == t.asked && !t.w.covered() {
				t.show(strings.Replace(text, " — ", "\n", 1), at)
			}
		})
	})
}

func (t *tips) show(text string, at fyne.Position) {
	var width float32
	for _, line := range strings.Split(text, "\n") {
		width = max(width, fyne.MeasureText(line, (look{}).Size("text"), fyne.TextStyle{}).Width)
	}
	width = min(width+18, tipWidth)
	t.label.SetText(text)
	t.label.Resize(fyne.NewSize(width, 1)) // so that it breaks its lines
	size := fyne.NewSize(width, t.label.MinSize().Height)
	room := t.w.win.Canvas().Size()
	pos := at.AddXY(12, 18)
	if pos.Y+size.Height > room.Height-4 {
		pos.Y = at.Y - size.Height - 8
	}
	pos.X = max(min(pos.X, room.Width-size.Width-4), 4)
	t.box.Move(pos)
	t.box.Resize(size)
	t.box.Show()
	t.layer.Refresh()
}
