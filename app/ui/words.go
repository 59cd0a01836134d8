package ui

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/words"
)

// A small model knows few words. Where one is chosen the line below a prompt, when it has
// nothing to complain of, offers those that begin like the word at the cursor (Tab takes
// the first), and otherwise lists what there is; a tap on it shows all. Of other models it
// offers the embeddings that begin so.

// completions is the rest of the first completion of the word at the cursor, and all of them.
func (b *promptBox) completions() (rest string, all []string) {
	text := b.entry.Text
	at := byteAt(text, b.entry.CursorTextOffset())
	from, all := b.w.ed.Prompting.Complete(text, at)
	if len(all) == 0 {
		return "", nil
	}
	return all[0][at-from:], all
}

// byteAt is where rune n of a text begins.
func byteAt(text string, n int) int {
	at := 0
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// complete writes the rest of the word at the cursor, if the model knows one.
func (b *promptBox) complete() bool {
	rest, _ := b.completions()
	for _, r := range rest {
		b.entry.TypedRune(r)
	}
	return rest != ""
}

// wordsText is what the line says of the model's words; begun means that one of them may
// be half written at the cursor.
func (b *promptBox) wordsText() (text string, begun bool) {
	if _, offered := b.completions(); len(offered) > 0 {
		return words.T("Tab: %s", strings.Join(offered, ", ")), true
	}
	all := b.w.ed.Prompting.KnownWords()
	if len(all) == 0 || b.negative { // once is enough
		return "", false
	}
	return words.T("Knows %s", strings.Join(all, ", ")), false
}

// showWords lists the model's words over the prompt.
func (b *promptBox) showWords() {
	all := b.w.ed.Prompting.KnownWords()
	if len(all) == 0 {
		return
	}
	label := wrapped(words.T("This model knows %d words:\n%s.", len(all), strings.Join(all, ", ")))
	pop := widget.NewPopUp(container.NewGridWrap(fyne.NewSize(340, label.MinSize().Height), label), b.w.win.Canvas())
	label.Resize(fyne.NewSize(340, 1))
	pop.Content = container.NewGridWrap(fyne.NewSize(340, label.MinSize().Height), label)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b.line)
	pop.ShowAtPosition(at.AddXY(0, b.line.Size().Height))
}
