package ui

import (
	"image/color"
	"math"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/prompting"
)

// promptEntry is an entry whose text is coloured by what it means and underlined where
// something is wrong.
//
// Fyne's Entry draws its text in one colour. So it keeps doing all that typing needs
// (cursor, selection, undo, scrolling) with its own text made transparent by a theme, and
// coloured pieces lie over it, inside its scroll, at the places that the entry itself
// tells (CursorTextOffset, CursorPosition): nothing of its layout is imitated. A coloured
// mirror below the entry was the other way; it takes a third of the panel and the eye has
// to jump between the two (2026-11-23).
type promptEntry struct {
	widget.Entry
	ink     *fyne.Container // what is over the text
	reading prompting.Reading
	read    string // the text that reading is of
	version int    // of reading
	// complete writes the rest of the word at the cursor and says whether it did; may be nil.
	complete func() bool
	// undo and redo take back what the program wrote in place of the text, and say whether they did; may be nil.
	undo, redo func() bool
	least      int // rows to see at least; it grows with its text up to mostRows
	seen       int // rows to see now
	drawn      drawnInk
}

// drawnInk is what the ink was laid out for.
type drawnInk struct {
	text     string
	size     fyne.Size
	light    bool
	disabled bool
	version  int
}

func newPromptEntry(hint string, rows int) *promptEntry {
	e := &promptEntry{ink: container.NewWithoutLayout()}
	e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
	e.ExtendBaseWidget(e)
	e.SetPlaceHolder(hint)
	e.SetMinRowsVisible(rows)
	e.least, e.seen = rows, rows
	return e
}

// withUnseenText makes what the entries in o write transparent. One for both prompts: every
// override of a theme has fonts of its own in memory, megabytes of them.
func withUnseenText(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewThemeOverride(o, unseenText{})
}

// show takes what the text means.
func (e *promptEntry) show(r prompting.Reading) {
	e.reading, e.read = r, e.Text
	e.version++
	e.lay()
}

// pointAt puts the cursor behind byte end of the text.
func (e *promptEntry) pointAt(end int) {
	at := utf8.RuneCountInString(e.Text[:min(end, len(e.Text))])
	for i, row := range e.rows() {
		if at >= row.start {
			e.CursorRow, e.CursorColumn = i, at-row.start
		}
	}
	e.Refresh()
}

// TypedKey implements fyne.Focusable: Escape gives the keys back to the canvas, Tab
// completes a word.
func (e *promptEntry) TypedKey(k *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(e); c != nil && k.Name == fyne.KeyEscape {
		unfocus(c)
		return
	}
	if k.Name == fyne.KeyTab && e.complete != nil && e.complete() {
		return
	}
	e.Entry.TypedKey(k)
}

// TypedShortcut implements fyne.Shortcutable: the table's Ctrl keys work while one types,
// except those that edit text.
func (e *promptEntry) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutUndo:
		if e.undo != nil && e.undo() {
			return
		}
	case *fyne.ShortcutRedo:
		if e.redo != nil && e.redo() {
			return
		}
	}
	custom, ok := s.(*desktop.CustomShortcut)
	to, can := fyne.CurrentApp().Driver().CanvasForObject(e).(fyne.Shortcutable)
	if ok && can && custom.Modifier&ctrlKey(string(custom.KeyName)) != 0 && !editsText[custom.KeyName] {
		to.TypedShortcut(s)
		return
	}
	e.Entry.TypedShortcut(s)
}

// CreateRenderer implements fyne.Widget: the entry's own, with the ink over its text.
func (e *promptEntry) CreateRenderer() fyne.WidgetRenderer {
	e.ExtendBaseWidget(e)
	r := e.Entry.CreateRenderer()
	for _, o := range r.Objects() {
		if s, ok := o.(*container.Scroll); ok {
			s.Content = container.NewStack(s.Content, e.ink)
		}
	}
	return &promptRenderer{r, e}
}

type promptRenderer struct {
	fyne.WidgetRenderer
	e *promptEntry
}

func (r *promptRenderer) Layout(s fyne.Size) {
	r.WidgetRenderer.Layout(s)
	r.e.lay()
}

