package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/settings"
	"pentimento/app/words"
)

// showPrompting opens the sheets round the prompt; any other name opens nothing.
func (w *window) showPrompting(what string) {
	switch what {
	case "styles":
		w.showStyles()
	case "prompts":
		w.showPalette(promptLines(w), words.T("Search earlier prompts"))
	case "presets":
		w.showPresets()
	case "difference":
		w.showDifference()
	}
}

// promptLines are the prompts used before as lines of the palette; every word of them can
// be searched for.
func promptLines(w *window) []command {
	var out []command
	for _, p := range w.ed.Settings.Prompts {
		parts := strings.Fields(p.Prompt)
		head, n := "", 0
		for n < len(parts) && (n == 0 || len(head)+len(parts[n]) < 44) {
			head = strings.TrimSpace(head + " " + parts[n])
			n++
		}
		out = append(out, command{name: head, detail: oneLine(strings.Join(parts[n:], " "), p.Negative), run: func() { w.ed.Prompting.UsePrompt(p) }})
	}
	return out
}

// oneLine writes a pair of texts on one line.
func oneLine(text, negative string) string {
	text = strings.Join(strings.Fields(text), " ")
	if negative != "" {
		text += "   " + words.T("not: %s", strings.Join(strings.Fields(negative), " "))
	}
	return strings.TrimSpace(text)
}

// sheetSize is what the sheets of lists take of the window.
var sheetSize = fyne.NewSize(520, 300)

// showStyles lists the styles: a tick applies one, the buttons change and remove it.
func (w *window) showStyles() {
	list := container.NewVBox()
	var show func()
	show = func() {
		list.RemoveAll()
		for _, s := range w.ed.Settings.Styles {
			on := newTick(s.Name, func(on bool) { w.ed.Prompting.ApplyStyle(s.Name, on) })
			on.Checked = w.ed.Prompting.Applied(s.Name)
			text := widget.NewLabel(oneLine(s.Prompt, s.Negative))
			text.Importance, text.Truncation = widget.LowImportance, fyne.TextTruncateEllipsis
			edit := newHintButton(w, icon("brush"), words.T("Edit this style"), func() { w.editStyle(s.Name, s, show) })
			remove := newHintButton(w, icon("layerremove"), words.T("Delete this style"), func() { w.ed.Prompting.RemoveStyle(s.Name); show() })
			list.Add(container.NewBorder(nil, nil, container.NewStack(spacer(150), on), container.NewHBox(edit, remove), text))
		}
		if len(list.Objects) == 0 {
			none := wrapped(words.T("A style is a reusable piece of a prompt, such as “watercolour on rough paper” or “a photograph of {prompt}, 35 mm”. You have none yet."))
			none.Importance = widget.LowImportance
			list.Add(none)
		}
		list.Refresh()
	}
	show()
	add := widget.NewButtonWithIcon(words.T("New style…"), icon("more"), func() {
		f := w.ed.Settings.Fill
		w.editStyle("", settings.Style{Prompt: f.Prompt, Negative: f.Negative}, show)
	})
	body := container.NewBorder(nil, container.NewHBox(add), nil, nil, container.NewVScroll(list))
	d := dialog.NewCustomWithoutButtons(words.T("Styles"), container.NewStack(sized(sheetSize), body), w.win)
	d.SetButtons(append(w.presetFiles(show), widget.NewButton(words.T("Done"), func() { d.Hide() })))
	w.showSheetOver(d, nil, nil)
}

// presetFiles are the buttons that write presets and styles to a file and add those of one.
func (w *window) presetFiles(show func()) []fyne.CanvasObject {
	return []fyne.CanvasObject{
		widget.NewButton(words.T("Import…"), func() {
			w.AskOpen(words.T("Import presets"), func(path string) {
				if n, err := w.ed.Prompting.ImportPresets(path); !w.ed.Fail(err) {
					w.Say(words.N(n, "%d new preset or style", "%d new presets and styles"))
					show()
				}
			})
		}),
		widget.NewButton(words.T("Export…"), func() {
			w.AskSave("pentimento-presets.json", func(path string) {
				if !w.ed.Fail(w.ed.Prompting.ExportPresets(path)) {
					w.Say(words.T("Presets and styles were written to %s", path))
				}
			})
		}),
	}
}

