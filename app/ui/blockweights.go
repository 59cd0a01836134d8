package ui

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/merging"
	"pentimento/app/words"
	"pentimento/fault"
)

// blockWeights are the shares of a model's blocks: numbers that are checked while they are typed,
// courses that have names, and folded away a slider for each block.
type blockWeights struct {
	w       *window
	content *fyne.Container
	text    *field
	fold    *hintButton
	trouble *widget.Label
	sliders *fyne.Container
	each    []*numberSlider
	share   func() float64 // of all blocks, where there is no list
	blocks  int            // of the chosen model, 0 while it is not known
	changed func()
	setting bool
}

func newBlockWeights(w *window, title string, share func() float64, changed func()) *blockWeights {
	b := &blockWeights{w: w, text: newField(), trouble: small(""), sliders: container.NewGridWithColumns(2), share: share, changed: changed}
	b.text.SetPlaceHolder(words.T("all alike"))
	b.text.OnChanged = func(string) { b.check(); changed() }
	b.trouble.Importance = widget.DangerImportance
	b.trouble.Hide()
	b.sliders.Hide()
	presets := newHintButton(w, icon("down"), words.T("Courses of shares that have a name"), func() { w.showPalette(b.presets(), words.T("Type part of a name")) })
	b.fold = newHintButton(w, icon("next"), words.T("A slider for each block"), func() { b.unfold(!b.sliders.Visible()) })
	row := newExplained(w, title+" — "+words.T("another share for each block of the model: 26 numbers with commas between them (20 of SDXL), the first for text encoders and VAE"),
		labelled(title, b.text, presets, b.fold))
	b.content = container.NewVBox(row, b.trouble, b.sliders)
	return b
}

// presets are the courses that can be chosen.
func (b *blockWeights) presets() []command {
	all := []command{{name: words.T("All alike"), run: func() { b.text.SetText("") }}}
	for _, p := range merging.Courses() {
		all = append(all, command{name: p.Name, detail: words.Label(p.Short), run: func() {
			b.put(append([]float64{b.share()}, p.Of(b.count())...))
		}})
	}
	return all
}

// count is how many blocks the model has, as far as it is known.
func (b *blockWeights) count() int {
	if b.blocks == 19 {
		return 19
	}
	return 25
}

// all are the shares as they count.
func (b *blockWeights) all() []float64 {
	if v, err := merging.Shares(b.text.Text, b.blocks); err == nil {
		return v
	}
	v := make([]float64, b.count()+1)
	for i := range v {
		v[i] = b.share()
	}
	return v
}

func (b *blockWeights) put(all []float64) {
	parts := make([]string, len(all))
	for i, v := range all {
		parts[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	b.text.SetText(strings.Join(parts, ", "))
}

// on says whether there is a list.
func (b *blockWeights) on() bool { return strings.TrimSpace(b.text.Text) != "" }

// check says what is wrong with the list, and brings the sliders along.
func (b *blockWeights) check() {
	text := ""
	if b.on() {
		if _, err := merging.Shares(b.text.Text, b.blocks); err != nil {
			text = fault.Plain(err)
		}
	}
	if text != b.trouble.Text {
		b.trouble.SetText(text)
	}
	showIf(b.trouble, text != "")
	b.show()
}

// know tells how many blocks the model has.
func (b *blockWeights) know(blocks int) {
	if b.blocks != blocks && blocks != 0 {
		b.blocks = blocks
		b.check()
	}
}

// unfold shows or hides the sliders, which are made when they are first wanted.
func (b *blockWeights) unfold(on bool) {
	b.fold.SetIcon(icon(map[bool]string{true: "down", false: "next"}[on]))
	showIf(b.sliders, on)
	b.show()
	b.content.Refresh()
}

// show brings the sliders up to date.
func (b *blockWeights) show() {
	if !b.sliders.Visible() || b.setting {
		return
	}
	all := b.all()
	if len(all) != len(b.each) {
		b.each = nil
		b.sliders.RemoveAll()
		for i := range all {
			s := newNumberSlider("", 0, 1, 0.05, "", func(v float64) {
				now := b.all()
				if i < len(now) {
					now[i] = v
					b.setting = true
					b.put(now)
					b.setting = false
				}
			})
			b.each = append(b.each, s)
			o := s.content.Objects
			b.sliders.Add(container.NewBorder(nil, nil, container.NewStack(spacer(64), widget.NewLabel(blockName(i, len(all)-1))), o[2], o[1]))
		}
	}
	for i, s := range b.each {
		s.set(all[i])
	}
}

// blockName is what people call a block: of so many, BASE first.
func blockName(i, blocks int) string {
	side := blocks / 2
	switch {
	case i == 0:
		return "BASE"
	case i <= side:
		return fmt.Sprintf("IN%02d", i-1)
	case i == side+1:
		return "M00"
	}
	return fmt.Sprintf("OUT%02d", i-side-2)
}
