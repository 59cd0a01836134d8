package ui

import (
	"errors"
	"image"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/app/settings"
	"pentimento/canvas"
)

// masked paints a mask, as a stroke of the mask brush does.
func masked(w *window, r image.Rectangle) {
	m := image.NewAlpha(r)
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	w.ed.Edit("a mask", func(ed *canvas.Edit) { ed.SetMask(m) })
}

// TestWordsAtTheMaskChooseTheModel: while content-aware is chosen and a model is there, what is
// typed after a stroke is a prompt and not tools; the words of before are not in the way, keys
// that begin no text stay the canvas's, and without words the engine is what it was.
func TestWordsAtTheMaskChooseTheModel(t *testing.T) {
	w := open(t)
	w.ed.Models.Starter = func() (string, error) { return "", errors.New("not laid out") }
	paintTestPicture(w)
	w.ed.SetTool("mask")
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "a boat of yesterday" })
	masked(w, image.Rect(20, 20, 60, 60))
	bar := of[*maskBar](w)
	prompt := bar.prompt
	if w.win.Canvas().Focused() != fyne.Focusable(prompt) || !bar.texts.Visible() || prompt.Text != "" {
		t.Fatalf("focus %T, prompt seen %v with %q", w.win.Canvas().Focused(), bar.texts.Visible(), prompt.Text)
	}
	size := w.ed.Brush().Size
	if prompt.TypedRune(']'); w.ed.Brush().Size <= size || prompt.Text != "" {
		t.Errorf("] left the brush at %g and wrote %q", w.ed.Brush().Size, prompt.Text)
	}
	for _, r := range "barn" {
		prompt.TypedRune(r)
	}
	if f := w.ed.Settings.Fill; f.Prompt != "barn" || f.Engine != "diffusion" || tool(w) != "mask" {
		t.Errorf("prompt %q, engine %s, tool %s", f.Prompt, f.Engine, tool(w))
	}
	prompt.SetText("")
	if f := w.ed.Settings.Fill; f.Engine != "content" {
		t.Errorf("without words the engine is %s", f.Engine)
	}
}

func TestWithoutAModelTheMaskHasNoPrompt(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetTool("mask")
	masked(w, image.Rect(20, 20, 60, 60))
	bar := of[*maskBar](w)
	if bar.texts.Visible() || !bar.fill.Visible() || w.win.Canvas().Focused() == fyne.Focusable(bar.prompt) {
		t.Error("there is a prompt that nothing would read")
	}
}

// TestALineAboutTheEngineGoesWithIt.
func TestALineAboutTheEngineGoesWithIt(t *testing.T) {
	w := open(t)
	w.Say("Content-aware is chosen: …")
	w.status.saidAt = time.Now().Add(-2 * time.Second)
	w.ed.SetFill(func(f *settings.Fill) { f.Steps++ })
	if w.status.line.Text == "" {
		t.Error("the line goes with any setting")
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Engine = "diffusion" })
	if w.status.line.Text != "" {
		t.Errorf("%q stands while the model is chosen", w.status.line.Text)
	}
}

// TestNoticesAreAsHighAsTheirLines: nothing is cut off, and nothing is left over.
func TestNoticesAreAsHighAsTheirLines(t *testing.T) {
	w := open(t)
	b := newNoticeBar(w)
	other := fyne.CurrentApp().NewWindow("")
	other.SetPadded(false)
	other.SetContent(b.layer)
	other.Resize(fyne.NewSize(500, 400))
	long := "your painting is not being kept on the disk: there is no room left on it, and this is told at some length so that it takes several lines of the notice"
	for range 2 {
		b.lines.Add(wrapped(long))
	}
	b.fit()
	want := float32(0)
	for _, l := range b.lines.Objects {
		l.Resize(fyne.NewSize(b.lines.Size().Width, 10))
		want += l.MinSize().Height
	}
	if got := b.lines.Size().Height; got < want || got > want+4 {
		t.Errorf("two notices that need %g are %g high", want, got)
	}
}

// TestOptionsThatHaveNoRoomAreBehindDots: every option that the tool has is either in the row or,
// once the dots are pressed, in a further one; none lies beyond the edge.
func TestOptionsThatHaveNoRoomAreBehindDots(t *testing.T) {
	w := open(t)
	w.ed.SetTool("mask")
	var all []fyne.CanvasObject
	for range 8 {
		all = append(all, newNumberSlider("Hardness", 0, 100, 1, "%", func(float64) {}).content)
	}
	row, o := newOverflow(w, func() {}, all...)
	seen := func() (n int) {
		for _, obj := range all {
			if at := obj.Position(); at.X >= 0 && at.X+obj.Size().Width <= 700 {
				n++
			}
		}
		return n
	}
	row.Resize(fyne.NewSize(700, 40))
	if n := seen(); n == 0 || n == len(all) || o.more.Position().X < 0 {
		t.Errorf("%d of %d are seen, the dots at %v", n, len(all), o.more.Position())
	}
	o.more.OnTapped()
	row.Layout.Layout(row.Objects, fyne.NewSize(700, 120))
	if n := seen(); n != len(all) || row.MinSize().Height < 2*o.more.MinSize().Height {
		t.Errorf("unfolded %d of %d are seen in %g", n, len(all), row.MinSize().Height)
	}
	row.Layout.Layout(row.Objects, fyne.NewSize(9000, 40))
	if o.more.Position().X >= 0 {
		t.Error("the dots stay where all has room")
	}
}

