package ui

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/words"
)

// stoppedButton stands in the status bar while jobs are put aside, and opens their sheet.
type stoppedButton struct {
	*hintButton
	n int
}

func newStoppedButton(w *window) *stoppedButton {
	show := editor.Find("jobs.show")
	b := &stoppedButton{hintButton: newHintButton(w, icon(show.Icon), w.hintOf(show), func() { w.ed.Do("jobs.show") })}
	b.Importance = widget.WarningImportance
	b.Hide()
	return b
}

// update shows how many there are; most calls find nothing changed.
func (b *stoppedButton) update() {
	n := len(b.w.ed.Fills.Stopped())
	if n == b.n {
		return
	}
	b.n = n
	if n == 0 {
		b.Hide()
		return
	}
	b.SetText(words.T("%d stopped", n))
	b.Show()
}

// showStopped lists the jobs that were put aside: why, and what can be done about each.
func (w *window) showStopped() {
	all := w.ed.Fills.Stopped()
	if len(all) == 0 {
		return
	}
	rows := container.NewVBox()
	var d *dialog.CustomDialog
	done := func(do func()) func() {
		return func() {
			d.Hide()
			do()
		}
	}
	for i, s := range all {
		if i > 0 {
			rows.Add(separator())
		}
		why := wrapped(sentence(errors.New(strings.TrimPrefix(s.Why, "engine: "))))
		why.Importance = widget.DangerImportance
		rows.Add(head(s.Label))
		rows.Add(why)
		if s.Advice != "" {
			rows.Add(wrapped(s.Advice))
		}
		retry := widget.NewButton(words.T("Retry"), done(func() { w.ed.Fills.Retry(s.ID, "") }))
		retry.Importance = widget.HighImportance
		buttons := container.NewHBox(retry)
		for k, device := range s.Devices {
			buttons.Add(widget.NewButton(words.T("Retry on %s", deviceName(device, s.Labels[k])), done(func() { w.ed.Fills.Retry(s.ID, device) })))
		}
		buttons.Add(widget.NewButton(words.T("Dismiss"), done(func() { w.ed.Fills.Dismiss(s.ID) })))
		rows.Add(buttons)
	}
	body := container.NewStack(sized(fyne.NewSize(520, min(60+150*float32(len(all)), 420))), container.NewVScroll(rows))
	title := words.N(len(all), "A fill was put aside", "%d fills were put aside")
	d = dialog.NewCustom(title, words.T("Close"), body, w.win)
	w.showSheetOver(d, nil, nil)
}

// deviceName is a device as one would say it.
func deviceName(name, label string) string {
	if name == "cpu" {
		return words.T("the CPU")
	}
	return label
}
