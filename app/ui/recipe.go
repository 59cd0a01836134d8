package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/provenance"
	"pentimento/app/words"
)

// A sheet shows at most this much of what a file says: laying out megabytes of text would
// hold the window. The whole text is in `pentimento info --json`.
const (
	maxShownText   = 6000 // characters of one text
	maxShownEmbeds = 20000
	maxShownRows   = 150
)

// showRecipe is the recipe panel: what a picture says of its making, and what of it to use.
// Using a recipe and placing its picture are two buttons, because they are two things.
func (w *window) showRecipe() {
	c := w.ed.Provenance.Card()
	if c == nil {
		return
	}
	var rows []fyne.CanvasObject
	add := func(name, value string, importance widget.Importance) {
		if strings.TrimSpace(value) == "" {
			return
		}
		label := widget.NewLabel(name)
		label.Importance = widget.LowImportance
		text := wrapped(shortened(value, maxShownText))
		text.Importance, text.Selectable = importance, true
		rows = append(rows, label, text)
	}
	for _, s := range c.Remarks {
		add(words.T("Missing here"), s, widget.WarningImportance)
	}
	add(words.T("Made with"), c.Dialect, widget.MediumImportance)
	add(words.T("Prompt"), c.Prompt, widget.MediumImportance)
	add(words.T("Negative"), c.Negative, widget.MediumImportance)
	for i, p := range c.Params {
		if i == maxShownRows {
			add("…", words.T("and %d more", len(c.Params)-i), widget.LowImportance)
			break
		}
		add(p.Key, p.Value, widget.MediumImportance)
	}
	for i, s := range c.Fills[:min(len(c.Fills), maxShownRows)] {
		add(words.T("Fill %d", i+1), s, widget.MediumImportance)
	}
	for _, s := range c.Unread[:min(len(c.Unread), maxShownRows)] {
		add(words.T("Not understood"), s, widget.MediumImportance)
	}
	for _, s := range c.Notes[:min(len(c.Notes), maxShownRows)] {
		add(words.T("Note"), s, widget.LowImportance)
	}
	size := w.win.Canvas().Size()
	room := fyne.NewSize(min(640, size.Width-80), min(440, size.Height-220))
	body := container.NewStack(sized(room), container.NewVScroll(container.New(&pairs{first: 132}, rows...)))
	d := dialog.NewCustomWithoutButtons(words.T("Recipe of %s", shortened(c.Title, 60)), body, w.win)
	button := func(id, text string) *widget.Button {
		a := editor.Find(id)
		b := widget.NewButtonWithIcon(text, icon(a.Icon), func() { d.Hide(); w.ed.Do(id) })
		if !a.Can(w.ed) {
			b.Disable()
		}
		return b
	}
	all := button("recipe.useall", words.T("Use all"))
	all.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Close"), d.Hide), button("recipe.reference", words.T("Reference")), button("recipe.place", words.T("Place on canvas")),
		button("recipe.useseed", words.T("Use seed")), button("recipe.useprompt", words.T("Use prompt")), all})
	w.showSheetOver(d, func() { d.Hide(); w.ed.Do("recipe.useall") }, nil)
}

// shortened cuts a text for show and says so.
func shortened(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + words.T("… (%d characters in all)", len(r))
	}
	return s
}

// showMade lets one of several fills be chosen.
func (w *window) showMade() {
	var lines []command
	for i, s := range w.ed.Provenance.Made() {
		head, rest, _ := strings.Cut(s, ", ")
		lines = append(lines, command{name: head, detail: rest, run: func() { w.ed.Provenance.ShowMade(i) }})
	}
	w.showPalette(lines, words.T("How this place was made, latest first"))
}

// showEmbeds shows exactly what an export carries, and the switch for it.
func (w *window) showEmbeds() {
	w.ed.Provenance.Embeds(func(texts []provenance.Embedded) {
		list := container.NewVBox()
		show := func() {
			list.RemoveAll()
			switch {
			case !w.ed.Settings.Metadata:
				list.Add(wrapped(words.T("Nothing: the switch above is off, so the file will contain pixels and what they mean (colours, size in print) only.")))
			case len(texts) == 0:
				list.Add(wrapped(words.T("Nothing: this picture shows no fills, and its file said nothing of itself.")))
			default:
				for _, t := range texts {
					list.Add(head(t.Key))
					text := widget.NewLabel(shortened(t.Text, maxShownEmbeds))
					text.Wrapping, text.Selectable = fyne.TextWrapBreak, true // JSON has no spaces to break at
					list.Add(text)
				}
			}
			list.Refresh()
		}
		on := newTick(words.T("Write into exports how the picture was made, and what its file said"), func(bool) { w.ed.Do("file.metadata"); show() })
		on.Checked = w.ed.Settings.Metadata
		show()
		size := w.win.Canvas().Size()
		room := fyne.NewSize(min(680, size.Width-80), min(440, size.Height-240))
		note := wrapped(words.T("What the opened file said is kept as it was. Of fills there are no folder names and nothing about you; those that are painted over, erased or hidden are left out."))
		note.Importance = widget.LowImportance
		body := container.NewBorder(container.NewVBox(on, note, separator()), nil, nil, nil, container.NewVScroll(list))
		d := dialog.NewCustomWithoutButtons(words.T("What an export contains"), container.NewStack(sized(room), body), w.win)
		export := widget.NewButtonWithIcon(words.T("Export…"), icon("export"), func() { d.Hide(); w.ed.Do("file.export") })
		export.Importance = widget.HighImportance
		all := widget.NewButtonWithIcon(words.T("Copy"), icon("layercopy"), func() {
			var b strings.Builder
			for _, t := range texts {
				b.WriteString(t.Key + "\n" + t.Text + "\n\n")
			}
			w.app.Clipboard().SetContent(b.String())
		})
		d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Close"), d.Hide), all, export})
		w.showSheetOver(d, func() { d.Hide(); w.ed.Do("file.export") }, nil)
	})
}

// ClipboardText is the clipboard's text.
func (w *window) ClipboardText() string { return w.app.Clipboard().Content() }

// pairs lays names and texts out in two columns, each row as high as its text needs.
type pairs struct{ first float32 }

// Layout implements fyne.Layout.
func (p *pairs) Layout(cells []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for i := 0; i+1 < len(cells); i += 2 {
		name, text := cells[i], cells[i+1]
		text.Resize(fyne.NewSize(size.Width-p.first, text.MinSize().Height)) // a wrapped text knows its height by its width
		high := max(name.MinSize().Height, text.MinSize().Height)
		name.Move(fyne.NewPos(0, y))
		name.Resize(fyne.NewSize(p.first, high))
		text.Move(fyne.NewPos(p.first, y))
		text.Resize(fyne.NewSize(size.Width-p.first, high))
		y += high
	}
}

// MinSize implements fyne.Layout.
func (p *pairs) MinSize(cells []fyne.CanvasObject) fyne.Size {
	y := float32(0)
	for i := 0; i+1 < len(cells); i += 2 {
		y += max(cells[i].MinSize().Height, cells[i+1].MinSize().Height)
	}
	return fyne.NewSize(p.first+160, y)
}
