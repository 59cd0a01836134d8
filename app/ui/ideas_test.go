package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"pentimento/app/settings"
)

// TestCtrlZInThePromptBringsTheOldWordsBack after an idea, and again.
func TestCtrlZInThePromptBringsTheOldWordsBack(t *testing.T) {
	w, p := diffusing(t)
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "my own words" })
	menu := ideasMenu(w)
	if len(menu.Items) < 5 || menu.Items[0].Disabled || !menu.Items[2].Disabled || !menu.Items[3].Disabled || !menu.Items[4].Disabled {
		t.Fatalf("the menu is %+v: want no wildcards to try, no picture to describe and nothing to bring back", menu.Items)
	}
	menu.Items[0].Action()
	until(t, func() bool { return p.prompt.entry.Text != "my own words" })
	surprise := p.prompt.entry.Text
	p.prompt.entry.TypedShortcut(&fyne.ShortcutUndo{})
	if p.prompt.entry.Text != "my own words" || w.ed.Settings.Fill.Prompt != "my own words" {
		t.Errorf("after Ctrl+Z it is %q", p.prompt.entry.Text)
	}
	p.prompt.entry.TypedShortcut(&fyne.ShortcutRedo{})
	if p.prompt.entry.Text != surprise {
		t.Errorf("after Ctrl+Y it is %q, want %q", p.prompt.entry.Text, surprise)
	}
}

// TestFormsAreShownToChooseFrom.
func TestFormsAreShownToChooseFrom(t *testing.T) {
	w, _ := diffusing(t)
	w.ed.SetFill(func(f *settings.Fill) { f.Prompt = "a {red|blue} barn" })
	if !w.ed.Do("idea.try") {
		t.Fatal("the wildcards can't be tried")
	}
	until(t, func() bool { return len(w.modals) > 0 })
	rows := chosenFrom(w.win.Canvas().Overlays().Top())
	if len(rows) != 2 || rows[1].Text != "a blue barn" {
		t.Fatalf("%d rows", len(rows))
	}
	rows[1].Tapped(nil)
	if got := w.ed.Settings.Fill.Prompt; got != "a blue barn" || len(w.modals) > 0 || !w.ed.Prompting.CanBack() {
		t.Errorf("chosen: %q, sheets %d", got, len(w.modals))
	}
}

// TestDescribingSaysWhatFileIsWanted where none is chosen, and can't be begun then.
func TestDescribingSaysWhatFileIsWanted(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	if !w.ed.Do("idea.describe") || len(w.modals) != 1 {
		t.Fatal("no sheet")
	}
	said := func() (all string) {
		textsOf(w.win.Canvas().Overlays().Top(), func(text string) { all += text + "\n" })
		return all
	}
	if text := said(); !strings.Contains(text, "selected_tags.csv") || !strings.Contains(text, "text_model.onnx") || !strings.Contains(text, "vocab.txt") {
		t.Errorf("it says %q", text)
	}
	w.modals[0].yes()
	if len(w.modals) != 1 || w.ed.Jobs.Active(0) != 0 {
		t.Error("Enter began something without a network")
	}
	w.modals[0].close()
	w.ed.ChooseDescriber("/far/away/model.onnx")
	w.ed.Do("idea.describe")
	if text := said(); !strings.Contains(text, "model.onnx") || strings.Contains(text, "vocab.txt") {
		t.Errorf("with a network it says %q", text)
	}
	w.modals[0].close()
}

// until runs what was posted until ok.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.After(20 * time.Second); !ok(); {
		select {
		case f := <-posted:
			f()
		case <-end:
			t.Fatal("it never came")
		}
	}
}

// chosenFrom are the texts to tap within an object.
func chosenFrom(o fyne.CanvasObject) (out []*tapText) {
	switch o := o.(type) {
	case *tapText:
		return []*tapText{o}
	case *fyne.Container:
		for _, c := range o.Objects {
			out = append(out, chosenFrom(c)...)
		}
	case *container.Scroll:
		return chosenFrom(o.Content)
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			out = append(out, chosenFrom(c)...)
		}
	}
	return out
}
