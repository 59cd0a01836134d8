package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/prompting"
	"pentimento/app/settings"
)

// diffusing is a window with the diffusion engine chosen.
func diffusing(t *testing.T) (*window, *fillPanel) {
	t.Helper()
	w := open(t)
	w.ed.SetFill(func(f *settings.Fill) { f.Engine = "diffusion" })
	for _, p := range w.panels {
		if f, ok := p.(*fillPanel); ok {
			w.win.Canvas().Content().Resize(fyne.NewSize(1000, 700))
			return w, f
		}
	}
	t.Fatal("no fill panel")
	return nil, nil
}

func pixels(img image.Image) []uint8 {
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, out.Rect.Min, draw.Src)
	return out.Pix
}

func rendered(t *testing.T, o fyne.CanvasObject) image.Image {
	t.Helper()
	win := test.NewTempWindow(t, container.NewStack(o))
	win.SetPadded(false)
	win.Resize(fyne.NewSize(220, 120))
	return win.Canvas().Capture()
}

// TestInkLiesOnTheEntrysOwnText holds that what is drawn over the entry stands exactly
// where the entry would have drawn it, however lines break: else cursor and selection
// would point beside the letters.
func TestInkLiesOnTheEntrysOwnText(t *testing.T) {
	open(t)
	for _, text := range []string{"", "a barn", "a long prompt that goes over the end of its line more than once, with commas",
		"two\nlines", "\nfirst empty", "ends with a break\n", "trailing   blanks    over the end of the line  x", "ÄÖü ſ 日本 emoji", strings.Repeat("w", 90)} {
		plain := widget.NewMultiLineEntry()
		plain.Wrapping = fyne.TextWrapWord
		plain.SetText(text)
		inked := newPromptEntry("", 3)
		inked.SetText(text)
		if want, got := rendered(t, plain), rendered(t, withUnseenText(inked)); !bytes.Equal(pixels(want), pixels(got)) {
			t.Errorf("%q: the ink lies beside the text", text)
		}
	}
}

// inkOf finds the drawn texts and underlines of an entry.
func inkOf(e *promptEntry) (texts map[string]color.Color, lines []*fynecanvas.Rectangle) {
	texts = map[string]color.Color{}
	for _, o := range e.ink.Objects {
		switch x := o.(type) {
		case *fynecanvas.Text:
			texts[strings.TrimSpace(x.Text)] = x.Color
		case *fynecanvas.Rectangle:
			lines = append(lines, x)
		}
	}
	return texts, lines
}

func TestPromptIsColouredByWhatItMeans(t *testing.T) {
	w, p := diffusing(t)
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "wall (red:1.4) [pale] BREAK x" })
	l := look{}
	texts, lines := inkOf(p.prompt.entry)
	for word, want := range map[string]color.Color{"wall": l.greys().text, "BREAK": accent, "(": l.greys().faint,
		"red": l.ink(prompting.Piece{Weight: 1.4}), "pale": l.ink(prompting.Piece{Weight: 1 / 1.1})} {
		if texts[word] != want {
			t.Errorf("%q is %v, want %v; drawn: %v", word, texts[word], want, texts)
		}
	}
	if len(lines) != 0 {
		t.Errorf("a good prompt has %d underlines", len(lines))
	}
	if l.ink(prompting.Piece{Weight: 1.4}) == l.ink(prompting.Piece{Weight: 1.1}) || l.ink(prompting.Piece{Weight: 0.5}) == l.ink(prompting.Piece{Weight: 1.5}) {
		t.Error("different weights have one colour")
	}
	w.ed.Do("view.theme")
	if texts, _ := inkOf(p.prompt.entry); texts["wall"] != light.text {
		t.Errorf("in the light theme the text is %v", texts["wall"])
	}
}

func TestMistakeIsUnderlinedWithItsReason(t *testing.T) {
	w, p := diffusing(t)
	test.Type(p.prompt.entry, "a barn") // that there is a prompt at all the panel says elsewhere
	size, before := p.head.MinSize(), p.fill.Position()
	test.Type(p.prompt.entry, " (old")
	if got := w.ed.Settings.Fill.Prompt; got != "a barn (old" {
		t.Fatalf("the settings hold %q", got)
	}
	if !strings.Contains(p.prompt.line.text, "not closed") || !p.prompt.line.bad {
		t.Errorf("the line says %q", p.prompt.line.text)
	}
	_, lines := inkOf(p.prompt.entry)
	if len(lines) != 1 || lines[0].FillColor != (look{}).bad() {
		t.Fatalf("underlines: %v", lines)
	}
	left := fyne.MeasureText("a barn ", 12.5, fyne.TextStyle{}).Width
	if at := lines[0].Position().X; at < left-4 || at > left+10 {
		t.Errorf("the underline begins at %g, the bracket at about %g", at, left)
	}
	if p.fill.Position() != before || p.head.MinSize() != size {
		t.Error("the panel jumps when a mistake is found")
	}
	p.prompt.entry.CursorColumn = 0
	test.Tap(p.prompt.line)
	if c := p.prompt.entry.CursorColumn; c != len("a barn (") {
		t.Errorf("a tap on the reason puts the cursor at %d", c)
	}
	test.Type(p.prompt.entry, "(x:1.2)), ")
	if p.prompt.line.text != "" {
		t.Errorf("a repaired prompt still says %q", p.prompt.line.text)
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Engine, f.Prompt = "content", "(" })
	if p.prompt.line.text != "" || p.texts.Visible() {
		t.Error("a prompt that is not read is judged")
	}
}

