package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/prompting"
	"pentimento/app/words"
)

// newIdeasButton opens the menu Ideas beside the prompt. What it does to the prompt leaves the keys
// there, so that Ctrl+Z takes it back.
func newIdeasButton(w *window) *hintButton {
	var b *hintButton
	b = newHintButton(w, icon("idea"), words.T("Ideas for the prompt: a surprise, more words, wildcards, a description"), func() {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b).AddXY(0, b.Size().Height)
		showMenu(w, ideasMenu(w), at)
	})
	return b
}

func ideasMenu(w *window) *fyne.Menu {
	var items []*fyne.MenuItem
	for i := range editor.Actions {
		a := &editor.Actions[i]
		if !strings.HasPrefix(a.ID, "idea.") {
			continue
		}
		item := fyne.NewMenuItem(words.T(a.Name), func() {
			sheets := len(w.modals)
			if a.Run(w.ed); len(w.modals) == sheets {
				w.showPrompt()
			}
		})
		item.Disabled, item.Icon = !a.Can(w.ed), icon(a.Icon)
		items = append(items, item)
	}
	return fyne.NewMenu("", items...)
}

// showWildcards shows some forms of the prompt; a tap puts one in its place.
func (w *window) showWildcards() {
	w.ed.Prompting.Try(func(f prompting.Forms) { w.showForms(f) })
}

func (w *window) showForms(f prompting.Forms) {
	list, head := container.NewVBox(), wrapped("")
	var d *dialog.CustomDialog
	show := func(f prompting.Forms) {
		list.RemoveAll()
		for _, text := range f.Some {
			row := newTapText(text, func() {
				d.Hide()
				w.ed.Prompting.Replace(text)
				w.showPrompt()
			})
			list.Add(row)
			list.Add(widget.NewSeparator())
		}
		head.SetText(words.T("Each picture gets a form of its own, drawn by its seed. Some of them; a click puts one in place of the prompt:"))
		if f.All {
			head.SetText(words.N(len(f.Some), "The prompt has %d form. A click puts it in place of the prompt:", "The prompt has %d forms. A click puts one in place of the prompt:"))
		}
		list.Refresh()
	}
	show(f)
	head.Importance = widget.LowImportance
	size := w.win.Canvas().Size()
	room := fyne.NewSize(min(620, size.Width-80), min(420, size.Height-200))
	body := container.NewBorder(head, nil, nil, nil, container.NewVScroll(list))
	d = dialog.NewCustomWithoutButtons(words.T("What the wildcards become"), container.NewStack(sized(room), body), w.win)
	others := widget.NewButtonWithIcon(words.T("Others"), icon("dice"), func() { w.ed.Prompting.Try(show) })
	if f.All {
		others.Disable()
	}
	d.SetButtons([]fyne.CanvasObject{others, widget.NewButton(words.T("Close"), d.Hide)})
	w.showSheetOver(d, nil, nil)
}

// showDescribe says by which network pictures are put into words, or what kind of file is wanted.
func (w *window) showDescribe() {
	text := wrapped("")
	var d *dialog.CustomDialog
	run := widget.NewButtonWithIcon(words.T("Describe"), icon("picker"), func() { d.Hide(); w.ed.DescribePicture() })
	run.Importance = widget.HighImportance
	show := func() {
		if file := w.ed.Settings.Describer; file != "" {
			text.SetText(words.T("What is in the frame is put into words by %s, in place of the prompt. The old words can be brought back.", shortPath(file)))
		} else {
			text.SetText(words.T("This takes an ONNX file of yours, and none is chosen yet. Wanted is one of these: a WD14 or WD v3 tagger, whose model.onnx lies beside its selected_tags.csv; CLIP, whose vision_model.onnx lies beside its text_model.onnx; or BLIP, whose image encoder lies beside its decoder and vocab.txt."))
		}
		enable(run, w.ed.Settings.Describer != "")
	}
	show()
	choose := widget.NewButtonWithIcon(words.T("Choose a network…"), icon("open"), func() {
		w.AskOpen(words.T("Choose a file of a model"), func(path string) { w.ed.ChooseDescriber(path); show() })
	})
	d = dialog.NewCustomWithoutButtons(words.T("Describe this picture"), container.NewStack(sized(fyne.NewSize(460, 130)), text), w.win)
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(words.T("Cancel"), d.Hide), choose, run})
	w.showSheetOver(d, func() {
		if !run.Disabled() {
			run.OnTapped()
		}
	}, nil)
}

// tapText is a wrapped text that is chosen by a tap.
type tapText struct {
	widget.Label
	tap func()
}

func newTapText(text string, tap func()) *tapText {
	t := &tapText{tap: tap}
	t.Text, t.Wrapping = text, fyne.TextWrapWord
	t.ExtendBaseWidget(t)
	return t
}

// Tapped implements fyne.Tappable.
func (t *tapText) Tapped(*fyne.PointEvent) { t.tap() }
