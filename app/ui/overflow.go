package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"pentimento/app/words"
)

// overflow lays objects out in a row; what has no room is behind a "…" at its end, which
// unfolds further rows.
type overflow struct {
	more *hintButton
	open bool
	over bool    // something has no room
	wide float32 // when it was laid out last
}

// newOverflow is a container of objects with such a row. changed is called when it wants
// another height.
func newOverflow(w *window, changed func(), objects ...fyne.CanvasObject) (*fyne.Container, *overflow) {
	o := &overflow{}
	o.more = newHintButton(w, nil, words.T("The options that have no room"), func() {
		o.open = !o.open
		changed()
		w.focusCanvas()
	})
	o.more.SetText("…")
	return container.New(o, append(objects, o.more)...), o
}

// fold puts away what was unfolded, for another tool. It may be nil, before there is a row.
func (o *overflow) fold() {
	if o != nil && o.open {
		o.open = false
		o.more.w.relay()
	}
}

const overflowGap = 4

// away is where an object lies that has no room.
var away = fyne.NewPos(-10000, 0)

// Layout implements fyne.Layout.
func (o *overflow) Layout(all []fyne.CanvasObject, size fyne.Size) {
	o.wide = size.Width
	end := o.lay(all, size.Width, func(obj fyne.CanvasObject, at fyne.Position, want fyne.Size) {
		obj.Move(at)
		obj.Resize(want)
	})
	if o.over = end.over; !o.over {
		o.open = false
	}
	want := o.more.MinSize()
	o.more.Resize(fyne.NewSize(want.Width, end.line))
	o.more.Move(fyne.NewPos(size.Width-want.Width, 0))
	if !o.over {
		o.more.Move(away)
	}
}

// laid is how a row came out.
type laid struct {
	over bool
	rows int
	line float32 // height of one
}

// lay calls put for each object that is seen.
func (o *overflow) lay(all []fyne.CanvasObject, width float32, put func(fyne.CanvasObject, fyne.Position, fyne.Size)) laid {
	line, total := float32(0), float32(0)
	for _, obj := range all {
		if obj.Visible() && obj != fyne.CanvasObject(o.more) {
			m := obj.MinSize()
			line, total = max(line, m.Height), total+m.Width+overflowGap
		}
	}
	out := laid{over: total > width, rows: 1, line: line}
	room := width
	if out.over {
		room -= o.more.MinSize().Width + overflowGap
	}
	at, full := fyne.Position{}, false
	for _, obj := range all {
		if !obj.Visible() || obj == fyne.CanvasObject(o.more) {
			continue
		}
		m := obj.MinSize()
		if at.X+m.Width > room && (at.X > 0 || full) {
			full = true
			if o.open {
				at, room = fyne.NewPos(0, at.Y+line), width
				out.rows++
				full = false
			}
		}
		if full {
			put(obj, away, m)
			continue
		}
		put(obj, at, fyne.NewSize(m.Width, line))
		at.X += m.Width + overflowGap
	}
	return out
}

// MinSize implements fyne.Layout.
func (o *overflow) MinSize(all []fyne.CanvasObject) fyne.Size {
	l := o.lay(all, o.wide, func(fyne.CanvasObject, fyne.Position, fyne.Size) {})
	rows := 1
	if o.open {
		rows = l.rows
	}
	return fyne.NewSize(100, float32(rows)*l.line)
}

// relay lays the window's rows out anew where one of them wants another height.
func (w *window) relay() {
	var walk func(o fyne.CanvasObject, depth int)
	walk = func(o fyne.CanvasObject, depth int) {
		if c, ok := o.(*fyne.Container); ok && c.Layout != nil && depth > 0 {
			c.Layout.Layout(c.Objects, c.Size())
			for _, child := range c.Objects {
				walk(child, depth-1)
			}
		}
	}
	if all := w.win.Content(); all != nil {
		walk(all, 4)
		all.Refresh()
	}
}
