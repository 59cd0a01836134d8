package ui

import (
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/fault"
)

// adapterRow is one adapter of the list: an eye, its name and kind, its strengths, and folded
// below them its block weights and the steps in which it acts.
type adapterRow struct {
	w       *window
	i       int // in the list
	file    string
	content *fyne.Container

	eye, link, fold, wake *hintButton
	name, kind            *widget.Label
	weight, text          *numberSlider
	details               *fyne.Container
	blocks, elements      *field
	start, stop           *field
	trouble               *widget.Label
	speed                 *speedLine

	now     settings.Adapter // as it is shown
	loose   bool             // the text encoders have a strength of their own
	checked string           // what trouble is about
}

// maxStrength is the sliders' end on both sides; more can be typed.
const maxStrength = 2

func newAdapterRow(w *window, file string) *adapterRow {
	r := &adapterRow{w: w, file: file}
	change := func(set func(*settings.Adapter)) { w.ed.Models.ChangeAdapter(r.i, set) }
	name := filepath.Base(file)
	r.name = widget.NewLabelWithStyle(strings.TrimSuffix(name, filepath.Ext(name)), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	r.name.Truncation = fyne.TextTruncateEllipsis
	r.kind = small("")
	r.kind.Wrapping = fyne.TextWrapOff
	r.eye = newHintButton(w, icon("eye"), words.T("Switch %s off, or on again; it stays in the list", name), func() { change(func(a *settings.Adapter) { a.Off = !a.Off }) })
	r.fold = newHintButton(w, icon("next"), words.T("Block weights and steps of %s", name), func() { r.unfold(!r.details.Visible()) })
	remove := newHintButton(w, icon("discard"), words.T("Remove %s", name), func() { w.ed.Models.RemoveAdapter(r.i) })
	r.weight = newNumberSlider(words.T("Strength"), -maxStrength, maxStrength, 0.05, "", func(v float64) {
		change(func(a *settings.Adapter) {
			if a.Weight = v; !r.loose {
				a.TextWeight = v
			}
		})
	}).column()
	r.text = newNumberSlider(words.T("On the text"), -maxStrength, maxStrength, 0.05, "", func(v float64) { change(func(a *settings.Adapter) { a.TextWeight = v }) }).column()
	r.link = newHintButton(w, icon("lock"), words.T("The text encoder has the same strength, or one of its own"), func() {
		if r.loose = !r.loose; !r.loose {
			change(func(a *settings.Adapter) { a.TextWeight = a.Weight })
		}
		r.showLink()
	})
	r.wake = newHintButton(w, icon("text"), words.T("Put a trigger word into the prompt"), r.offerWords)
	r.wake.Alignment = widget.ButtonAlignLeading
	r.speed = newSpeedLine(w)
	r.content = container.NewVBox(
		container.NewBorder(nil, nil, r.eye, container.NewHBox(r.kind, r.fold, remove), r.name),
		container.NewBorder(nil, nil, nil, r.link, r.weight.content), r.text.content, r.speed.content, r.wake, r.folded(change))
	return r
}

// folded makes the part below the strengths.
func (r *adapterRow) folded(change func(func(*settings.Adapter))) fyne.CanvasObject {
	text := func(placeholder string, set func(a *settings.Adapter, text string)) *field {
		f := newField()
		f.SetPlaceHolder(placeholder)
		f.left = func() {
			now := r.now
			if set(&now, strings.TrimSpace(f.Text)); now != r.now {
				change(func(a *settings.Adapter) { set(a, strings.TrimSpace(f.Text)) })
			} else {
				r.show(r.now)
			}
		}
		return f
	}
	number := func(of func(a *settings.Adapter) *float64, placeholder string) *field {
		return text(placeholder, func(a *settings.Adapter, text string) {
			v, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
			if text == "" {
				v, err = 0, nil
			}
			if err == nil && v >= 0 && v < 1e6 { // what is no step changes nothing
				*of(a) = v
			}
		})
	}
	choose := func(f *field, list func() []string) *hintButton {
		var b *hintButton
		b = newHintButton(r.w, icon("down"), words.T("Choose a list by its name"), func() {
			pick := func(name string) func() { return func() { f.SetText(name); f.left() } }
			items := []*fyne.MenuItem{fyne.NewMenuItem(words.T("None"), pick(""))}
			for _, name := range list() {
				items = append(items, fyne.NewMenuItem(name, pick(name)))
			}
			r.w.menuBelow(b, items)
		})
		return b
	}
	r.blocks = text(words.T("all alike"), func(a *settings.Adapter, text string) { a.Blocks = text })
	r.elements = text(words.T("none"), func(a *settings.Adapter, text string) { a.Elements = text })
	r.start = number(func(a *settings.Adapter) *float64 { return &a.Start }, words.T("first"))
	r.stop = number(func(a *settings.Adapter) *float64 { return &a.Stop }, words.T("last"))
	r.trouble = small("")
	r.trouble.Importance = widget.DangerImportance
	r.trouble.Hide()
	row := func(title, hint string, control fyne.CanvasObject, behind ...fyne.CanvasObject) fyne.CanvasObject {
		return newExplained(r.w, title+" — "+hint, labelled(title, control, behind...))
	}
	r.details = container.NewVBox(
		row(words.T("Blocks"), words.T("how much each block of the model takes of it: numbers with commas between them, or the name of a list"), r.blocks,
			choose(r.blocks, func() []string { all, _ := r.w.ed.Models.BlockLists(); return all })),
		row(words.T("Elements"), words.T("rules for single layers as BLOCKS:ELEMENTS:RATIO, or the name of some"), r.elements,
			choose(r.elements, func() []string { _, all := r.w.ed.Models.BlockLists(); return all })),
		r.trouble,
		row(words.T("Steps"), words.T("it acts from one step to another; below 1 they are parts of all steps"), container.NewGridWithColumns(2, r.start, r.stop)))
	r.details.Hide()
	return r.details
}

// unfold shows or hides the part below.
func (r *adapterRow) unfold(on bool) {
	r.fold.SetIcon(icon(map[bool]string{true: "down", false: "next"}[on]))
	showIf(r.details, on)
	r.w.fitColumn()
}

// show brings the row up to date. A field that is being typed in is left alone.
func (r *adapterRow) show(a settings.Adapter) {
	first := r.now.File == ""
	r.now = a
	r.weight.set(a.Weight)
	r.text.set(a.TextWeight)
	r.loose = r.loose || a.Weight != a.TextWeight
	r.showLink()
	ink, name := widget.MediumImportance, "eye"
	if a.Off {
		ink, name = widget.LowImportance, "eyeoff"
	}
	if res := icon(name); r.eye.Icon != res {
		r.eye.SetIcon(res)
	}
	if r.name.Importance != ink {
		r.name.Importance = ink
		r.name.Refresh()
	}
	set := func(f *field, text string) {
		if f.Text != text && r.w.win.Canvas().Focused() != fyne.Focusable(f) {
			f.SetText(text)
		}
	}
	set(r.blocks, a.Blocks)
	set(r.elements, a.Elements)
	set(r.start, stepText(a.Start))
	set(r.stop, stepText(a.Stop))
	r.showCard()
	r.showSpeed()
	r.check()
	if first && (a.Blocks != "" || a.Elements != "" || a.Start != 0 || a.Stop != 0) {
		r.unfold(true)
	}
}

func stepText(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// showCard says what the file is and what wakes it.
func (r *adapterRow) showCard() {
	card := r.w.ed.Models.AdapterCard(r.file)
	kind := card.Kind
	if card.Problem != "" {
		kind = words.T("broken")
	}
	if r.kind.Text != kind {
		r.kind.SetText(kind)
	}
	if text := cut(words.T("Words: %s", strings.Join(card.Words, ", ")), 34); r.wake.Text != text {
		r.wake.SetText(text)
	}
	showIf(r.wake, len(card.Words) > 0)
}

// showSpeed offers the numbers of a LoRA for few steps.
func (r *adapterRow) showSpeed() {
	d, ok := r.w.ed.Models.DistilledFile(r.file)
	d.Name = "" // it stands above
	before := r.speed.content.MinSize().Height
	if r.speed.show(d, ok && !r.now.Off && r.now.Weight != 0); r.speed.content.MinSize().Height != before {
		r.w.fitColumn()
	}
}

func (r *adapterRow) showLink() {
	if res := icon(map[bool]string{true: "unlock", false: "lock"}[r.loose]); r.link.Icon != res {
		r.link.SetIcon(res)
	}
	if r.text.content.Visible() != r.loose {
		showIf(r.text.content, r.loose)
		r.w.fitColumn()
	}
}

// check says what is wrong with block weights as soon as they are there; of the same ones on the
// same model it asks once.
func (r *adapterRow) check() {
	model, _ := r.w.ed.Models.Chosen()
	about := strings.Join([]string{model, r.now.Blocks, r.now.Elements}, "\n")
	if about == r.checked {
		return
	}
	r.checked = about
	text := ""
	if err := r.w.ed.Models.CheckBlocks(r.now); err != nil {
		text = fault.Plain(err) // the way out stands under Fill
		r.unfold(true)
	}
	r.trouble.SetText(text)
	showIf(r.trouble, text != "")
	r.w.fitColumn()
}

// offerWords puts the adapter's trigger words into the prompt: its only ones, or those chosen.
func (r *adapterRow) offerWords() {
	all := r.w.ed.Models.AdapterCard(r.file).Words
	if len(all) == 1 {
		r.w.ed.Models.Library.AddWords(all[0])
		return
	}
	var items []*fyne.MenuItem
	for _, text := range all {
		items = append(items, fyne.NewMenuItem(cut(text, 60), func() { r.w.ed.Models.Library.AddWords(text) }))
	}
	r.w.menuBelow(r.wake, items)
}
