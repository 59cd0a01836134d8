package words_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pentimento/app/fetch"
	"pentimento/app/words"
	"pentimento/canvas/blend"
	"pentimento/pipeline"
	"pentimento/pipeline/merge"
	"pentimento/tools"
)

// TestCatalogueIsComplete: en.json lists the texts that the code shows, all of them and no
// others. PENTIMENTO_GOLDEN=1 rewrites it.
func TestCatalogueIsComplete(t *testing.T) {
	found := collect(t)
	want := encode(t, found)
	if os.Getenv("PENTIMENTO_GOLDEN") == "1" {
		if err := os.WriteFile("languages/en.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := words.Files.ReadFile("languages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	var has map[string]any
	if err := json.Unmarshal(got, &has); err != nil {
		t.Fatal(err)
	}
	for id := range found.ids {
		if has[id] == nil {
			t.Errorf("en.json lacks %q; run `make golden`", id)
		}
	}
	for id := range has {
		if _, used := found.ids[id]; !used {
			t.Errorf("en.json has %q, which nothing shows; run `make golden`", id)
		}
	}
	if !t.Failed() {
		t.Error("en.json differs in order or in a plural; run `make golden`")
	}
}

// TestNoTextIsOutsideTheCatalogue: what looks like a text in a room of the window stands in
// T or N, in a table that is translated where it is shown, or in the list of exceptions.
func TestNoTextIsOutsideTheCatalogue(t *testing.T) {
	found := collect(t)
	for _, s := range found.outside {
		t.Errorf("%s: %q is outside the catalogue: wrap it in words.T, or give a reason in exceptions", s.at, s.text)
	}
	for text := range exceptions {
		if !found.excepted[text] {
			t.Errorf("the exception %q is in no file any more", text)
		}
	}
}

// TestValuesFitTheirTexts: T gets as many values as its text has verbs, and both forms of
// N name the same ones (one of them may name none).
func TestValuesFitTheirTexts(t *testing.T) {
	for _, s := range collect(t).misfits {
		t.Errorf("%s: %q", s.at, s.text)
	}
}

// TestTranslationsAreWhole: a translation has the catalogue's ids and their verbs, because
// Fyne logs every text that it looks for in vain.
func TestTranslationsAreWhole(t *testing.T) {
	files, err := filepath.Glob("languages/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	ids := collect(t).ids
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var has map[string]any
		if err := json.Unmarshal(data, &has); err != nil {
			t.Fatal(name, err)
		}
		for id, one := range ids {
			text, plain := has[id].(string)
			forms, _ := has[id].(map[string]any)
			switch {
			case plain == (one != "") || !plain && forms["other"] == nil:
				t.Errorf("%s: %q is %v", name, id, has[id])
			case plain && count(text) != count(id):
				t.Errorf("%s: %q has other values than %q", name, text, id)
			}
		}
		if len(has) != len(ids) {
			t.Errorf("%s has %d texts, want %d", name, len(has), len(ids))
		}
	}
}

// encode writes the catalogue: sorted, one text a line.
func encode(t *testing.T, found *texts) []byte {
	t.Helper()
	all := map[string]any{}
	for id, one := range found.ids {
		all[id] = id
		if one != "" {
			all[id] = map[string]string{"one": one, "other": id}
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(all); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fromTables adds the texts of tables outside app, read from their values.
func fromTables(ids map[string]string) {
	for _, row := range tools.All {
		ids[row.Title], ids[row.Help] = "", ""
	}
	for _, e := range fetch.Catalogue {
		ids[e.Help] = ""
	}
	for _, u := range fetch.Upscalers {
		ids[u.Help] = ""
	}
	ids["New"] = "" // the first step, which package canvas makes
	for _, row := range pipeline.Tasks {
		ids[row.Label], ids[row.Why] = "", ""
	}
	for _, p := range merge.Presets {
		ids[p.Short] = ""
	}
	for _, m := range blend.Modes {
		ids[m.String()] = ""
	}
	for _, e := range pipeline.Engines {
		ids[e.Name], ids[e.Help] = "", ""
	}
	for i := range pipeline.Settings {
		s := &pipeline.Settings[i]
		if s.Panel == pipeline.NoControl {
			ids[s.Name] = "" // in the list of differences
			continue
		}
		for _, text := range []string{s.Name, s.Title(), s.Help} {
			ids[text] = ""
		}
		for _, c := range s.Options {
			if len(s.Options) < 12 { // longer lists are names of samplers and schedules
				ids[c.Name] = ""
			}
		}
	}
	delete(ids, "")
}

// verb is a % verb of a format.
var verb = regexp.MustCompile(`%(\[\d+\])?[-+# 0-9.]*[a-zA-Z]`)

func count(text string) int {
	seen := map[string]bool{}
	plain := 0
	for _, v := range verb.FindAllStringSubmatch(strings.ReplaceAll(text, "%%", ""), -1) {
		if v[1] == "" {
			plain++
		}
		seen[v[1]] = true
	}
	if plain == 0 {
		return len(seen)
	}
	return plain
}

func TestTextsAreTranslated(t *testing.T) {
	t.Cleanup(func() { words.Use(nil) })
	if got := words.T("100 %") + words.T("%d of %s", 2, "x") + words.N(1, "one thing", "%d things") + words.N(2, "one thing", "%d things"); got != "100 %2 of xone thing2 things" {
		t.Errorf("in English: %q", got)
	}
	words.Use(func(id string, n int) string {
		if n == 1 {
			return "<1>"
		}
		return "<" + id + ">"
	})
	for _, v := range [][2]string{
		{words.T("Undo"), "<Undo>"}, {words.T("%d of %s", 2, "x"), "<2 of x>"},
		{words.N(1, "%d thing", "%d things"), "<1>"}, {words.N(3, "%d thing", "%d things"), "<3 things>"},
		{words.Label("New layer"), "<New layer>"}, {words.Label("Place boat.png"), "<Place boat.png>"}, {words.Label("Euler a"), "Euler a"},
	} {
		if v[0] != v[1] {
			t.Errorf("got %q, want %q", v[0], v[1])
		}
	}
}
