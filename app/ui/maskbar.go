package ui

import (
	"image"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/tools"
)

// maskBar stands beside what is masked: what should be there, Fill, Remove. After a stroke the
// keys go to its prompt, until Enter fills or Escape gives them back; while another engine than
// a model is chosen it is empty, and the first letter chooses the model, without which there
// is no prompt.
type maskBar struct {
	*floating
	prompt       *field
	fill, remove *hintButton
	count        *choice
	strength     *slide
	texts, level fyne.CanvasObject // prompt, and strength, with their room
	shown        *canvas.State
	masked       bool // something is masked
	setting      bool
	typed        bool // into the prompt since it took the keys
}

func newMaskBar(w *window) *maskBar {
	b := &maskBar{prompt: newField()}
	b.prompt.SetPlaceHolder(words.T("What should be there?"))
	b.prompt.OnChanged = func(s string) {
		if !b.setting {
			b.typed = true
			w.ed.WriteAtMask(s)
		}
	}
	b.prompt.fresh = func() bool { return !b.typed }
	b.prompt.pass = func(r rune) bool { // what begins no text is the canvas's
		if b.typed || b.prompt.Text != "" || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(`("'<`, r) {
			return false
		}
		w.view.TypedRune(r)
		return true
	}
	b.prompt.OnSubmitted = func(string) { b.run() }
	b.fill = newHintButton(w, icon("fill"), words.T("Fill (Enter)")+"\n"+words.T("Paints what the prompt says into the mask"), func() { b.run() })
	b.fill.SetText(words.T("Fill"))
	b.remove = newHintButton(w, icon("mask-eraser"), words.T("Remove")+"\n"+words.T("Carries the surroundings on over the mask; needs no model"), func() { w.ed.Do("fill.remove"); w.focusCanvas() })
	b.remove.SetText(words.T("Remove"))
	b.fill.Importance, b.remove.Importance, b.fill.hover = widget.MediumImportance, widget.MediumImportance, w.view.asks
	b.count = newChoice([]string{"1", "2", "3", "4", "6", "8"}, func(s string) {
		if n, err := strconv.Atoi(s); err == nil && !b.setting {
			w.ed.SetFill(func(f *settings.Fill) { f.Count = n })
		}
	})
	b.strength = newSlide(0.05, 1)
	b.strength.Step = 0.05
	b.strength.OnChanged = func(v float64) {
		if !b.setting {
			w.ed.Fills.SetStrength(v)
		}
	}
	more := newHintButton(w, icon("presets"), words.T("All settings of the fill, at the right"), func() { w.win.Canvas().Focus(b.prompt); w.showPrompt() })
	b.level = container.NewStack(spacer(64), b.strength)
	b.texts = container.NewStack(spacer(168), b.prompt)
	b.floating = newFloating(w, container.New(&folding{}, b.texts, b.fill, b.remove, b.count, b.level, more))
	return b
}

// words says whether words can be written: a model is chosen, or there is one to choose.
func (b *maskBar) words() bool {
	m := b.w.ed.Models
	return m.Generates() || m.Starter != nil || b.w.ed.Settings.Fill.Model != ""
}

// run fills as the prompt says.
func (b *maskBar) run() {
	b.w.ed.Fill()
	b.w.focusCanvas()
}

func (b *maskBar) update(c desk.Change) {
	if c.What&(desk.Picture|desk.ToolChanged|desk.CandidatesChanged|desk.DocumentOpened|desk.FillChanged|desk.OverlayChanged|desk.JobsChanged|desk.SettingsChanged) == 0 {
		return
	}
	ed := b.w.ed
	if s := ed.Committed(); !ed.Pressed() && (s != b.shown || b.masked != ed.Aims()) {
		before := b.shown
		b.shown = s
		b.masked = ed.Aims() // also of a stroke that has just begun: only what is committed takes the keys
		if s.Mask.Len() > 0 && before != nil && s != before {
			defer b.takeKeys()
		}
	}
	if !b.masked || ed.Bare() || ed.Pressed() || len(ed.Fills.Stacks()) > 0 || ed.Fills.Live.On() || ed.PaintedRegion() != "" {
		if b.box.Visible() {
			if b.w.win.Canvas().Focused() == fyne.Focusable(b.prompt) {
				b.w.focusCanvas()
			}
			b.hide()
		}
		return
	}
	b.show()
	s := ed.Committed()
	cover := s.Mask
	if cover.Len() == 0 {
		cover = s.Selection
	}
	b.stand(ed.Aim(), shape{s, func(x, y int) bool {
		t := cover.At(canvas.KeyAt(image.Pt(x, y)))
		return t != nil && t.Pix[y&(canvas.TileSize-1)*canvas.TileSize+x&(canvas.TileSize-1)] != 0
	}})
}

// takeKeys puts the cursor into the prompt after a stroke, where a model fills.
func (b *maskBar) takeKeys() {
	_, tool := b.w.ed.Tool()
	paints := tool == "mask" || slices.Contains(tools.Areas, tool)
	if paints && b.box.Visible() && b.words() && !b.w.covered() && !b.w.view.pointer.down {
		b.w.win.Content().MinSize() // what was never seen isn't found
		b.typed = false
		b.w.win.Canvas().Focus(b.prompt)
	}
}

func (b *maskBar) show() {
	b.setting = true
	defer func() { b.setting = false }()
	f, row := b.w.ed.Settings.Fill, b.w.ed.Models.Engine()
	text := f.Prompt
	if !b.w.ed.Models.Generates() {
		text = "" // the words of before are no order to this engine
	}
	if b.prompt.Text != text {
		b.prompt.SetText(text)
	}
	showIf(b.texts, b.words())
	if n := strconv.Itoa(f.Count); b.count.chosen() != n {
		b.count.SetSelected(n)
	}
	if v := b.w.ed.Fills.Strength(); b.strength.Value != v {
		b.strength.SetValue(v)
	}
	showIf(b.count, row.Unused["count"] == "")
	showIf(b.level, row.Unused["strength"] == "" && b.w.view.Size().Width > 620)
	b.remove.enable(editor.Find("fill.remove").Can(b.w.ed))
}