func (r *promptRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	r.e.lay()
}

// textRow is one line as the entry broke it: its first rune and where that stands.
type textRow struct {
	start int
	text  []rune
	at    fyne.Position
}

// rows asks the entry where its lines begin, by trying the cursor on each.
func (e *promptEntry) rows() []textRow {
	row, column := e.CursorRow, e.CursorColumn
	defer func() { e.CursorRow, e.CursorColumn = row, column }()
	all := []rune(e.Text)
	var out []textRow
	for i := 0; ; i++ {
		e.CursorRow, e.CursorColumn = i, 0
		start := e.CursorTextOffset()
		if i > 0 && start == 0 || start > len(all) { // beyond the last line
			break
		}
		if i > 0 {
			text := all[out[i-1].start:start]
			if n := len(text); n > 0 && text[n-1] == '\n' {
				text = text[:n-1] // it breaks the line and has no shape
			}
			out[i-1].text = text
		}
		half := e.Theme().Size(theme.SizeNameInputBorder) / 2 // the cursor straddles the place
		out = append(out, textRow{start, all[start:], e.CursorPosition().AddXY(half, 0)})
	}
	return out
}

// lay puts the coloured pieces where the text stands, if anything has changed.
func (e *promptEntry) lay() {
	l, _ := fyne.CurrentApp().Settings().Theme().(look)
	now := drawnInk{e.Text, e.Size(), l.light, e.Disabled(), e.version}
	if now == e.drawn {
		return
	}
	e.drawn = now
	e.ink.Objects = nil
	e.grow()
	if !now.disabled {
		inks, lines := e.inks(l)
		for _, row := range e.rows() {
			e.layRow(row, inks[row.start:min(row.start+len(row.text), len(inks))], lines[row.start:])
		}
	}
	e.ink.Refresh()
}

// mostRows is how many rows of a prompt are seen without scrolling.
const mostRows = 8

// grow makes room for as many rows as the text has.
func (e *promptEntry) grow() {
	if e.Size().Width < 40 {
		return // not laid out yet
	}
	if rows := min(max(len(e.rows()), e.least), mostRows); rows != e.seen {
		e.seen = rows
		e.SetMinRowsVisible(rows)
	}
}

// inks gives the colour of every rune and the colour of the line under it, if any.
func (e *promptEntry) inks(l look) (inks, lines []color.NRGBA) {
	n := utf8.RuneCountInString(e.Text)
	inks, lines = make([]color.NRGBA, n), make([]color.NRGBA, n)
	for i := range inks {
		inks[i] = l.greys().text
	}
	if e.read != e.Text {
		return inks, lines // what is known is of an older text
	}
	runeAt := make([]int, len(e.Text)+1) // byte → rune
	i := 0
	for b := range e.Text {
		runeAt[b] = i
		i++
	}
	runeAt[len(e.Text)] = n
	fill := func(to []color.NRGBA, start, end int, c color.NRGBA) {
		for i := runeAt[start]; i < runeAt[end]; i++ {
			to[i] = c
		}
	}
	for _, p := range e.reading.Pieces {
		fill(inks, p.Start, p.End, l.ink(p))
	}
	for _, r := range e.reading.Remarks {
		c := l.bad()
		if r.Mild {
			c = l.doubtful()
		} else if r.End-r.Start == 1 {
			fill(inks, r.Start, r.End, c) // a lone bracket is easily missed
		}
		fill(lines, r.Start, r.End, c)
	}
	return inks, lines
}

