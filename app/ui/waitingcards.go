package ui

import (
	"fmt"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fills"
	"pentimento/app/words"
)

// waitingCards are the guides of a recipe that wait for their pictures, which are dropped on them.
type waitingCards struct {
	w       *window
	content *fyne.Container
	shown   []fills.Waiting
}

func newWaitingCards(w *window) *waitingCards {
	return &waitingCards{w: w, content: container.NewVBox()}
}

// update shows those that there are.
func (p *waitingCards) update() {
	now := p.w.ed.Fills.Waiting()
	if slices.Equal(now, p.shown) {
		return
	}
	p.shown = now
	p.content.RemoveAll()
	for _, one := range now {
		p.content.Add(p.card(one))
	}
	showIf(p.content, len(now) > 0)
}

func (p *waitingCards) card(one fills.Waiting) fyne.CanvasObject {
	title := widget.NewLabelWithStyle(one.Name, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	title.Truncation = fyne.TextTruncateEllipsis
	drop := words.T("Drop the picture here")
	if one.Made != "" {
		drop = words.T("Drop its map here: this window doesn't make %s", one.Made)
	}
	choose := newHintButton(p.w, icon("open"), words.T("Choose the picture that %s is made of", one.Name), func() {
		p.w.AskOpen(words.T("Choose a picture"), func(path string) { p.w.ed.GiveFile(path, one.Number) })
	})
	remove := newHintButton(p.w, icon("discard"), words.T("Do without %s", one.Name), func() { p.w.ed.Fills.Forgo(one.Number) })
	frame := fynecanvas.NewRectangle(noFill)
	frame.StrokeColor, frame.StrokeWidth, frame.CornerRadius = accent, 1, 4
	rows := container.NewVBox(container.NewBorder(nil, nil, nil, container.NewHBox(choose, remove), title), small(waitingText(one)), wrapped(drop))
	return container.NewStack(frame, rows)
}

// waitingText is how it would be followed.
func waitingText(one fills.Waiting) string {
	text := one.Way().Label
	switch {
	case one.File != "":
		text += "\n" + words.T("%s isn't in the library: choose a file once the picture is here", one.File)
	case one.Model != "":
		text += "\n" + filepath.Base(one.Model)
	}
	return text + "\n" + words.T("Weight %s, from %s to %s %%", fmt.Sprintf("%.4g", one.Weight), fmt.Sprintf("%.0f", 100*one.Start), fmt.Sprintf("%.0f", 100*one.End))
}

// at is the number of what waits at a place of the window; ok is false where nothing does.
func (p *waitingCards) at(pos fyne.Position) (number int, ok bool) {
	driver := fyne.CurrentApp().Driver()
	for i, o := range p.content.Objects {
		at, size := driver.AbsolutePositionForObject(o), o.Size()
		if p.content.Visible() && pos.X >= at.X && pos.Y >= at.Y && pos.X < at.X+size.Width && pos.Y < at.Y+size.Height {
			return p.shown[i].Number, true
		}
	}
	return 0, false
}
