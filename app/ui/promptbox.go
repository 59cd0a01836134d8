package ui

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/prompting"
	"pentimento/app/words"
)

// promptBox is a prompt with one line below it: what is wrong on the left, the tokens on
// the right. The line is always there, so that nothing moves while one types. It belongs
// into withUnseenText.
type promptBox struct {
	w        *window
	content  *fyne.Container
	entry    *promptEntry
	line     *captionLine
	negative bool
	read     func(text string, negative bool) prompting.Reading
	next     int // the remark that the next tap on the line goes to
}

func newPromptBox(w *window, hint string, rows int, negative bool, changed func(string)) *promptBox {
	b := &promptBox{w: w, entry: newPromptEntry(hint, rows), negative: negative, read: w.ed.Prompting.Read}
	b.entry.OnChanged, b.entry.complete = changed, b.complete
	b.line = newCaptionLine(w, b.goToRemark)
	b.content = container.NewVBox(b.entry, b.line)
	return b
}

// show brings text, colours and line up to date. off says that the engine reads no prompt.
func (b *promptBox) show(text string, off bool) {
	if b.entry.Text != text {
		b.entry.SetText(text)
	}
	if off {
		b.line.set("", "", "", false)
		return
	}
	r := b.read(text, b.negative)
	slices.SortStableFunc(r.Remarks, func(a, c prompting.Remark) int { return a.Start - c.Start })
	known, begun := b.wordsText()
	if begun { // a tag half written isn't a mistake yet either
		open := b.openTag()
		r.Remarks = slices.DeleteFunc(r.Remarks, func(m prompting.Remark) bool { return m.Start == open })
	}
	b.entry.show(r)
	bad := slices.ContainsFunc(r.Remarks, func(m prompting.Remark) bool { return !m.Mild })
	left := remarkText(r)
	if left == "" || begun && !bad { // a word half written isn't a mistake yet
		left, b.line.calm = known, true
	} else {
		b.line.calm = false
	}
	b.line.set(left, countText(r), countHint(r), bad)
}

// openTag is where the tag begins that the cursor is in, if it is not closed; -1 where there is none.
func (b *promptBox) openTag() int {
	before := b.entry.Text[:byteAt(b.entry.Text, b.entry.CursorTextOffset())]
	if at := strings.LastIndexByte(before, '<'); at > strings.LastIndexByte(before, '>') {
		return at
	}
	return -1
}

// goToRemark puts the cursor behind what is wrong; each tap goes to the next.
func (b *promptBox) goToRemark() {
	all := b.entry.reading.Remarks
	if b.entry.Disabled() {
		return
	}
	if len(all) == 0 {
		b.showWords()
		return
	}
	r := all[b.next%len(all)]
	b.next++
	b.w.win.Canvas().Focus(b.entry)
	b.entry.pointAt(r.End)
	b.w.Say(quoted(b.entry.Text, r) + r.Text)
}

// quoted names the marked text if it is short enough to help.
func quoted(text string, r prompting.Remark) string {
	if r.End > len(text) || r.End-r.Start > 24 {
		return ""
	}
	return fmt.Sprintf("“%s”: ", text[r.Start:r.End])
}

func remarkText(r prompting.Reading) string {
	if len(r.Remarks) == 0 {
		return ""
	}
	worst := r.Remarks[0]
	if i := slices.IndexFunc(r.Remarks, func(m prompting.Remark) bool { return !m.Mild }); i >= 0 {
		worst = r.Remarks[i]
	}
	if n := len(r.Remarks); n > 1 {
		return words.N(n, "%d remark", "%d remarks") + ": " + worst.Text
	}
	return worst.Text
}

// countText is such as "12 / 75", or "75 + 9 / 75" for two windows.
func countText(r prompting.Reading) string {
	switch {
	case r.Uncounted != "":
		return words.T("no count")
	case r.Chunks == nil:
		return "…"
	}
	var parts []string
	for _, n := range r.Chunks {
		parts = append(parts, fmt.Sprint(n))
	}
	if len(parts) > 3 {
		parts = []string{words.T("%d chunks", len(parts)), parts[len(parts)-1]}
	}
	return fmt.Sprintf("%s / %d", strings.Join(parts, " + "), r.Window)
}