// editStyle changes the style called old, or makes one when old is "".
func (w *window) editStyle(old string, s settings.Style, saved func()) {
	name, text, negative := newField(), newMultiLineField(), newMultiLineField()
	name.SetText(s.Name)
	text.SetText(s.Prompt)
	negative.SetText(s.Negative)
	text.SetMinRowsVisible(3)
	negative.SetMinRowsVisible(2)
	items := []*widget.FormItem{
		widget.NewFormItem(words.T("Name"), name),
		{Text: words.T("Prompt"), Widget: text, HintText: words.T("{prompt} stands for the typed prompt; without it the style is appended")},
		widget.NewFormItem(words.T("Negative"), negative),
	}
	title := words.T("Edit style")
	if old == "" {
		title = words.T("New style")
	}
	d := dialog.NewForm(title, words.T("Save"), words.T("Cancel"), items, func(ok bool) {
		if !ok {
			return
		}
		if err := w.ed.Prompting.SaveStyle(old, settings.Style{Name: name.Text, Prompt: text.Text, Negative: negative.Text}); err != nil {
			w.Fail(err)
			return
		}
		saved()
	}, w.win)
	d.Resize(fyne.NewSize(500, 330))
	w.showSheetOver(d, d.Submit, nil)
	w.win.Canvas().Focus(name)
}

// showPresets lists the presets: a tap uses one.
func (w *window) showPresets() {
	list := container.NewVBox()
	var d *dialog.CustomDialog
	var show func()
	show = func() {
		list.RemoveAll()
		for _, p := range w.ed.Settings.Presets {
			use := widget.NewButton(p.Name, func() { d.Hide(); w.ed.Prompting.UsePreset(p.Name) })
			use.Alignment, use.Importance = widget.ButtonAlignLeading, widget.LowImportance
			text := widget.NewLabel(presetText(p.Fill))
			if p.Whole {
				text.SetText(oneLine(p.Fill.Prompt, p.Fill.Negative) + " · " + presetText(p.Fill))
			}
			text.Importance, text.Truncation = widget.LowImportance, fyne.TextTruncateEllipsis
			remove := newHintButton(w, icon("layerremove"), words.T("Delete this preset"), func() { w.ed.Prompting.RemovePreset(p.Name); show() })
			list.Add(container.NewBorder(nil, nil, container.NewStack(spacer(150), use), remove, text))
		}
		if len(list.Objects) == 0 {
			none := wrapped(words.T("A preset stores the numbers of the fill panel, and with the tick below prompt, styles, adapters and model, too; never seeds. You have none yet."))
			none.Importance = widget.LowImportance
			list.Add(none)
		}
		list.Refresh()
	}
	show()
	name := newField()
	name.SetPlaceHolder(words.T("Name for the current settings"))
	whole := newTick(words.T("With the prompt, styles, adapters and model"), nil)
	whole.SetChecked(true)
	save := func() {
		if err := w.ed.Prompting.SavePreset(name.Text, whole.Checked); err != nil {
			w.Fail(err)
			return
		}
		w.Say(words.T("The preset “%s” is saved", strings.TrimSpace(name.Text)))
		name.SetText("")
		show()
	}
	name.OnSubmitted = func(text string) { // Enter closes the sheet too
		if strings.TrimSpace(text) != "" {
			save()
		}
	}
	keep := widget.NewButtonWithIcon(words.T("Save"), icon("save"), save)
	body := container.NewBorder(nil, container.NewVBox(container.NewBorder(nil, nil, nil, keep, name), whole), nil, nil, container.NewVScroll(list))
	d = dialog.NewCustomWithoutButtons(words.T("Presets"), container.NewStack(sized(sheetSize), body), w.win)
	d.SetButtons(append(w.presetFiles(show), widget.NewButton(words.T("Done"), func() { d.Hide() })))
	w.showSheetOver(d, nil, nil)
	w.win.Canvas().Focus(name)
}
