package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"pentimento/app/settings"
)

// TestFillIsAlwaysInSight: at the smallest window, with a long prompt and every section
// unfolded, prompt, strength and Fill stand wholly above the scroll, in 320 pixels.
func TestFillIsAlwaysInSight(t *testing.T) {
	for _, size := range []fyne.Size{{Width: 900, Height: 600}, {Width: 1366, Height: 768}} {
		w, p := diffusing(t)
		paintTestPicture(w)
		w.ed.Apply(func() { w.ed.Settings.Open = []string{"negative", "numbers", "more", "guides", "layers", "history"} })
		w.ed.SetFill(func(f *settings.Fill) { f.Prompt = strings.Repeat("many words ", 60) })
		c := of[*sideColumn](w)
		room := size.Height - 130 // what menu, options and status line leave
		for range 2 {             // the entry counts its rows when it is laid out
			c.content.Resize(fyne.NewSize(columnWidth, room))
		}
		if got := c.content.MinSize(); got.Width != columnWidth || got.Height > room {
			t.Errorf("%v: the column wants %v", size, got)
		}
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject
		top := at(c.content).Y
		for what, o := range map[string]fyne.CanvasObject{"Fill": p.fill, "the prompt": p.prompt.entry, "the strength": p.rows["strength"].content} {
			if end := at(o).Y + o.Size().Height - top; !o.Visible() || end > room-100 {
				t.Errorf("%v: %s ends at %g of %g", size, what, end, room)
			}
		}
	}
}

// TestWhatAnEngineIgnoresIsNotThere: content-aware fill has no prompt, strength or steps.
func TestWhatAnEngineIgnoresIsNotThere(t *testing.T) {
	w, p := diffusing(t)
	if !p.texts.Visible() || !p.rows["steps"].content.Visible() || !p.avoid.content.Visible() {
		t.Fatal("diffusion has no prompt or no steps")
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Engine = "content" })
	for what, o := range map[string]fyne.CanvasObject{"the prompt": p.texts, "the negative prompt": p.avoid.content, "the strength": p.rows["strength"].content,
		"the steps": p.rows["steps"].content, "the model": p.model} {
		if o.Visible() {
			t.Errorf("content-aware fill shows %s", what)
		}
	}
	if !p.rows["feather"].content.Visible() || p.chip.Text != "Content-aware" {
		t.Errorf("the feather is gone, or the chip says %q", p.chip.Text)
	}
}