// layRow draws one line: a text for every run of one colour, and the underlines.
func (e *promptEntry) layRow(row textRow, inks, lines []color.NRGBA) {
	size := e.Theme().Size(theme.SizeNameText)
	x := func(column int) float32 {
		return row.at.X + fyne.MeasureText(string(row.text[:column]), size, fyne.TextStyle{}).Width
	}
	height := fyne.MeasureText("M", size, fyne.TextStyle{}).Height
	for from := 0; from < len(inks); {
		to := from + 1
		for to < len(inks) && inks[to] == inks[from] {
			to++
		}
		t := fynecanvas.NewText(string(row.text[from:to]), inks[from])
		t.TextSize = size
		t.Move(fyne.NewPos(x(from), row.at.Y))
		t.Resize(t.MinSize())
		e.ink.Objects = append(e.ink.Objects, t)
		from = to
	}
	for from := 0; from < len(inks); {
		to := from + 1
		for to < len(inks) && lines[to] == lines[from] {
			to++
		}
		if lines[from].A != 0 {
			line := fynecanvas.NewRectangle(lines[from])
			left, right := x(from), x(to)
			if short := 7 - (right - left); short > 0 {
				left, right = left-short/2, right+short/2
			}
			line.Move(fyne.NewPos(left, row.at.Y+height-2))
			line.Resize(fyne.NewSize(right-left, 2))
			e.ink.Objects = append(e.ink.Objects, line)
		}
		from = to
	}
}

// ink is the colour of a piece: warm where a weight stresses it, cool where it lessens it.
func (l look) ink(p prompting.Piece) color.NRGBA {
	g := l.greys()
	switch p.Kind {
	case prompting.PieceSyntax, prompting.PieceComment:
		return g.faint
	case prompting.PieceBreak, prompting.PieceAnd:
		return l.pick(accent, color.NRGBA{0x14, 0x60, 0xa8, 255})
	case prompting.PieceNetwork:
		return l.pick(color.NRGBA{0x6f, 0xc2, 0x8b, 255}, color.NRGBA{0x1c, 0x7a, 0x40, 255})
	case prompting.PieceEmbedding:
		return l.pick(color.NRGBA{0x4f, 0xc8, 0xc4, 255}, color.NRGBA{0x00, 0x74, 0x78, 255})
	}
	warm := l.pick(color.NRGBA{0xff, 0x9d, 0x3c, 255}, color.NRGBA{0xb0, 0x4a, 0x00, 255})
	cool := l.pick(color.NRGBA{0x7d, 0xa5, 0xd8, 255}, color.NRGBA{0x2b, 0x62, 0xa8, 255})
	switch {
	case p.Weight < 0:
		return l.pick(color.NRGBA{0xd0, 0x7c, 0xe0, 255}, color.NRGBA{0x8a, 0x2c, 0xa0, 255})
	case p.Weight > 1:
		return mixed(g.text, warm, math.Log(p.Weight)/math.Log(1.6))
	case p.Weight < 1:
		return mixed(g.text, cool, (1-p.Weight)/0.5)
	}
	return g.text
}

func (l look) bad() color.NRGBA {
	return l.pick(color.NRGBA{0xf0, 0x62, 0x56, 255}, color.NRGBA{0xc0, 0x22, 0x18, 255})
}

func (l look) doubtful() color.NRGBA {
	return l.pick(color.NRGBA{0xd8, 0xb4, 0x4a, 255}, color.NRGBA{0x8c, 0x68, 0x00, 255})
}

func (l look) pick(dark, light color.NRGBA) color.NRGBA {
	if l.light {
		return light
	}
	return dark
}

// mixed goes from a to b; the first step is wide enough to be seen.
func mixed(a, b color.NRGBA, t float64) color.NRGBA {
	t = min(0.4+0.6*t, 1)
	at := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + t*(float64(y)-float64(x)))) }
	return color.NRGBA{at(a.R, b.R), at(a.G, b.G), at(a.B, b.B), 255}
}

// unseenText is the program's theme with transparent text.
type unseenText struct{}

// Color implements fyne.Theme.
func (unseenText) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if n == theme.ColorNameForeground {
		return color.NRGBA{}
	}
	return fyne.CurrentApp().Settings().Theme().Color(n, v)
}

// Font implements fyne.Theme.
func (unseenText) Font(s fyne.TextStyle) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Font(s)
}

// Icon implements fyne.Theme.
func (unseenText) Icon(n fyne.ThemeIconName) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Icon(n)
}

// Size implements fyne.Theme.
func (unseenText) Size(n fyne.ThemeSizeName) float32 {
	return fyne.CurrentApp().Settings().Theme().Size(n)
}
