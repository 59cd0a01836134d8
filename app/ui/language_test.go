package ui

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/editor"
	"pentimento/app/settings"
	"pentimento/app/words"
)

// TestLangReadsTheCatalogue: Fyne's lang gives every text of the catalogue back, plurals
// and braces included.
func TestLangReadsTheCatalogue(t *testing.T) {
	all := catalogue(t)
	if err := lang.AddTranslationsFS(words.Files, "languages"); err != nil {
		t.Fatal(err)
	}
	for id, v := range all {
		if forms, plural := v.(map[string]any); plural {
			if find(id, 1) != forms["one"] || find(id, 2) != id {
				t.Errorf("%q is %q and %q", id, find(id, 1), find(id, 2))
			}
		} else if find(id, words.Plain) != id {
			t.Errorf("%q is %q", id, find(id, words.Plain))
		}
	}
	for _, locale := range []fyne.Locale{"en-GB", "xx", ""} {
		if err := translate(locale); err != nil || words.T("Undo") != "Undo" {
			t.Errorf("locale %q: %v", locale, err)
		}
	}
}

func catalogue(t *testing.T) map[string]any {
	t.Helper()
	data, err := words.Files.ReadFile("languages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// asItIs are texts of the window that aren't translated, each with its reason.
var asItIs = map[string]string{
	"test": "a step of this test", "LCM": "a kind of model", "Euler": "a sampler", "Pentimento": "the program's name", "Layer 1": "a layer's name is part of the document", "ONNX Runtime": "a library's name",
	"out": "a kind of layers of the network, as it is typed",
	"cpu": "a device", "cuda": "a device", "tensorrt": "a device", "directml": "a device", "webgpu": "a device", "coreml": "a device",
}

// TestEveryTextIsTranslated: with a language that puts every text in « », the window, its
// menus, sheets and hints show no other text.
func TestEveryTextIsTranslated(t *testing.T) {
	all := catalogue(t)
	words.Use(func(id string, _ int) string {
		if all[id] == nil {
			t.Errorf("%q is looked up and isn't in the catalogue", id)
		}
		return "«" + id + "»"
	})
	t.Cleanup(func() { words.Use(nil) })
	w := open(t)
	for _, p := range w.panels {
		if f, ok := p.(*fillPanel); ok {
			for _, name := range append(f.rows["sampler"].choice.options, f.rows["schedule"].choice.options...) {
				asItIs[name] = "a sampler or a schedule"
			}
			for _, name := range f.rows["threshold_mimic_mode"].choice.options {
				asItIs[name] = "a mode, as the extension that people know it from calls it"
			}
		}
	}
	check := func(where string) func(string) {
		return func(text string) {
			if untranslated(text) {
				t.Errorf("%s: %q", where, text)
			}
		}
	}
	textsOf(w.win.Content(), check("window"))
	paintTestPicture(w)
	w.ed.AddLayer()
	w.ed.Apply(func() { w.ed.Settings.Styles = []settings.Style{{Name: "«s»", Prompt: "«p»"}} })
	for _, menu := range editor.Menus {
		for _, item := range menuOf(w, menu).Items {
			check("menu " + menu)(item.Label)
		}
	}
	textsOf(w.win.Content(), check("window with a picture"))
	for _, sheet := range []string{"palette", "shortcuts", "settings", "styles", "presets", "difference", "rename", "about", "results", "embeds", "stopped"} {
		w.Show(sheet)
		for _, o := range w.win.Canvas().Overlays().List() {
			textsOf(o, check(sheet))
		}
		for len(w.modals) > 0 {
			w.modals[len(w.modals)-1].close()
		}
		for o := w.win.Canvas().Overlays().Top(); o != nil; o = w.win.Canvas().Overlays().Top() {
			w.win.Canvas().Overlays().Remove(o)
		}
	}
}

// untranslated says whether a text has letters outside « », keys and names apart.
func untranslated(text string) bool {
	if asItIs[strings.TrimSpace(text)] != "" {
		return false
	}
	for {
		before, rest, found := strings.Cut(text, "«")
		if letters(before) {
			return true
		}
		if !found {
			return false
		}
		depth, end := 1, len(rest)
		for i, r := range rest {
			if r == '«' {
				depth++
			} else if r == '»' {
				if depth--; depth == 0 {
					end = i + len("»")
					break
				}
			}
		}
		text = rest[end:]
	}
}

var keyWords = []string{"Ctrl", "Shift", "Alt", "Enter", "Escape", "Left", "Right", "Up", "Down", "Delete", "Backspace", "Tab", "PageUp", "PageDown"}

// letters says whether a text has a word that isn't a key.
func letters(text string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ()—·,:+/", r) }) {
		if len(word) > 2 && strings.ContainsFunc(word, unicode.IsLower) && !slices.Contains(keyWords, word) {
			return true
		}
	}
	return false
}

// textsOf calls see with every text that an object and those in it show, offer or explain.
func textsOf(o fyne.CanvasObject, see func(string)) {
	switch x := o.(type) {
	case *widget.Label: // its lines are broken apart further down
		see(x.Text)
		return
	case *fyne.Container:
		for _, o := range x.Objects {
			textsOf(o, see)
		}
		return
	case *promptEntry:
		see(x.PlaceHolder)
		return
	case *fynecanvas.Text:
		see(x.Text)
	case *hintButton:
		see(x.hint)
	case *choice:
		for _, option := range x.Options {
			see(option)
		}
		return
	}
	if x, ok := o.(fyne.Widget); ok {
		for _, o := range test.WidgetRenderer(x).Objects() {
			textsOf(o, see)
		}
	}
}
