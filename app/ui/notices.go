package ui

import (
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/keeping"
)

// noticeBar stands at the top of the canvas for as long as something is in the way, such as
// a full disk, and is gone when that is over. It is over the canvas: one that pushed it
// down would move the picture under a stroke.
type noticeBar struct {
	w       *window
	layer   fyne.CanvasObject
	content *fyne.Container
	lines   *fyne.Container
	shown   []keeping.Notice
}

func newNoticeBar(w *window) *noticeBar {
	b := &noticeBar{w: w, lines: container.NewVBox()}
	ground := fynecanvas.NewRectangle(theme.Color(theme.ColorNameWarning))
	edge := container.NewStack(spacer(4), ground)
	back := &themedBack{}
	back.ExtendBaseWidget(back)
	b.content = container.NewStack(back, container.NewBorder(nil, nil, edge, nil, b.lines))
	b.content.Hide()
	b.layer = container.NewBorder(container.NewPadded(b.content), nil, nil, nil)
	return b
}

func (b *noticeBar) update(c desk.Change) {
	if c.What&(desk.NoticesChanged|desk.DocumentOpened) == 0 {
		return
	}
	now := b.w.ed.Keeping.Notices()
	if slices.Equal(now, b.shown) {
		return
	}
	b.shown = now
	b.lines.RemoveAll()
	for _, n := range now {
		text := sentence(errors.New(n.Text))
		if n.Advice != "" {
			text += " " + sentence(errors.New(n.Advice))
		}
		l := wrapped(text)
		l.Importance = widget.WarningImportance
		b.lines.Add(l)
	}
	if len(now) == 0 {
		b.content.Hide()
	} else {
		b.content.Show()
	}
}
