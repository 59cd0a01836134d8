package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/fills"
	"pentimento/app/words"
)

// candidateBar shows the candidates of a place side by side, beside the place. Every other
// place has a badge at its corner that brings the bar there.
type candidateBar struct {
	*floating
	layer   *fyne.Container // without layout: bars and badges are moved by hand
	thumbs  *fyne.Container
	cards   map[*fills.Candidate]*candidateCard
	waiting *widget.Label // says how many are still computed, or that they stopped
	buttons map[string]*hintButton
	badges  []*badge
	stack   int64 // whose candidates are shown
}

// candidateCard is one thumbnail.
type candidateCard struct {
	*tapImage
	border *fynecanvas.Rectangle
	box    fyne.CanvasObject
}

// badge is the button at the corner of a place that the bar does not stand at.
type badge struct {
	*hintButton
	of *fills.Stack
}

// cardSide is a thumbnail's side in Fyne units.
const cardSide = 56

func newCandidateBar(w *window, others ...*floating) *candidateBar {
	b := &candidateBar{buttons: map[string]*hintButton{}, cards: map[*fills.Candidate]*candidateCard{}, waiting: widget.NewLabel(""), thumbs: container.NewHBox()}
	row := container.New(&folding{grows: true}, container.NewHBox(container.NewCenter(b.waiting), b.thumbs))
	add := func(ids ...string) {
		for _, id := range ids {
			a := editor.Find(id)
			btn := newActionButton(w, a)
			if id == "candidate.accept" {
				btn.Importance = widget.HighImportance
			}
			b.buttons[id] = btn
			row.Add(container.NewCenter(btn))
		}
	}
	add("candidate.accept", "candidate.more", "candidate.discard", "candidate.discardall", "candidate.favourite")
	row.Add(container.NewCenter(newHoldButton(w, icon("compare"), words.T("Hold to see the original (C)"), w.ed.Fills.Compare)))
	add("candidate.split")
	var rest *hintButton
	rest = newHintButton(w, icon("presets"), words.T("More to do with this candidate"), func() { b.showRest(rest) })
	row.Add(container.NewCenter(rest))
	b.floating = newFloating(w, row)
	b.layer = container.New(byHand{})
	for _, f := range others {
		b.layer.Add(f.box)
	}
	b.layer.Add(b.box)
	return b
}

// showRest offers what is wanted rarely.
func (b *candidateBar) showRest(under *hintButton) {
	var items []*fyne.MenuItem
	for _, id := range []string{"candidate.seed", "candidate.difference", "candidate.save", "candidate.reference"} {
		a := editor.Find(id)
		item := fyne.NewMenuItem(words.T(a.Name)+b.w.keysOf(a), func() { b.w.ed.Do(id) })
		item.Icon, item.Disabled = icon(a.Icon), !a.Can(b.w.ed)
		items = append(items, item)
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(under)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), b.w.win.Canvas(), at.AddXY(0, under.Size().Height))
}

func (b *candidateBar) update(c desk.Change) {
	if c.What&(desk.CandidatesChanged|desk.JobsChanged|desk.DocumentOpened|desk.SettingsChanged) == 0 {
		return
	}
	s := b.w.ed.Fills.Shown()
	b.mark(s)
	if s == nil || b.w.ed.Bare() {
		if s == nil {
			clear(b.cards)
		}
		b.hide()
		return
	}
	if s.ID != b.stack {
		b.stack = s.ID
		clear(b.cards)
	}
	b.showCards(s)
	for id, btn := range b.buttons {
		a := editor.Find(id)
		btn.enable(a.Can(b.w.ed))
		if id == "candidate.split" {
			btn.Importance = map[bool]widget.Importance{false: widget.LowImportance, true: widget.MediumImportance}[a.Checked(b.w.ed)]
			btn.Refresh()
		}
		if id == "candidate.favourite" {
			name := map[bool]string{false: "star", true: "staron"}[a.Checked(b.w.ed)]
			btn.SetIcon(icon(name))
		}
	}
	b.stand(s.Place, shapeOf(s))
}

// shapeOf is what the candidates of a place change: what was masked; of a place that was kept
// with its document what the candidate on show paints.
func shapeOf(s *fills.Stack) shape {
	if m := s.Request.Mask; m != nil {
		return shape{m, func(x, y int) bool { return m.AlphaAt(x, y).A != 0 }}
	}
	if c := s.Current(); c != nil {
		return shape{c, func(x, y int) bool { return c.Patch.NRGBAAt(x, y).A != 0 }}
	}
	return shape{}
}

// showCards lays the finished candidates side by side, and frames for those that are still to
// come, so that the bar keeps its size.
func (b *candidateBar) showCards(s *fills.Stack) {
	var now []fyne.CanvasObject
	for i, c := range s.Candidates {
		card := b.cards[c]
		if card == nil {
			card = b.newCard(c)
			b.cards[c] = card
		}
		ink := noFill
		if i == s.At {
			ink = accent
		}
		if card.border.StrokeColor != ink {
			card.border.StrokeColor = ink
			card.border.Refresh()
		}
		card.hint = words.T("Candidate %d, seed %d", i+1, c.Result.Request.Seed)
		now = append(now, card.box)
	}
	text, running, done := "", b.w.ed.Fills.Active(s), len(now)
	for range running {
		frame := fynecanvas.NewRectangle(color.Transparent)
		frame.StrokeColor, frame.StrokeWidth, frame.CornerRadius = theme.Color(theme.ColorNameDisabled), 1, 3
		frame.SetMinSize(fyne.NewSquareSize(cardSide))
		now = append(now, frame)
	}
	b.thumbs.Objects = now
	b.thumbs.Refresh()
	switch {
	case done == 0 && running == 0:
		text = words.T("stopped")
	case done == 0:
		text = words.T("computing…")
	case running > 0:
		text = fmt.Sprintf("+%d", running)
	}
	if b.waiting.Text != text {
		b.waiting.SetText(text)
	}
	showIf(b.waiting, text != "")
}

func (b *candidateBar) newCard(c *fills.Candidate) *candidateCard {
	card := &candidateCard{border: fynecanvas.NewRectangle(color.Transparent)}
	card.border.StrokeWidth, card.border.CornerRadius = 2, 3
	card.tapImage = newTapImage(b.w, nil, cardSide, func() {
		if s := b.w.ed.Fills.Shown(); s != nil {
			for i, o := range s.Candidates {
				if o == c {
					b.w.ed.Fills.NextCandidate(i - s.At)
				}
			}
		}
		b.w.focusCanvas()
	})
	card.box = container.NewStack(card.tapImage, card.border)
	b.w.ed.Go(words.T("picture of a result"), func() {
		small := shrunk(c.Seen(), 2*cardSide)
		b.w.ed.Post(func() {
			card.img.Image = small
			card.img.Refresh()
		})
	}, nil)
	return card
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
		p := b.w.view.overlay.at(float64(m.of.Place.Max.X), float64(m.of.Place.Min.Y))
		at := fyne.NewPos(min(max(p.X-size.Width-4, 4), max(room.Width-size.Width-4, 4)), min(max(p.Y+4, 4), max(room.Height-size.Height-4, 4)))
		if m.Position() != at || m.Size() != size {
			m.Move(at)
			m.Resize(size)
		}
	}
}

// dock moves bar and badges with the view.
func (b *candidateBar) dock() {
	b.dockBadges()
	b.floating.dock()
}
