package ui

import (
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/keeping"
	"pentimento/app/words"
	"pentimento/fault"
)

// The dialog that brings canvases back: one card each, with what the picture looked like,
// when it was changed last and where it is from.

// thumbWidth and thumbHeight are the room of a thumbnail in Fyne units.
const thumbWidth, thumbHeight = 150, 96

const recoveryWidth = 620

// showRecovery lists what was found. It is shown at the start where something has crashed.
func (w *window) showRecovery() {
	cards := container.NewVBox()
	scroll := container.NewVScroll(cards)
	body := container.NewStack(spacer(recoveryWidth), scroll)
	var d *dialog.CustomDialog
	var list func()
	list = func() {
		cards.RemoveAll()
		var why keeping.Kept
		for i, f := range w.ed.Keeping.Found() {
			if i == 0 || f.Why != why {
				why = f.Why
				head := widget.NewLabelWithStyle(words.T(keptTitles[why]), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
				all := widget.NewButton(words.T("Recover all"), func() { d.Hide(); w.ed.Keeping.RecoverCrashed() })
				showIf(all, why == keeping.Crashed && crashed(w.ed.Keeping.Found()) > 1)
				cards.Add(container.NewBorder(nil, nil, nil, all, head))
			}
			cards.Add(w.recoveryCard(f, func() { d.Hide() }, list))
			cards.Add(separator())
		}
		if len(w.ed.Keeping.Found()) == 0 && d != nil {
			d.Hide()
		}
	}
	list()
	scroll.SetMinSize(fyne.NewSize(recoveryWidth, min(cards.MinSize().Height+8, 420)))
	d = dialog.NewCustom(words.T("Recover a canvas"), words.T("Later"), body, w.win)
	w.showSheetOver(d, func() { // Enter takes all that crashed, else the first
		d.Hide()
		if all := w.ed.Keeping.Found(); crashed(all) > 0 {
			w.ed.Keeping.RecoverCrashed()
		} else if len(all) > 0 && all[0].Err == nil {
			w.ed.Keeping.Recover(all[0])
		}
	}, nil)
}

// crashed is how many canvases of crashed sessions there are.
func crashed(all []keeping.Found) (n int) {
	for _, f := range all {
		if f.Why == keeping.Crashed && f.Err == nil {
			n++
		}
	}
	return n
}

var keptTitles = map[keeping.Kept]string{
	keeping.Crashed:   "From a session that crashed or was ended",
	keeping.Closed:    "Closed",
	keeping.Discarded: "In the trash",
}

// recoveryCard is one canvas; taken closes the dialog, gone lists again.
func (w *window) recoveryCard(f keeping.Found, taken, gone func()) fyne.CanvasObject {
	pic := sized(fyne.NewSize(thumbWidth, thumbHeight))
	if f.Thumbnail != nil {
		img := fynecanvas.NewImageFromImage(f.Thumbnail)
		img.FillMode = fynecanvas.ImageFillContain
		pic = container.NewStack(pic, img)
	} else {
		none := widget.NewLabelWithStyle(words.T("nothing visible"), fyne.TextAlignCenter, fyne.TextStyle{Italic: true})
		none.Importance = widget.LowImportance
		pic = container.NewStack(pic, container.NewCenter(none))
	}
	title := widget.NewLabelWithStyle(words.Label(f.Title), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	title.Truncation = fyne.TextTruncateEllipsis
	detail := widget.NewLabel(recoveryDetail(f, time.Now()))
	detail.Wrapping = fyne.TextWrapWord
	recover := widget.NewButton(words.T("Recover"), func() { taken(); w.ed.Keeping.Recover(f) })
	recover.Importance = widget.HighImportance
	buttons := container.NewHBox(recover)
	if f.Err != nil {
		recover.Disable()
	}
	if f.Why != keeping.Discarded {
		buttons.Add(widget.NewButton(words.T("Discard…"), func() { w.askDiscard(f, gone) }))
	}
	return container.NewBorder(nil, nil, container.NewPadded(pic), nil, container.NewVBox(title, detail, buttons))
}

// recoveryDetail says when, how much and where from.
func recoveryDetail(f keeping.Found, now time.Time) string {
	if f.Err != nil {
		text := sentence(f.Err)
		if h := fault.Hint(f.Err); h != "" {
			text += " " + sentence(errors.New(h))
		}
		return text
	}
	text := fmt.Sprintf("%s (%s) · %s", ago(now.Sub(f.When)), f.When.Format(words.T("Mon 2 Jan, 15:04")), words.N(f.Steps, "%d step", "%d steps"))
	if f.Candidates > 0 {
		text += " · " + words.N(f.Candidates, "%d candidate", "%d candidates")
	}
	if f.Path != "" {
		return text + "\n" + shortPath(f.Path)
	}
	return text + "\n" + words.T("Not saved as a file")
}

// ago is a time span as a person would say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return words.T("a moment ago")
	case d < 90*time.Minute:
		return words.N(int(d.Minutes()+0.5), "%d minute ago", "%d minutes ago")
	case d < 36*time.Hour:
		return words.N(int(d.Hours()+0.5), "%d hour ago", "%d hours ago")
	}
	return words.N(int(d.Hours()/24+0.5), "%d day ago", "%d days ago")
}

// askDiscard asks before a canvas goes to the trash.
func (w *window) askDiscard(f keeping.Found, gone func()) {
	text := wrapped(words.T("“%s” goes to the trash. You can recover it from there for thirty days.", words.Label(f.Title)))
	d := dialog.NewCustomWithoutButtons(words.T("Discard this canvas?"), container.NewStack(spacer(380), text), w.win)
	keep := widget.NewButton(words.T("Keep"), d.Hide)
	keep.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Discard"), func() { d.Hide(); w.ed.Keeping.Discard(f); gone() }), keep})
	w.showSheetOver(d, d.Hide, nil)
}
