package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
)

// candidateBar stands below the place of the shown stack and is kept on screen.
type candidateBar struct {
	w       *window
	layer   *fyne.Container // without layout: the bar is moved by hand
	bar     *fyne.Container
	count   *widget.Label
	buttons map[string]*hintButton
}

func newCandidateBar(w *window) *candidateBar {
	b := &candidateBar{w: w, buttons: map[string]*hintButton{}, count: widget.NewLabel("")}
	row := container.NewHBox()
	add := func(ids ...string) {
		for _, id := range ids {
			a := editor.Find(id)
			btn := newHintButton(w, icon(a.Icon), a.Name+keysOf(a)+" — "+a.Help, func() { w.ed.Do(id); w.focusCanvas() })
			if id == "candidate.accept" {
				btn.Importance = widget.HighImportance
			}
			b.buttons[id] = btn
			row.Add(btn)
		}
	}
	add("candidate.previous")
	row.Add(b.count)
	add("candidate.next", "candidate.accept", "candidate.more", "candidate.discard", "candidate.discardall")
	row.Add(widget.NewSeparator())
	add("candidate.seed", "candidate.save", "candidate.reference")
	row.Add(newHintButton(w, icon("compare"), "Hold C to see the original", func() { w.Say("Hold C to see the original") }))
	back := &themedBack{}
	back.ExtendBaseWidget(back)
	b.bar = container.NewStack(back, container.NewPadded(row))
	b.layer = container.NewWithoutLayout(b.bar)
	b.bar.Hide()
	return b
}

func (b *candidateBar) update(c editor.Change) {
	if c.What&(editor.CandidatesChanged|editor.JobsChanged|editor.DocumentOpened|editor.SettingsChanged) == 0 {
		return
	}
	s := b.w.ed.Shown()
	if s == nil {
		b.bar.Hide()
		return
	}
	text := "computing…"
	if n := len(s.Candidates); n > 0 {
		text = fmt.Sprintf("%d / %d", s.At+1, n)
		if w := b.w.ed.Jobs.Active(s.ID); w > 0 {
			text += fmt.Sprintf(" (+%d)", w)
		}
	}
	if b.count.Text != text {
		b.count.SetText(text)
	}
	for id, btn := range b.buttons {
		btn.enable(editor.Find(id).Can(b.w.ed))
	}
	b.bar.Show()
	b.dock()
}

// dock puts the bar below its place, or where it fits.
func (b *candidateBar) dock() {
	s := b.w.ed.Shown()
	if s == nil || !b.bar.Visible() {
		return
	}
	v := b.w.view
	x0, _ := b.at(float64(s.Place.Min.X), float64(s.Place.Min.Y))
	x1, y1 := b.at(float64(s.Place.Max.X), float64(s.Place.Max.Y))
	size, room := b.bar.MinSize(), v.Size()
	at := fyne.NewPos((x0+x1-size.Width)/2, y1+8)
	at.X = min(max(at.X, 8), max(room.Width-size.Width-8, 8))
	at.Y = min(max(at.Y, 8), max(room.Height-size.Height-8, 8))
	if b.bar.Position() != at || b.bar.Size() != size {
		b.bar.Move(at)
		b.bar.Resize(size)
	}
}

func (b *candidateBar) at(x, y float64) (float32, float32) {
	p := b.w.view.overlay.at(x, y)
	return p.X, p.Y
}
