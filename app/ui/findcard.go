package ui

import (
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// withParts calls then once networks are here, after the one question where they have to be fetched; refused (may be nil) where
// somebody doesn't want that.
func (w *window) withParts(names []string, then, refused func()) {
	if len(names) == 0 || w.ed.Models.NetworkOf(names) != "" || w.ed.Downloads == nil {
		then()
		return
	}
	w.askParts(names, func(yes bool) {
		switch {
		case yes:
			w.ed.Say(words.T("The networks are coming…"))
			w.ed.Downloads.FetchParts(names, then)
		case refused != nil:
			refused()
		}
	})
}

// showFind looks for what a row of finders finds, once its networks are here, shows it, and masks or selects of it what a person
// leaves on. selects says which of the two Enter does.
func (w *window) showFind(name string, selects bool) {
	row := editor.FinderOf(name)
	w.withParts(row.Parts, func() { newFindCard(w, row, selects) }, nil)
}

// findCard is a card that finds things of one kind for the mask or the selection.
type findCard struct {
	*finds
	note         *widget.Label
	mask, choose *widget.Button
}

// newFindCard opens the card and looks.
func newFindCard(w *window, row editor.Finder, selects bool) *findCard {
	w.ed.CancelTrial()
	s := &findCard{note: small("")}
	s.finds = newFinds(w, s.tell)
	p := &findPass{Detailing: editor.UsualDetailing(row.Name)}
	p.Blur = 2
	s.passes = []*findPass{p}
	s.mask = widget.NewButton(words.T("Mask"), func() { s.end(w.ed.MaskFinds) })
	s.choose = widget.NewButton(words.T("Select"), func() { s.end(w.ed.SelectFinds) })
	first := s.mask
	if selects {
		first = s.choose
	}
	first.Importance = widget.HighImportance
	rows := container.NewVBox(spacer(detailRoom))
	for _, n := range sightRows(func() *findPass { return p }, s.moved) {
		rows.Add(n.content)
	}
	rows.Add(s.note)
	rows.Add(s.ticked(96))
	leave := func() { w.closeCard(); w.focusCanvas() }
	c := w.layCard(words.T("Find: %s", words.T(row.Label)), "", nil, rows, container.NewHBox(layout.NewSpacer(), widget.NewButton(words.T("Cancel"), leave), s.choose, s.mask))
	w.view.onEscape, w.view.onEnter = leave, first.OnTapped
	c.end = append(c.end, s.over)
	s.look(s.passes)
	w.focusCanvas()
	return s
}

// sightRows are the numbers that act on what a pass has found, at its values.
func sightRows(of func() *findPass, moved func()) []*numberSlider {
	sure := newNumberSlider(words.T("How sure a find must be"), 0.1, 0.95, 0.05, "", func(v float64) { of().Find.Confidence = min(v, 1); moved() }).column()
	grow := newNumberSlider(words.T("Grow masks, px"), -16, 48, 1, "", func(v float64) { of().Find.Grow = int(min(v, 500)); moved() }).column()
	if p := of(); p != nil {
		sure.set(p.Find.Least())
		grow.set(float64(p.Find.Grow))
	}
	return []*numberSlider{sure, grow}
}

// moved follows a number: what was found is shown by it, and what is less sure is looked for.
func (f *finds) moved() {
	f.surer()
	f.show()
}

// tell says how many were found, and what can be pressed.
func (s *findCard) tell() {
	all, on := s.count()
	switch {
	case s.looking > 0:
		s.note.SetText(words.T("looking…"))
	case s.passes[0].sighted == nil:
		s.note.SetText(words.T("The search did not end."))
	case all == 0:
		s.note.SetText(words.T("Nothing was found. A lower sureness finds more."))
	default:
		s.note.SetText(words.T("%d of %d: a click on one, here or in the picture, switches it", on, all))
	}
	if c := s.w.card; c != nil {
		c.fit()
	}
	enable(s.mask, on > 0)
	enable(s.choose, on > 0)
}
