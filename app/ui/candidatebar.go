package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/fills"
	"pentimento/app/words"
)

// candidateBar stands below the place of the shown stack and is kept on screen. Every other
// place has a badge at its corner that brings the bar there.
type candidateBar struct {
	w       *window
	layer   *fyne.Container // without layout: the bar is moved by hand
	bar     *fyne.Container
	count   *widget.Label
	buttons map[string]*hintButton
	badges  []*badge
}

// badge is the button at the corner of a place that the bar does not stand at.
type badge struct {
	*hintButton
	of *fills.Stack
}

// countWidth keeps the bar as wide as it is, whatever it counts.
const countWidth = 96

func newCandidateBar(w *window) *candidateBar {
	b := &candidateBar{w: w, buttons: map[string]*hintButton{}, count: widget.NewLabel("")}
	row := container.NewHBox()
	add := func(ids ...string) {
		for _, id := range ids {
			a := editor.Find(id)
			btn := newHintButton(w, icon(a.Icon), hintOf(a), func() { w.ed.Do(id); w.focusCanvas() })
			if id == "candidate.accept" {
				btn.Importance = widget.HighImportance
			}
			b.buttons[id] = btn
			row.Add(btn)
		}
	}
	add("candidate.previous")
	b.count.Alignment = fyne.TextAlignCenter
	row.Add(container.NewStack(spacer(countWidth), b.count))
	add("candidate.next", "candidate.accept", "candidate.more", "candidate.discard", "candidate.discardall")
	row.Add(widget.NewSeparator())
	add("candidate.favourite", "candidate.seed", "candidate.difference", "candidate.save", "candidate.reference")
	row.Add(newHoldButton(w, icon("compare"), words.T("Hold to see the original (C)"), w.ed.Fills.Compare))
	back := &themedBack{}
	back.ExtendBaseWidget(back)
	b.bar = container.NewStack(back, container.NewPadded(row))
	b.layer = container.NewWithoutLayout(b.bar)
	b.bar.Hide()
	return b
}

func (b *candidateBar) update(c desk.Change) {
	if c.What&(desk.CandidatesChanged|desk.JobsChanged|desk.DocumentOpened|desk.SettingsChanged) == 0 {
		return
	}
	s := b.w.ed.Fills.Shown()
	b.mark(s)
	if s == nil {
		b.bar.Hide()
		return
	}
	text := words.T("computing…")
	if len(s.Candidates) == 0 && b.w.ed.Jobs.Active(s.ID) == 0 {
		text = words.T("stopped")
	}
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
		a := editor.Find(id)
		btn.enable(a.Can(b.w.ed))
		if id == "candidate.favourite" {
			name := map[bool]string{false: "star", true: "staron"}[a.Checked(b.w.ed)]
			btn.SetIcon(icon(name))
		}
	}
	b.bar.Show()
	b.dock()
}

// mark gives every place but the shown one a badge.
func (b *candidateBar) mark(shown *fills.Stack) {
	n := 0
	for _, s := range b.w.ed.Fills.Stacks() {
		if s == shown {
			continue
		}
		if n == len(b.badges) {
			made := &badge{}
			made.hintButton = newHintButton(b.w, icon("accept"), words.T("Show this place's candidates (P)"), func() {
				b.w.ed.Fills.Show(made.of.ID)
				b.w.focusCanvas()
			})
			made.Importance = widget.MediumImportance
			b.badges = append(b.badges, made)
			b.layer.Objects = append([]fyne.CanvasObject{made.hintButton}, b.layer.Objects...) // the bar stays on top
		}
		text := "…"
		if len(s.Candidates) > 0 {
			text = fmt.Sprint(len(s.Candidates))
		}
		at := b.badges[n]
		at.of = s
		if at.Text != text {
			at.SetText(text)
		}
		at.Show()
		n++
	}
	for _, rest := range b.badges[n:] {
		rest.Hide()
	}
	b.dockBadges()
}

// dockBadges puts each badge into the upper right corner of its place; those whose place
// is out of sight wait at the canvas' edge.
func (b *candidateBar) dockBadges() {
	room := b.w.view.Size()
	for _, m := range b.badges {
		if !m.Visible() {
			continue
		}
		size := m.MinSize()
		x, y := b.at(float64(m.of.Place.Max.X), float64(m.of.Place.Min.Y))
		at := fyne.NewPos(min(max(x-size.Width-4, 4), max(room.Width-size.Width-4, 4)), min(max(y+4, 4), max(room.Height-size.Height-4, 4)))
		if m.Position() != at || m.Size() != size {
			m.Move(at)
			m.Resize(size)
		}
	}
}

// dock puts the bar below its place, or where it fits.
func (b *candidateBar) dock() {
	b.dockBadges()
	s := b.w.ed.Fills.Shown()
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