// TestWhatHasTheKeysWearsARing of two units in the accent, and the prompt is three Tabs from
// the canvas at most.
func TestWhatHasTheKeysWearsARing(t *testing.T) {
	w, p := diffusing(t)
	c := w.win.Canvas()
	c.Focus(p.fill)
	if r := p.fill.ring.rect; r == nil || !r.Visible() || r.StrokeWidth != 2 || r.StrokeColor != accent {
		t.Errorf("the ring of Fill is %+v", p.fill.ring.rect)
	}
	c.Unfocus()
	if p.fill.ring.rect.Visible() {
		t.Error("the ring stays")
	}
	paintTestPicture(w)
	w.ed.Invalidate(image.Rect(0, 0, 9, 9))
	of[*startScreen](w).show()
	w.win.Content().MinSize()
	c.Focus(w.view)
	tabs := 0
	for ; tabs < 4 && c.Focused() != fyne.Focusable(w.prompt); tabs++ {
		c.(interface{ FocusNext() }).FocusNext()
	}
	if tabs > 3 {
		t.Errorf("three times Tab from the canvas leads to %T, not to the prompt", c.Focused())
	}
}

// TestAStrokeByMouseLeadsToThePrompt: the first one, and any further one.
func TestAStrokeByMouseLeadsToThePrompt(t *testing.T) {
	w := open(t)
	w.ed.Models.Starter = func() (string, error) { return "", errors.New("not laid out") }
	paintTestPicture(w)
	w.view.settle()
	w.ed.SetTool("mask")
	prompt := of[*maskBar](w).prompt
	for i := range 2 {
		at := fyne.NewPos(60, 80+float32(40*i))
		w.view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary})
		w.view.frame()
		w.view.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(30, 0)}})
		w.view.frame()
		w.view.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(30, 0)}})
		w.view.frame()
		if w.win.Canvas().Focused() != fyne.Focusable(prompt) {
			t.Errorf("after stroke %d the keys are at %T", i+1, w.win.Canvas().Focused())
		}
		w.focusCanvas()
	}
}

// TestALongSentenceHasTheRoomOfTheNumbers in a narrow line, as at twice the scale of the screen;
// they are there again when it has gone.
func TestALongSentenceHasTheRoomOfTheNumbers(t *testing.T) {
	w := open(t)
	w.win.Resize(fyne.NewSize(683, 384))
	paintTestPicture(w)
	s := w.status
	w.Say("short")
	if !s.where.Visible() {
		t.Error("a short sentence hides the numbers")
	}
	long := "The whole layer is transformed; Ctrl+J first makes a layer of what is selected"
	w.Say(long)
	if need := fyne.MeasureText(long, (look{}).Size("text"), fyne.TextStyle{}).Width; s.where.Visible() || s.line.Size().Width < need {
		t.Errorf("the line has %g of %g; numbers shown %v", s.line.Size().Width, need, s.where.Visible())
	}
	w.Say("")
	if !s.where.Visible() || s.line.Size().Width > 683-290 {
		t.Error("the numbers have not come back")
	}
}

// TestAKeyComesAfterTheStroke that was drawn before it, though no frame has handed that on yet: Fill's key while the
// button is down is about the stroke, and none of it is lost.
func TestAKeyComesAfterTheStroke(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.view.settle()
	w.ed.SetTool("mask")
	at := fyne.NewPos(60, 80)
	w.view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary})
	w.view.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(30, 0)}})
	w.view.KeyDown(&fyne.KeyEvent{Name: fyne.KeyReturn})
	w.ed.Key("Ctrl+Enter")
	x, y := w.ed.View().ToDoc(float64(90*w.view.scale), float64(80*w.view.scale))
	if p := image.Pt(int(x), int(y)); !p.In(w.ed.Committed().MaskUsed()) || len(w.ed.Fills.Stacks()) != 1 {
		t.Errorf("%v is not in the mask %v, or not filled: %d places", p, w.ed.Committed().MaskUsed(), len(w.ed.Fills.Stacks()))
	}
	w.view.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(30, 0)}})
}
