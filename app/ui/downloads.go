package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/fetch"
	"pentimento/app/models"
	"pentimento/app/words"
)

// downloadList is what is coming in, each with what can be done with it: on the start card, in the
// sheet "Get a model", and, of what has ended, in the notice over the canvas.
type downloadList struct {
	w       *window
	content *fyne.Container
	only    func(fetch.Item) bool
	shown   func() // after the lines have changed in number
	rows    map[int]*downloadRow
	order   []int
}

type downloadRow struct {
	state  fetch.State
	box    *fyne.Container
	line   *widget.Label
	bar    *widget.ProgressBar
	failed bool
}

func newDownloadList(w *window) *downloadList {
	l := &downloadList{w: w, content: container.NewVBox(), only: func(fetch.Item) bool { return true }, shown: func() {}, rows: map[int]*downloadRow{}}
	l.show()
	return l
}

// update implements panel.
func (l *downloadList) update(c desk.Change) {
	if c.What&desk.DownloadsChanged != 0 {
		l.show()
	}
}

// show brings the lines up to date; one is made anew only where its buttons change.
func (l *downloadList) show() {
	if l.w.ed.Downloads == nil {
		return
	}
	var order []int
	changed := false
	for _, i := range l.w.ed.Downloads.List() {
		if !l.only(i) {
			continue
		}
		order = append(order, i.Number)
		r := l.rows[i.Number]
		if r == nil || r.state != i.State {
			r, changed = l.row(i), true
			l.rows[i.Number] = r
		}
		if text := models.DownloadLine(i); text != r.line.Text {
			r.line.SetText(text)
		}
		r.bar.SetValue(i.Progress.Fraction())
	}
	if !changed && len(order) == len(l.order) {
		return
	}
	l.order = order
	l.content.RemoveAll()
	for _, n := range order {
		l.content.Add(l.rows[n].box)
	}
	l.shown()
}

func (l *downloadList) row(i fetch.Item) *downloadRow {
	d := l.w.ed.Downloads
	r := &downloadRow{state: i.State, line: small(""), bar: widget.NewProgressBar()}
	r.bar.TextFormatter = func() string { return "" }
	name := widget.NewLabelWithStyle(cut(i.Want.Label(), 44), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	buttons := container.NewHBox()
	button := func(id, text, hint string, do func()) *hintButton {
		var picture fyne.Resource
		if id != "" {
			picture = icon(id)
		}
		b := newHintButton(l.w, picture, hint, func() { do(); l.w.focusCanvas() })
		b.SetText(text)
		buttons.Add(b)
		return b
	}
	switch i.State {
	case fetch.Queued, fetch.Running:
		button("", words.T("Pause"), words.T("Keeps what has come, also until the next start"), func() { d.Pause(i.Number) })
	case fetch.Paused:
		button("", words.T("Continue"), words.T("Goes on where it ended"), func() { d.Continue(i.Number) })
	case fetch.Failed:
		r.line.Importance = widget.DangerImportance
		button("", words.T("Try again"), words.T("Goes on where it ended"), func() { d.Continue(i.Number) })
	case fetch.Done:
		if models.Usable(i) {
			use := button("open", words.T("Use it"), i.Got.Path, func() { d.Use(i) })
			use.Importance = widget.HighImportance
			use.Refresh()
		}
	}
	hint := words.T("Stop it and delete what has come")
	if i.State == fetch.Done {
		hint = words.T("Not now")
	}
	button("discardall", "", hint, func() { d.Remove(i.Number) })
	showIf(r.bar, i.State == fetch.Running || i.State == fetch.Paused)
	r.box = container.NewBorder(nil, container.New(lowBar{}, r.bar), nil, container.NewCenter(buttons), container.New(&tightText{}, name, r.line))
	return r
}

// lowBar keeps a bar without a text low.
type lowBar struct{}

// Layout implements fyne.Layout.
func (lowBar) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		o.Resize(size)
	}
}

// MinSize implements fyne.Layout.
func (lowBar) MinSize(all []fyne.CanvasObject) fyne.Size {
	if len(all) == 0 || !all[0].Visible() {
		return fyne.Size{}
	}
	return fyne.NewSize(40, 6)
}

// tightText stacks labels as close as lines of a text.
type tightText struct{}

// Layout implements fyne.Layout.
func (*tightText) Layout(all []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range all {
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		h := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, h))
		y += h - 2*theme.InnerPadding() + theme.Padding()
	}
}

// MinSize implements fyne.Layout.
func (*tightText) MinSize(all []fyne.CanvasObject) (out fyne.Size) {
	for i, o := range all {
		m := o.MinSize()
		out.Width = max(out.Width, m.Width)
		out.Height += m.Height
		if i > 0 {
			out.Height -= 2*theme.InnerPadding() - theme.Padding()
		}
	}
	return out
}

// newDownloadNotice tells over the canvas of what has come, or failed to, until it is used or put away.
func newDownloadNotice(w *window) (l *downloadList, content *fyne.Container) {
	l = newDownloadList(w)
	content = newNotice(theme.ColorNamePrimary, l.content)
	l.only = func(i fetch.Item) bool { return i.State == fetch.Done || i.State == fetch.Failed }
	l.shown = func() { showIf(content, len(l.order) > 0 && !w.ed.Welcoming()); content.Refresh() }
	return l, content
}
