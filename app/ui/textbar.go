package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/words"
	"pentimento/canvas/lettering"
)

// textBar is the bar at a text that is being written: its words, and how they are set.
type textBar struct {
	*floating
	words   *field
	family  *widget.Select
	size    *field
	bold    *tick
	italic  *tick
	align   *choice
	open    bool
	asked   bool // for the fonts
	setting bool // values are being shown, not chosen
}

// alignNames are lettering's alignments in order.
var alignNames = []string{"Left", "Centred", "Right"}

func newTextBar(w *window) *textBar {
	b := &textBar{words: newMultiLineField(), size: newField()}
	b.words.Wrapping = fyne.TextWrapOff
	b.words.SetPlaceHolder(words.T("Type the text here"))
	b.words.OnChanged = func(s string) { b.change(func(t *lettering.Text) { t.Words = s }) }
	b.family = widget.NewSelect(nil, func(s string) { b.change(func(t *lettering.Text) { t.Family = s }) })
	b.family.PlaceHolder = words.T("(choose)")
	b.size.left = func() {
		v, err := strconv.ParseFloat(strings.TrimSpace(b.size.Text), 64)
		if err != nil || !(v >= lettering.MinSize && v <= lettering.MaxSize) {
			b.show()
			return
		}
		b.change(func(t *lettering.Text) { t.Size = v })
	}
	b.bold = newTick(words.T("Bold"), func(on bool) { b.change(func(t *lettering.Text) { t.Bold = on }) })
	b.italic = newTick(words.T("Italic"), func(on bool) { b.change(func(t *lettering.Text) { t.Italic = on }) })
	b.align = newChoice(alignNames, nil)
	b.align.OnChanged = func(string) {
		b.change(func(t *lettering.Text) { t.Align = lettering.Align(max(b.align.SelectedIndex(), 0)) })
	}
	button := func(id, text string) *hintButton {
		a := editor.Find(id)
		h := newActionButton(w, a)
		h.SetText(text)
		return h
	}
	keep := button("text.keep", words.T("Done"))
	keep.Importance = widget.HighImportance
	how := container.NewHBox(container.NewStack(spacer(150), b.family), container.NewStack(spacer(52), b.size), widget.NewLabel("px"), b.align)
	end := container.NewHBox(b.bold, b.italic, keep, button("text.drop", words.T("Discard")))
	b.floating = newFloating(w, container.NewVBox(container.NewStack(tall(78), b.words), how, end))
	return b
}

// change passes on what a person chose.
func (b *textBar) change(f func(*lettering.Text)) {
	if !b.setting {
		b.w.ed.Rewrite(f)
	}
}

func (b *textBar) update(c desk.Change) {
	if c.What&desk.ToolChanged == 0 {
		return
	}
	_, place, on := b.w.ed.Writing()
	switch {
	case !on && b.open:
		b.open = false
		b.hide()
		b.w.focusCanvas()
	case on && !b.open:
		b.open = true
		b.list()
		b.show()
		b.stand(place, shape{})
		b.w.win.Canvas().Focus(b.words)
	case on:
		b.show()
		b.stand(place, shape{})
	}
}

// show brings the controls to the text's values.
func (b *textBar) show() {
	t, _, on := b.w.ed.Writing()
	if !on {
		return
	}
	b.setting = true
	defer func() { b.setting = false }()
	if b.words.Text != t.Words {
		b.words.SetText(t.Words)
	}
	b.family.SetSelected(t.Family)
	if b.family.Selected != t.Family { // not listed, or not yet
		b.family.Selected = t.Family
		b.family.Refresh()
	}
	if text := strconv.FormatFloat(t.Size, 'f', -1, 64); b.size.Text != text {
		b.size.SetText(text)
	}
	b.bold.SetChecked(t.Bold)
	b.italic.SetChecked(t.Italic)
	b.align.SetSelectedIndex(int(t.Align))
}

// list looks for the system's fonts, once.
func (b *textBar) list() {
	if b.asked {
		return
	}
	b.asked = true
	b.w.ed.Go("fonts", func() {
		names := lettering.Families()
		b.w.ed.Post(func() {
			b.family.Options = names
			b.show()
		})
	}, nil)
}
