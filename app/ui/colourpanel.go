package ui

import (
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/words"
)

// colourPanel is the section of the right column in which colours are chosen: a wheel, the two
// colours, their hex numbers and what was painted with.
type colourPanel struct {
	w       *window
	section *section
	wheel   *colourWheel
	front   *swatch
	back    *swatch
	hex     *field
	recent  *fyne.Container
	at      hsv
	shown   color.NRGBA
	listed  []string
}

func newColourPanel(w *window) *colourPanel {
	p := &colourPanel{w: w}
	p.wheel = newColourWheel(func(to hsv) {
		p.at = to
		w.ed.SetColour(to.rgb())
	})
	p.front, p.back = newSwatch(func() { p.w.win.Canvas().Focus(p.hex) }), newSwatch(w.ed.SwapColours)
	p.front.rect.SetMinSize(fyne.NewSize(64, 34))
	p.back.rect.SetMinSize(fyne.NewSize(64, 22))
	p.hex = newField()
	p.hex.left = p.typed
	p.recent = container.NewGridWrap(fyne.NewSize(26, 22))
	buttons := container.NewHBox()
	for _, id := range []string{"colour.swap", "colour.default"} {
		a := editor.Find(id)
		buttons.Add(newActionButton(w, a))
	}
	beside := container.NewVBox(p.front, p.back, container.NewCenter(buttons), container.NewStack(spacer(76), p.hex))
	p.section = newSection(w, words.T("Colour"), "colour",
		container.NewHBox(p.wheel, beside), p.recent)
	p.show()
	return p
}

// typed takes what was written in the hex field, or puts back what is so.
func (p *colourPanel) typed() {
	c, ok := editor.ParseColour(strings.TrimSpace(p.hex.Text))
	if now := p.w.ed.Brush().Colour; !ok || c == now {
		p.hex.SetText(editor.HexColour(now))
		return
	}
	p.w.ed.SetColour(c)
}

func (p *colourPanel) update(c desk.Change) {
	if c.What&(desk.ToolChanged|desk.SettingsChanged) != 0 {
		p.show()
	}
}

func (p *colourPanel) show() {
	b := p.w.ed.Brush()
	if p.at.rgb() != opaque(b.Colour) {
		p.at = hsvOf(b.Colour, p.at)
	}
	if p.shown != b.Colour || p.hex.Text == "" {
		p.shown = b.Colour
		p.hex.SetText(editor.HexColour(b.Colour))
	}
	p.wheel.set(p.at)
	p.front.set(b.Colour)
	p.back.set(b.Back)
	if list := p.w.ed.Settings.Colours; !slices.Equal(list, p.listed) {
		p.listed = list
		p.recent.Objects = nil
		for _, name := range list {
			if c, ok := editor.ParseColour(name); ok {
				s := newSwatch(func() { p.w.ed.SetColour(c); p.w.focusCanvas() })
				s.rect.SetMinSize(fyne.NewSize(24, 20))
				s.set(c)
				p.recent.Add(s)
			}
		}
		p.recent.Refresh()
	}
}

func opaque(c color.NRGBA) color.NRGBA { c.A = 255; return c }

// reveal unfolds the section and scrolls to it.
func (p *colourPanel) reveal() {
	ed := p.w.ed
	if slices.Contains(ed.Settings.Hidden, "column") {
		ed.Do("view.column")
	}
	if !slices.Contains(ed.Settings.Open, p.section.name) {
		ed.Unfold(p.section.name)
	}
	p.section.column.show(p.section)
	p.w.focusCanvas()
}

// swatch shows a colour; a tap does something with it.
type swatch struct {
	widget.BaseWidget
	rect *fynecanvas.Rectangle
	tap  func()
}

func newSwatch(tap func()) *swatch {
	s := &swatch{rect: fynecanvas.NewRectangle(color.Black), tap: tap}
	s.rect.StrokeWidth, s.rect.StrokeColor, s.rect.CornerRadius = 1, grey(0x80), 3
	s.rect.SetMinSize(fyne.NewSize(34, 22))
	s.ExtendBaseWidget(s)
	return s
}

func (s *swatch) set(c color.NRGBA) {
	if s.rect.FillColor != color.Color(c) {
		s.rect.FillColor = c
		s.rect.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (s *swatch) Tapped(*fyne.PointEvent) { s.tap() }

// CreateRenderer implements fyne.Widget.
func (s *swatch) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewCenter(s.rect))
}
