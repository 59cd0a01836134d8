package ui

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"pentimento/app/settings"
	"pentimento/pipeline/pipelinetest"
)

func TestWordsOfASmallModelAreListedAndCompleted(t *testing.T) {
	w, p := diffusing(t)
	path := pipelinetest.Starter().Write(t, "single", "F16")
	w.ed.Models.Starter = func() (string, error) { return path, nil }
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "" })
	if got := p.prompt.line.text; !strings.HasPrefix(got, "Knows blue, boat, ") || !p.prompt.line.calm {
		t.Errorf("the line says %q, calm %v", got, p.prompt.line.calm)
	}
	if p.model.Text != "Starter (a toy to try the tools with)" || p.chip.Text != "Starter" || !strings.Contains(p.chip.hint, "Starter (a toy to try the tools with): a made-up model") {
		t.Errorf("the panel says %q, %q and %q", p.model.Text, p.chip.Text, p.chip.hint)
	}
	e, tab := p.prompt.entry, &fyne.KeyEvent{Name: fyne.KeyTab}
	w.win.Canvas().Focus(e)
	test.Type(e, "a Bo")
	if got := p.prompt.line.text; got != "Tab: boat, boats" {
		t.Errorf("the line says %q", got)
	}
	e.TypedKey(tab)
	if e.Text != "a Boat" || e.CursorColumn != 6 || w.ed.Settings.Fill.Prompt != "a Boat" {
		t.Errorf("Tab gives %q, cursor at %d, prompt %q", e.Text, e.CursorColumn, w.ed.Settings.Fill.Prompt)
	}
	test.Type(e, " in Paris")
	if got := p.prompt.line.text; !strings.Contains(got, `"Paris"`) || p.prompt.line.calm {
		t.Errorf("the line says %q, calm %v", got, p.prompt.line.calm)
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "a boat" })
	p.prompt.line.Tapped(nil)
	if w.win.Canvas().Overlays().Top() == nil {
		t.Error("a tap on the line does not list the words")
	}
}

// TestATagHalfWrittenIsOfferedItsFiles: while the name of an adapter is typed the line offers
// those near the model, and does not say that the tag is not closed; it does where none is offered.
func TestATagHalfWrittenIsOfferedItsFiles(t *testing.T) {
	w, p := diffusing(t)
	tiny := pipelinetest.Tiny(t, "tiny15")
	model := tiny.Write(t, "single", "F16")
	tiny.WriteLoRA(t, filepath.Join(filepath.Dir(model), "Lora"), "fog", 2)
	w.dropped(fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view).AddXY(120, 90), []fyne.URI{storage.NewFileURI(model)})
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "" })
	e := p.prompt.entry
	w.win.Canvas().Focus(e)
	test.Type(e, "a barn <lora:f")
	for end := time.After(time.Minute); p.prompt.line.text != "Tab: fog:1>"; { // folders are walked behind the window's back
		select {
		case f := <-posted:
			f()
		case <-end:
			t.Fatalf("the line says %q", p.prompt.line.text)
		}
	}
	if got := p.prompt.line.text; got != "Tab: fog:1>" || !p.prompt.line.calm {
		t.Errorf("the line says %q, calm %v", got, p.prompt.line.calm)
	}
	if e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyTab}); e.Text != "a barn <lora:fog:1>" {
		t.Errorf("Tab gives %q", e.Text)
	}
	if test.Type(e, " <lora:nix"); !strings.Contains(p.prompt.line.text, "not closed") || p.prompt.line.calm {
		t.Errorf("the line says %q", p.prompt.line.text)
	}
}