func TestTokenLineReadsAsAPersonCounts(t *testing.T) {
	for want, r := range map[string]prompting.Reading{
		"12 / 75":           {Chunks: []int{12}, Window: 75},
		"75 + 9 / 75":       {Chunks: []int{75, 9}, Window: 75},
		"5 chunks + 3 / 75": {Chunks: []int{75, 75, 75, 75, 3}, Window: 75},
		"…":                 {},
		"no count":          {Uncounted: "no vocabulary"},
	} {
		if got := countText(r); got != want {
			t.Errorf("%+v reads %q, want %q", r, got, want)
		}
	}
	if h := countHint(prompting.Reading{Uncounted: "no vocabulary"}); !strings.Contains(h, "no vocabulary") {
		t.Errorf("the hint %q does not say why", h)
	}
}

func TestPanelKeepsItsWidthAndFillStaysHigh(t *testing.T) {
	w, p := diffusing(t)
	name := strings.Repeat("a very long name ", 6)
	if err := w.ed.Prompting.SaveStyle("", settings.Style{Name: name, Prompt: "x"}); err != nil {
		t.Fatal(err)
	}
	w.ed.Prompting.ApplyStyle(strings.Join(strings.Fields(name), " "), true)
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt, f.Variation = strings.Repeat("word ", 200)+"(", 1<<40 })
	if got := of[*sideColumn](w).content.MinSize().Width; got != columnWidth {
		t.Errorf("the column grew to %g", got)
	}
	if !strings.HasPrefix(p.styles.Text, "Styles: a very long") {
		t.Errorf("the button says %q", p.styles.Text)
	}
	p.head.Resize(p.head.MinSize().Max(fyne.NewSize(columnWidth-16, 0)))
	if y := p.fill.Position().Y + p.fill.Size().Height; y > 340 {
		t.Errorf("Fill ends %g below the panel's top", y)
	}
}

func TestPanelShowsAndTakesEveryNumber(t *testing.T) {
	w, p := diffusing(t)
	w.ed.SetFill(func(f *settings.Fill) {
		f.Seed, f.Variation, f.VariationStrength, f.ClipSkip, f.RNG, f.Batch = 11, 12, 0.35, 2, "nv", 4
	})
	for what, got := range map[string]string{"11": p.seed.Text, "12": p.rows["variation"].typed.Text, "0.35": p.rows["variation_strength"].slider.entry.Text,
		"2": p.rows["clip_skip"].slider.entry.Text, "NV": p.rows["rng"].choice.Selected, "4": p.rows["batch"].slider.entry.Text, "512": p.frame.wide.Text} {
		if got != what {
			t.Errorf("the panel shows %q, want %q", got, what)
		}
	}
	p.rows["variation"].typed.SetText("99")
	p.rows["variation"].typed.FocusLost()
	p.rows["rng"].choice.SetSelected("CPU")
	p.seed.SetText("no number")
	p.seed.FocusLost()
	p.frame.wide.SetText("768")
	p.frame.wide.FocusLost()
	if f := w.ed.Settings.Fill; f.Variation != 99 || f.RNG != "cpu" || f.Seed != 11 || p.seed.Text != "11" {
		t.Errorf("the settings hold %+v; the seed shows %q", f, p.seed.Text)
	}
	if r := w.ed.State().Frame; r.Dx() != 768 || r.Dy() != 512 {
		t.Errorf("the frame is %v", r)
	}
	open := p.rarer.body.Visible()
	test.Tap(p.rarer.head)
	if p.rarer.body.Visible() == open || slices.Contains(w.ed.Settings.Open, "more") == open {
		t.Error("the rarer numbers do not fold")
	}
}

func TestPromptsUsedBeforeAreFoundByAnyWord(t *testing.T) {
	w, p := diffusing(t)
	used := settings.Prompt{Prompt: "a lighthouse on a cliff, storm, long exposure, waves breaking\nover the rocks", Negative: "people, boats"}
	w.ed.Settings.Prompts = []settings.Prompt{{Prompt: "other"}, used}
	for _, word := range append(strings.Fields(used.Prompt), strings.Fields(used.Negative)...) {
		found := false
		for _, line := range matching(promptLines(w), word) {
			found = found || strings.HasPrefix(line.name, "a lighthouse")
		}
		if !found {
			t.Errorf("%q does not find its prompt", word)
		}
	}
	matching(promptLines(w), "rocks")[0].run()
	if p.prompt.entry.Text != used.Prompt || p.negative.entry.Text != used.Negative {
		t.Errorf("the panel shows %q and %q", p.prompt.entry.Text, p.negative.entry.Text)
	}
}