func countHint(r prompting.Reading) string {
	if r.Uncounted != "" {
		return words.T("Tokens are not counted: %s", r.Uncounted)
	}
	hint := words.T("Tokens of the prompt with its styles, in each chunk of %d that the model reads", r.Window)
	var all []string
	for _, m := range r.Remarks {
		all = append(all, m.Text)
	}
	if len(all) > 0 {
		return strings.Join(all, " · ")
	}
	return hint
}

// captionLine is a low line of small text with two ends; the left one gives way.
type captionLine struct {
	widget.BaseWidget
	w           *window
	tap         func()
	left, right *fynecanvas.Text
	text, hint  string // text is the whole of what left shows the beginning of
	bad         bool
	calm        bool // left isn't a complaint
}

func newCaptionLine(w *window, tap func()) *captionLine {
	l := &captionLine{w: w, tap: tap, left: fynecanvas.NewText("", noFill), right: fynecanvas.NewText("", noFill)}
	l.ExtendBaseWidget(l)
	return l
}

// set changes what stands there.
func (l *captionLine) set(left, right, hint string, bad bool) {
	if l.text == left && l.right.Text == right && l.bad == bad && l.hint == hint {
		return
	}
	l.text, l.right.Text, l.hint, l.bad = left, right, hint, bad
	l.Refresh()
}

// Tapped implements fyne.Tappable.
func (l *captionLine) Tapped(*fyne.PointEvent) { l.tap() }

// Cursor implements desktop.Cursorable.
func (l *captionLine) Cursor() desktop.Cursor {
	if l.text != "" {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// MouseIn implements desktop.Hoverable.
func (l *captionLine) MouseIn(ev *desktop.MouseEvent) {
	l.w.status.hint(l.hint)
	text := l.hint
	if l.text != "" {
		text = l.text + "\n" + text // all of what the line cuts off
	}
	l.w.tips.over(text, ev.AbsolutePosition)
}

// MouseMoved implements desktop.Hoverable.
func (l *captionLine) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (l *captionLine) MouseOut() {
	l.w.status.hint("")
	l.w.tips.over("", fyne.Position{})
}

// CreateRenderer implements fyne.Widget.
func (l *captionLine) CreateRenderer() fyne.WidgetRenderer {
	r := &captionRenderer{l}
	r.Refresh()
	return r
}

type captionRenderer struct{ l *captionLine }

const captionInset = 6 // where the text of entries and labels begins

func (r *captionRenderer) Destroy() {}

func (r *captionRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.l.left, r.l.right}
}

func (r *captionRenderer) MinSize() fyne.Size {
	return fyne.NewSize(40, fyne.MeasureText("M", theme.CaptionTextSize(), fyne.TextStyle{}).Height+2)
}

func (r *captionRenderer) Layout(s fyne.Size) {
	l, size := r.l, theme.CaptionTextSize()
	width := func(t string) float32 { return fyne.MeasureText(t, size, fyne.TextStyle{}).Width }
	side := width(l.right.Text)
	l.right.Move(fyne.NewPos(s.Width-side-captionInset, 0))
	l.right.Resize(fyne.NewSize(side, s.Height))
	room := s.Width - side - 3*captionInset
	l.left.Text = begun(l.text, room, width)
	l.left.Move(fyne.NewPos(captionInset, 0))
	l.left.Resize(fyne.NewSize(max(room, 0), s.Height))
}

// begun is the longest beginning of a text that fits, with "…" where something is cut.
func begun(text string, room float32, width func(string) float32) string {
	if len(text) < 200 && width(text) <= room {
		return text
	}
	all := []rune(text)
	n := sort.Search(min(len(all), 200), func(n int) bool { return width(string(all[:n+1])+"…") > room })
	return string(all[:n]) + "…"
}

func (r *captionRenderer) Refresh() {
	lk, _ := fyne.CurrentApp().Settings().Theme().(look)
	l := r.l
	for _, t := range []*fynecanvas.Text{l.left, l.right} {
		t.TextSize, t.Color = theme.CaptionTextSize(), lk.greys().faint
	}
	switch {
	case l.bad:
		l.left.Color = lk.bad()
	case l.text != "" && !l.calm:
		l.left.Color = lk.doubtful()
	}
	r.Layout(l.Size())
	l.left.Refresh()
	l.right.Refresh()
}
