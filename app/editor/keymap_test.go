package editor

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pentimento/fault"
)

// TestEveryKeyOfTheTableIsSpelledAsKeysAre, so that what is pressed finds it.
func TestEveryKeyOfTheTableIsSpelledAsKeysAre(t *testing.T) {
	for _, a := range Actions {
		for _, key := range a.Keys {
			if name, err := KeyName(key); err != nil || name != key {
				t.Errorf("%s has %q, spelled %q (%v)", a.ID, key, name, err)
			}
		}
	}
	for in, want := range map[string]string{"ctrl+shift+s": "Ctrl+Shift+S", "b": "B", "Ctrl++": "Ctrl++", "+": "+", "shift+f5": "Shift+F5", "ctrl+pageup": "Ctrl+PageUp"} {
		if got, err := KeyName(in); got != want || err != nil {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "Ctrl+", "Foo", "Ctrl+Space", " ", "Ctrl+Ctrl+A", "\x01"} {
		if got, err := KeyName(in); err == nil {
			t.Errorf("%q is taken for %q", in, got)
		}
	}
}

// TestAKeyThatWasChangedRunsItsAction and the old one no more; a rival keeps or loses it, and
// everything can be put back.
func TestAKeyThatWasChangedRunsItsAction(t *testing.T) {
	b := newBench(t)
	if b.Key("B"); b.ToolName() != "brush" {
		t.Fatal("B is not the brush")
	}
	b.SetKeys("tool.eraser", []string{"B"}, false) // shared: the brush comes first in the table
	if b.Key("E"); b.ToolName() != "brush" {
		t.Error("E still takes the eraser")
	}
	if rivals := b.Rivals("tool.eraser", "B"); len(rivals) != 1 || rivals[0].ID != "tool.brush" {
		t.Errorf("rivals %v", rivals)
	}
	b.SetTool("mask")
	b.SetKeys("tool.eraser", []string{"B"}, true)
	if b.Key("B"); b.ToolName() != "eraser" {
		t.Errorf("B takes %q", b.ToolName())
	}
	if keys := b.KeysOf(Find("tool.brush")); slices.Contains(keys, "B") {
		t.Errorf("the brush has %v", keys)
	}
	b.SetKeys("tool.eraser", nil, false)
	b.SetKeys("tool.brush", nil, false)
	if len(b.Settings.Keys) != 0 {
		t.Errorf("after a reset of both: %v", b.Settings.Keys)
	}
	if b.SetKeys("tool.brush", []string{}, false); b.Key("B") && b.ToolName() == "brush" {
		t.Error("an action without keys has one")
	}
	b.ResetKeys()
	if b.Key("B"); b.ToolName() != "brush" {
		t.Error("the keys were not put back")
	}
}

// TestKeysGoThroughAFile, and a bad file changes nothing and says what is wrong.
func TestKeysGoThroughAFile(t *testing.T) {
	b := newBench(t)
	b.SetKeys("tool.brush", []string{"Ctrl+Alt+B", "F4"}, false)
	b.SetKeys("tool.move", []string{}, false)
	path := filepath.Join(t.TempDir(), "keys.json")
	b.ExportKeys(path)
	want := b.Settings.Keys
	b.ResetKeys()
	if b.ImportKeys(path); len(b.Settings.Keys) != 2 || !slices.Equal(b.Settings.Keys["tool.brush"], want["tool.brush"]) || len(b.Settings.Keys["tool.move"]) != 0 {
		t.Errorf("%v, want %v", b.Settings.Keys, want)
	}
	for text, says := range map[string]string{
		"{":                     "keys.json",
		"[]":                    "keys.json",
		`{"keys":{}}`:           "format 0",
		`{"pentimento_keys":1}`: "want a file of keys",
		`{"pentimento_keys":1,"keys":{"tool.brush":["Meta+Q"]}}`: `"Meta+Q" is no key`,
	} {
		os.WriteFile(path, []byte(text), 0o600)
		if _, _, err := readKeys(path); err == nil || !strings.Contains(err.Error(), says) || fault.Hint(err) == "" {
			t.Errorf("%s: %v", text, err)
		}
	}
	os.WriteFile(path, []byte(`{"pentimento_keys":1,"keys":{"tool.brush":["j"],"no.such":["K"]}}`), 0o600)
	if keys, unknown, err := readKeys(path); err != nil || unknown != 1 || !slices.Equal(keys["tool.brush"], []string{"J"}) {
		t.Errorf("%v, %d unknown, %v", keys, unknown, err)
	}
}

// TestSentencesNameTheKeysThatArePressed, not those of the table.
func TestSentencesNameTheKeysThatArePressed(t *testing.T) {
	b := newBench(t)
	const said = "Paint over it (M), or extend it (O) (of 2)."
	if got := b.Keyed(said); got != said {
		t.Errorf("with the usual keys: %q", got)
	}
	b.SetKeys("tool.mask", []string{"Ctrl+7"}, false)
	b.SetKeys("tool.border", []string{}, false)
	if got, want := b.Keyed(said), "Paint over it (Ctrl+7), or extend it (of 2)."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if name := "Saved boat (M).ora. Paint over it (M)."; b.Keyed(name) != "Saved boat (M).ora. Paint over it (Ctrl+7)." {
		t.Errorf("a file's name: %q", b.Keyed(name))
	}
	b.SetKeys("tool.mask", []string{"F5", "M"}, false)
	b.ResetKeys()
	if got := b.Keyed(said); got != said {
		t.Errorf("after a reset: %q", got)
	}
}

// TestASentenceNamesTheKeyOfWhatCanRun where actions share one, and a key that a person gave
// away is not taken for the table's again.
func TestASentenceNamesTheKeyOfWhatCanRun(t *testing.T) {
	b := newBench(t)
	b.SetKeys("colour.swap", []string{"F5"}, false)
	if b.SetTool("mask"); b.Keyed("Erase (X)") != "Erase (X)" {
		t.Errorf("%q", b.Keyed("Erase (X)"))
	}
	if b.SetTool("brush"); b.Keyed("Swap (X)") != "Swap (F5)" {
		t.Errorf("%q", b.Keyed("Swap (X)"))
	}
	b.SetKeys("tool.mask", []string{"B"}, false)
	b.SetKeys("tool.brush", []string{"M"}, false)
	if got, want := b.Keyed("Mask brush\u00a0(B) — not the brush (B)"), "Mask brush\u00a0(B) — not the brush (M)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestNoSentenceNamesAKeyThatCanBeChangedWithoutBrackets, by which Keyed finds it.
func TestNoSentenceNamesAKeyThatCanBeChangedWithoutBrackets(t *testing.T) {
	keys := map[string]bool{"Enter": true, "Escape": true, "Esc": true, "Backspace": true}
	for i := range Actions {
		for _, key := range Actions[i].Keys {
			if strings.Contains(key, "+") && len(key) > 1 {
				keys[key] = true
			}
		}
	}
	english, err := os.ReadFile("../words/languages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`\([^() ]*\)`).ReplaceAllString(string(english), "")
	for line := range strings.Lines(said) {
		if strings.Contains(line, "Escape leaves it as it is") { // in the sheet that changes a key
			continue
		}
		for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(" \"—:;,.“”", r) }) {
			if keys[word] {
				t.Errorf("%s names %s", strings.TrimSpace(line), word)
			}
		}
	}
}
