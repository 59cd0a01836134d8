package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/words"
)

// card is a small window over the canvas for a change that is being tried: the picture can
// be looked at, moved and zoomed beside it. Its title drags it.
type card struct {
	w     *window
	label string // of the trial that it belongs to; "": none
	box   *fyne.Container
	apply *widget.Button // nil: it has none
	look  func()         // shows what it is of anew; nil: it needs not
	end   []func()       // when it is gone
}

// openCard shows the card of a trial, in place of the one that is open; reset (may be nil) brings its
// values to what they were at first.
func (w *window) openCard(title, label string, body fyne.CanvasObject, reset func()) *card {
	shown := newTick(words.T("Preview"), func(on bool) { w.ed.HideTrial(!on) })
	shown.SetChecked(true)
	apply := widget.NewButton(words.T("Apply"), func() { w.ed.MakeTrial(); w.focusCanvas() })
	apply.Importance = widget.HighImportance
	buttons := container.NewHBox(layout.NewSpacer(), widget.NewButton(words.T("Cancel"), func() { w.ed.CancelTrial(); w.focusCanvas() }), apply)
	if reset != nil {
		buttons.Objects = append([]fyne.CanvasObject{widget.NewButton(words.T("Reset"), reset)}, buttons.Objects...)
	}
	c := w.layCard(title, label, shown, body, buttons)
	c.apply = apply
	return c
}

// layCard shows a card, in place of the one that is open: corner (may be nil) stands beside its title. One that is of no
// trial (label is "") closes with the picture.
func (w *window) layCard(title, label string, corner, body, buttons fyne.CanvasObject) *card {
	w.closeCard()
	c := &card{w: w, label: label}
	name := &cardTitle{card: c}
	name.Text, name.TextStyle.Bold = title, true
	name.ExtendBaseWidget(name)
	back := &themedBack{}
	back.ExtendBaseWidget(back)
	c.box = container.NewStack(back, container.NewPadded(container.NewVBox(container.NewBorder(nil, nil, nil, corner, name), body, buttons)))
	w.card = c
	w.cards.Add(c.box)
	c.box.Resize(c.box.MinSize())
	size, room := c.box.MinSize(), w.view.Size() // of texts that are wrapped now
	c.box.Resize(size)
	c.place(fyne.NewPos(room.Width-size.Width-16, 16))
	return c
}

// fit gives the card the size of what it shows now.
func (c *card) fit() {
	c.box.Resize(c.box.MinSize())
	c.box.Resize(c.box.MinSize()) // of texts that are wrapped now
	c.place(c.box.Position())
}

// place moves the card to where it can be reached.
func (c *card) place(at fyne.Position) {
	size, room := c.box.Size(), c.w.view.Size()
	at.X = max(min(at.X, room.Width-size.Width), 0)
	at.Y = max(min(at.Y, room.Height-40), 0)
	c.box.Move(at)
}

func (w *window) closeCard() {
	if c := w.card; c != nil {
		w.card = nil
		w.cards.Remove(c.box)
		w.cards.Refresh()
		for _, f := range c.end {
			f()
		}
	}
}

// followTrial closes the card when its change is made or left, when another picture is shown, and when none is left.
func (w *window) followTrial(c desk.Change) {
	if w.card != nil && (c.What&(desk.ToolChanged|desk.DocumentOpened) != 0 && w.ed.Trying() != w.card.label || w.card.label == "" && (c.What&desk.DocumentOpened != 0 || w.ed.Empty())) {
		w.closeCard()
		w.focusCanvas()
	}
	if w.card != nil && w.card.look != nil {
		w.card.look()
	}
}

// cardTitle drags its card.
type cardTitle struct {
	widget.Label
	card *card
}

// Dragged implements fyne.Draggable.
func (t *cardTitle) Dragged(ev *fyne.DragEvent) {
	t.card.place(t.card.box.Position().AddXY(ev.Dragged.DX, ev.Dragged.DY))
}

// DragEnd implements fyne.Draggable.
func (t *cardTitle) DragEnd() {}
