package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"

	"pentimento/app/collection"
	"pentimento/app/fetch"
	"pentimento/app/words"
)

// lookedUp is what Civitai knows of the chosen item, as far as it was asked.
type lookedUp struct {
	sum    string
	known  fetch.Known
	asked  bool // there is an answer
	asking bool
}

// state is a word for what is shown of it.
func (l *lookedUp) state() string { return fmt.Sprint(l.sum, l.known.Asked, l.asked, l.asking) }

// follow reads what was found earlier of the file of that SHA-256, once.
func (l *lookedUp) follow(w *window, sum string) {
	if w.ed.Downloads == nil || l.sum == sum {
		return
	}
	*l = lookedUp{sum: sum}
	l.known, l.asked = w.ed.Downloads.KnownOf(sum)
}

// lookup shows what Civitai knows of the item, with a button that asks it.
func (d *modelDetail) lookup(item *collection.Item) {
	l := &d.civitai
	if d.s.w.ed.Downloads == nil || l.sum == "" || item.Gone {
		return
	}
	if l.asked && !l.known.Unknown {
		k := l.known
		d.line(d.s.w.ed.Downloads.Services()[0].Title, strings.TrimSpace(k.Name+" "+k.Edition))
		d.line(words.T("Made from"), k.Base)
		d.line(words.T("Licence"), k.Licence.String())
		for _, word := range k.Words[:min(len(k.Words), 8)] {
			b := newHintButton(d.s.w, icon("more"), words.T("Put into the prompt"), func() { d.s.w.ed.Models.Library.AddWords(word) })
			d.add(container.NewBorder(nil, nil, nil, container.NewVBox(b), wrapped(word)))
		}
		d.line(words.T("Page"), k.Page)
		return
	}
	if l.asked {
		d.line(d.s.w.ed.Downloads.Services()[0].Title, words.T("knew no such file on %s", l.known.Asked.Local().Format(time.DateOnly)))
	}
	ask := newHintButton(d.s.w, icon("download"), words.T("Sends the file's hash to civitai.com, and nothing else"), d.askCivitai)
	ask.SetText(words.T("Ask Civitai what it is"))
	ask.enable(!l.asking)
	d.add(ask)
}

// askCivitai looks the chosen file up; while the Internet is switched off it says so first.
func (d *modelDetail) askCivitai() {
	downloads := d.s.w.ed.Downloads
	if !downloads.Online() {
		text := wrapped(words.T("This sends the file's hash to civitai.com, and nothing else; the answer is kept. So far the Internet is switched off here: this turns on “Downloads and look-ups”, which the settings turn off again."))
		c := dialog.NewCustomConfirm(words.T("Ask Civitai?"), words.T("Ask"), words.T("Cancel"), container.NewStack(spacer(420), text), func(ok bool) {
			if ok {
				downloads.SetOnline(true)
				d.askCivitai()
			}
		}, d.s.w.win)
		d.s.w.showSheetOver(c, c.Confirm, nil)
		return
	}
	sum := d.civitai.sum
	d.civitai.asking = true
	d.show()
	downloads.LookUp(sum, true, func(k fetch.Known, err error) {
		if d.civitai.sum != sum {
			return
		}
		if d.civitai.asking = false; err != nil {
			d.s.w.Fail(err)
		} else {
			d.civitai.known, d.civitai.asked = k, true
		}
		d.show()
	})
}
