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

// newNoticeBar makes the bar; what is told beside lies below it.
func newNoticeBar(w *window, below ...fyne.CanvasObject) *noticeBar {
	b := &noticeBar{w: w, lines: container.New(&foldedTexts{})}
	b.content = newNotice(theme.ColorNameWarning, b.lines)
	b.layer = container.NewBorder(container.NewVBox(append([]fyne.CanvasObject{container.NewPadded(b.content)}, below...)...), nil, nil, nil)
	return b
}

// newNotice is a bar over the canvas with an edge in a colour, hidden so far.
func newNotice(ink fyne.ThemeColorName, lines fyne.CanvasObject) *fyne.Container {
	back := &themedBack{}
	back.ExtendBaseWidget(back)
	edge := container.NewStack(spacer(4), fynecanvas.NewRectangle(theme.Color(ink)))
	n := container.NewStack(back, container.NewBorder(nil, nil, edge, nil, lines))
	n.Hide()
	return n
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
	b.fit()
}

// fit shows the notices, if there are any: the first pass finds the widths, the second has the
// heights.
func (b *noticeBar) fit() {
	showIf(b.content, len(b.lines.Objects) > 0)
	for range 2 {
		b.layer.Refresh()
	}
}

// foldedTexts stacks wrapped texts, each as high as its lines are at this width. A box asks for
// their heights before they have their width.
type foldedTexts struct{ width float32 }

// Layout implements fyne.Layout.
func (f *foldedTexts) Layout(all []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	y := float32(0)
	for _, o := range all {
		o.Resize(fyne.NewSize(size.Width, o.Size().Height)) // breaks the lines
		h := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, h))
		y += h
	}
}

// MinSize implements fyne.Layout.
func (f *foldedTexts) MinSize(all []fyne.CanvasObject) fyne.Size {
	var out fyne.Size
	for _, o := range all {
		if f.width > 0 && o.Size().Width != f.width {
			o.Resize(fyne.NewSize(f.width, o.Size().Height))
		}
		m := o.MinSize()
		out = fyne.NewSize(max(out.Width, m.Width), out.Height+m.Height)
	}
	return out
}
