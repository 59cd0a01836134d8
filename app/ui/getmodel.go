package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/fetch"
	"pentimento/app/words"
)

// getWidth is the sheet's, as far as the window has it.
const getWidth = 640

// showGetModel offers what can be downloaded: the catalogue, any address, and what is coming in.
func (w *window) showGetModel() {
	if w.ed.Downloads == nil {
		return
	}
	coming := newDownloadList(w)
	w.panels = append(w.panels, coming)
	rows := container.NewVBox(coming.content)
	for i, e := range fetch.Catalogue {
		if i > 0 {
			rows.Add(separator())
		}
		rows.Add(w.catalogueRow(e))
	}
	size := w.win.Canvas().Size()
	room := fyne.NewSize(min(getWidth, size.Width-60), min(440, size.Height-300))
	intro := small(words.T("The built-in Starter is a toy to try the tools with. These paint real pictures, on this machine; each is downloaded once, when you ask for it, and nothing is sent."))
	address, row := w.addressRow()
	body := container.NewBorder(container.NewVBox(spacer(room.Width), intro, row), w.getFoot(), nil, nil, container.NewStack(sized(room), container.NewVScroll(container.New(&inset{right: scrollRoom + 4}, rows))))
	w.showSheetOver(dialog.NewCustom(words.T("Get a model"), words.T("Close"), body, w.win), nil, func() {
		for i, p := range w.panels {
			if p == panel(coming) {
				w.panels = append(w.panels[:i:i], w.panels[i+1:]...)
				break
			}
		}
	})
	w.win.Canvas().Focus(address)
}

// catalogueRow is a model with what it is good for, its size and its licence.
func (w *window) catalogueRow(e fetch.Entry) fyne.CanvasObject {
	get := newHintButton(w, icon("download"), words.T("Asks you first, with the licence and where it comes from"), func() { w.askDownload(e.ID) })
	get.SetText(words.T("Get"))
	about := small(words.Label(e.Help) + ".\n" + fetch.Bytes(e.Bytes()) + " · " + e.Licence)
	return container.NewBorder(nil, nil, nil, container.NewCenter(get), container.New(&tightText{}, widget.NewLabelWithStyle(e.Title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), about))
}

// addressRow takes whatever a person has copied.
func (w *window) addressRow() (address *field, row fyne.CanvasObject) {
	address = newField()
	address.own = true
	address.SetPlaceHolder(words.T("https://…, a page of Civitai or Hugging Face, civitai:NUMBER, hf:OWNER/NAME/FILE"))
	go_ := func() {
		if address.Text != "" {
			w.askDownload(address.Text)
		}
	}
	address.OnSubmitted = func(string) { go_() }
	get := newHintButton(w, icon("download"), words.T("Asks you first, with the licence and where it comes from"), go_)
	get.SetText(words.T("Get"))
	return address, container.NewBorder(nil, nil, nil, get, address)
}

// getFoot is where downloads go, the switch, and the sites' tokens.
func (w *window) getFoot() fyne.CanvasObject {
	into := small("")
	show := func() { into.SetText(words.T("Downloads go to %s", cut(w.ed.Downloads.Folder(), 60))) }
	show()
	change := newHintButton(w, icon("open"), words.T("Choose another folder"), func() {
		w.AskFolder(words.T("Folder for downloads"), func(path string) { w.ed.Downloads.SetFolder(path); show() })
	})
	tokens := newHintButton(w, icon("lock"), words.T("For files that need a login at Civitai or Hugging Face"), w.showTokens)
	tokens.SetText(words.T("Tokens…"))
	return container.NewBorder(nil, nil, nil, container.NewHBox(change, tokens), container.NewVBox(layout.NewSpacer(), into, layout.NewSpacer()))
}

// askDownload says what would be fetched from where, and fetches it when that is wanted.
func (w *window) askDownload(what string) {
	q, err := w.ed.Downloads.Question(what)
	if err != nil {
		w.Fail(err)
		return
	}
	body := container.NewVBox(spacer(460))
	for _, line := range q.Lines {
		body.Add(wrapped(line))
	}
	d := dialog.NewCustomWithoutButtons(q.Title, body, w.win)
	start := func() { d.Hide(); w.ed.Downloads.Start(q.Want) }
	yes := widget.NewButton(words.T("Download"), start)
	yes.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), yes})
	w.showSheetOver(d, start, nil)
}

// showTokens says where each site's token is, and takes a new one into the key ring.
func (w *window) showTokens() {
	body := container.NewVBox(spacer(480), wrapped(words.T("Some files come only to those who are logged in. A token that you make in your account at the site stands for you; it is kept in this system's key ring and sent to that site alone.")))
	for _, s := range w.ed.Downloads.Services() {
		field, where := newField(), small(words.T("Looks into the key ring…"))
		field.Password = true
		field.SetPlaceHolder(words.T("paste a token"))
		seen := func(at string) {
			switch at {
			case "environment":
				where.SetText(words.T("Its token comes from %s in the environment", s.Env))
			case "key ring":
				where.SetText(words.T("Its token is in the key ring"))
			default:
				where.SetText(words.T("No token is kept"))
			}
		}
		keep := func(token string) {
			w.ed.Downloads.KeepToken(s, token, func(err error) {
				if field.SetText(""); err != nil {
					w.Fail(err)
					return
				}
				w.ed.Downloads.TokenAt(s, seen)
			})
		}
		w.ed.Downloads.TokenAt(s, seen)
		save := newHintButton(w, icon("save"), words.T("Keep it in the key ring"), func() { keep(field.Text) })
		forget := newHintButton(w, icon("discard"), words.T("Take it out of the key ring"), func() { keep("") })
		body.Add(container.NewBorder(nil, nil, container.NewStack(spacer(110), widget.NewLabel(s.Title)), container.NewHBox(save, forget), field))
		body.Add(where)
	}
	w.showSheetOver(dialog.NewCustom(words.T("Tokens"), words.T("Close"), body, w.win), nil, nil)
}