// TestTheCandidateBarStaysWhereItStands while one candidate after the other is done: its buttons
// do not run away from the pointer, in one row and in two.
func TestTheCandidateBarStaysWhereItStands(t *testing.T) {
	for rows, wide := range map[int]float32{1: 1300, 2: 900} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) { standsStill(t, wide, rows) })
	}
}

func standsStill(t *testing.T, wide float32, rows int) {
	w := open(t)
	w.win.Resize(fyne.NewSize(wide, 600))
	paintTestPicture(w)
	w.ed.SetFill(func(f *settings.Fill) { f.Count, f.LockSeed, f.Seed = 3, true, 41 })
	w.ed.Fills.Fill()
	var first, corner, accept fyne.Position
	bar, place := w.candidates, fyne.CurrentApp().Driver().AbsolutePositionForObject
	for end := time.Now().Add(2 * time.Minute); w.ed.Fills.Shown() == nil || len(w.ed.Fills.Shown().Candidates) < 3; {
		select {
		case f := <-posted:
			f()
		case <-time.After(time.Until(end)):
			t.Fatal("no three candidates")
		}
		if !bar.box.Visible() {
			continue
		}
		if corner = bar.box.Position().AddXY(bar.box.Size().Width, 0); first.IsZero() {
			first, accept = corner, place(bar.buttons["candidate.accept"])
		}
		if now := place(bar.buttons["candidate.accept"]); now != accept {
			t.Fatalf("the button went from %v to %v with %d candidates", accept, now, len(w.ed.Fills.Shown().Candidates))
		}
		if corner != first {
			t.Fatalf("the bar's upper right corner went from %v to %v with %d candidates", first, corner, len(w.ed.Fills.Shown().Candidates))
		}
	}
	if first.IsZero() || bar.rows != rows {
		t.Fatalf("there was no bar, or one of %d rows", bar.rows)
	}
}

func TestDifferenceSheetShowsOnlyWhatDiffers(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetFill(func(f *settings.Fill) { f.Count, f.LockSeed, f.Seed = 2, true, 41 })
	w.ed.Fills.Fill()
	for end := time.Now().Add(2 * time.Minute); w.ed.Fills.Shown() == nil || len(w.ed.Fills.Shown().Candidates) < 2; {
		select {
		case f := <-posted:
			f()
		case <-time.After(time.Until(end)):
			t.Fatal("no two candidates")
		}
	}
	w.ed.Fills.NextCandidate(1)
	if !w.ed.Do("candidate.difference") {
		t.Fatal("the action is off")
	}
	top := w.win.Canvas().Overlays().Top()
	if top == nil {
		t.Fatal("no sheet is open")
	}
	var said []string
	for _, o := range test.LaidOutObjects(top) {
		if l, ok := o.(*widget.Label); ok {
			said = append(said, l.Text)
		}
	}
	text := strings.Join(said, "|")
	if !strings.Contains(text, "Seed|41|42") || strings.Contains(text, "Feather") {
		t.Errorf("the sheet says %q", text)
	}
}

func TestSheetsOfThePromptOpenAndClose(t *testing.T) {
	w, _ := diffusing(t)
	w.ed.Settings.Prompts = []settings.Prompt{{Prompt: "x"}}
	if err := w.ed.Prompting.SavePreset("mine", false); err != nil {
		t.Fatal(err)
	}
	if err := w.ed.Prompting.SaveStyle("", settings.Style{Name: "ink", Prompt: "ink"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"fill.styles", "fill.presets", "fill.prompts"} {
		w.ed.Do(id)
		o := w.win.Canvas().Overlays()
		if o.Top() == nil {
			t.Errorf("%s opens nothing", id)
			continue
		}
		w.win.Canvas().Capture()
		o.Remove(o.Top())
	}
}

func TestPromptLetsGoOfTheKeys(t *testing.T) {
	w, p := diffusing(t)
	c := w.win.Canvas()
	c.Focus(p.prompt.entry)
	test.Type(p.prompt.entry, "b")
	if _, name := w.ed.Tool(); name == "brush" || p.prompt.entry.Text != "b" {
		t.Errorf("typing b chose %s and wrote %q", name, p.prompt.entry.Text)
	}
	p.prompt.entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierControl})
	if c.Overlays().Top() == nil {
		t.Error("Ctrl+K does not reach the palette from the prompt")
	} else {
		c.Overlays().Remove(c.Overlays().Top())
	}
	c.Focus(p.prompt.entry)
	p.prompt.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if c.Focused() == p.prompt.entry {
		t.Error("Esc does not leave the prompt")
	}
}
