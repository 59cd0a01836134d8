package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
)

// sideColumn is the right column: a head that is always seen, and below it one scroll of
// sections.
//
// 2026-11-27: two scrolls above each other shared the height by rules that no one could
// see; nothing made the upper one taller. One scroll needs no rule.
type sideColumn struct {
	w       *window
	content *fyne.Container
	scroll  *container.Scroll
	parts   *fyne.Container // head and scroll
	head    *fyne.Container
	body    *fyne.Container
	laid    [2]fyne.Size // what head and body wanted when they were laid out last
}

// columnWidth is the right column's, in Fyne units.
const columnWidth = 320

func newSideColumn(w *window, head *fyne.Container, sections ...*section) *sideColumn {
	c := &sideColumn{w: w, head: head, body: container.NewVBox()}
	for _, s := range sections {
		c.body.Add(s.content)
		s.column = c
	}
	room := container.New(&inset{left: 8, right: 8 + scrollRoom}, c.body)
	c.scroll = container.NewVScroll(container.NewStack(newWheel(w, nil), room))
	top := container.New(&inset{left: 8, right: 8, top: 6, bottom: 4}, head)
	upper := container.NewVBox(top, separator())
	c.parts = container.New(layout.NewBorderLayout(upper, nil, nil, nil), upper, c.scroll) // in Tab's order
	c.scroll.OnScrolled = func(fyne.Position) { w.tips.over("", fyne.Position{}) }         // what it told of has moved away
	c.content = container.NewStack(spacer(columnWidth), c.parts)
	showIf(c.content, !slices.Contains(w.ed.Settings.Hidden, "column"))
	return c
}

// scrollRoom keeps controls clear of the scroll bar.
const scrollRoom = 6

// update lays the scroll out again where its content has another height: what stands in a
// scroll changes without its parents being told.
func (c *sideColumn) update(ch desk.Change) {
	if ch.What&desk.SettingsChanged != 0 {
		showIf(c.content, !slices.Contains(c.w.ed.Settings.Hidden, "column") && !c.w.ed.Bare())
	}
	if ch.What&(desk.SettingsChanged|desk.LayersChanged|desk.FillChanged|desk.DocumentOpened|desk.HistoryChanged) != 0 {
		c.fit()
	}
}

func (c *sideColumn) fit() {
	for range 3 { // a text that is broken into lines knows its height once it has its width
		now := [2]fyne.Size{c.head.MinSize(), c.body.MinSize()}
		if now == c.laid {
			return
		}
		c.laid = now
		for _, o := range []*fyne.Container{c.parts, c.head, c.body} {
			o.Layout.Layout(o.Objects, o.Size()) // Refresh would draw every control anew
		}
		c.scroll.Refresh()
	}
}

// show scrolls until a section is seen from its top.
func (c *sideColumn) show(s *section) {
	c.fit()
	c.scroll.ScrollToOffset(fyne.NewPos(0, s.content.Position().Y))
}

// section is a part of the column that unfolds; which are unfolded is remembered.
type section struct {
	w       *window
	name    string
	head    *hintButton
	body    *fyne.Container
	content *fyne.Container
	column  *sideColumn
}

func newSection(w *window, title, name string, objects ...fyne.CanvasObject) *section {
	s := &section{w: w, name: name, body: container.NewVBox(objects...)}
	s.head = newHintButton(w, nil, "", func() { w.ed.Unfold(name); w.focusCanvas() })
	s.head.SetText(title)
	s.head.Alignment, s.head.Importance = widget.ButtonAlignLeading, widget.LowImportance
	s.content = container.NewVBox(s.head, s.body, separator())
	s.set()
	w.panels = append(w.panels, panelFunc(func(c desk.Change) {
		if c.What&desk.SettingsChanged != 0 {
			s.set()
		}
	}))
	return s
}

func (s *section) set() {
	on := slices.Contains(s.w.ed.Settings.Open, s.name)
	if s.head.Icon != nil && on == s.body.Visible() {
		return
	}
	s.head.SetIcon(icon(map[bool]string{true: "down", false: "next"}[on]))
	showIf(s.body, on)
}

// offer takes the section away, or brings it back.
func (s *section) offer(on bool) { showIf(s.content, on) }

type panelFunc func(desk.Change)

func (f panelFunc) update(c desk.Change) { f(c) }

// inset keeps one object away from the edges.
type inset struct{ left, right, top, bottom float32 }

// Layout implements fyne.Layout.
func (i *inset) Layout(all []fyne.CanvasObject, size fyne.Size) {
	for _, o := range all {
		o.Move(fyne.NewPos(i.left, i.top))
		o.Resize(size.SubtractWidthHeight(i.left+i.right, i.top+i.bottom))
	}
}

// MinSize implements fyne.Layout.
func (i *inset) MinSize(all []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range all {
		size = size.Max(o.MinSize())
	}
	return size.AddWidthHeight(i.left+i.right, i.top+i.bottom)
}

// fitColumn lays the right column out again after something in it was shown or hidden.
func (w *window) fitColumn() {
	for _, p := range w.panels {
		if c, ok := p.(*sideColumn); ok {
			c.fit()
		}
	}
}
