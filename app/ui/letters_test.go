package ui

import (
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/theme"
	"golang.org/x/image/font/sfnt"

	"pentimento/app/words"
)

// Every letter and sign of the window's own texts is in the font that the program brings: not
// every system has a font for the others, which would be shown as a question mark.
func TestEverySignIsInTheFontThatIsBrought(t *testing.T) {
	font, err := sfnt.Parse(theme.DefaultTextFont().Content())
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{} // text → where it stands
	catalogue, err := words.Files.ReadFile("languages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(catalogue), "\n") {
		texts[line] = "en.json"
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var s scanner.Scanner
		s.Init(token.NewFileSet().AddFile(name, -1, len(source)), source, nil, 0)
		for _, kind, text := s.Scan(); kind != token.EOF; _, kind, text = s.Scan() {
			if kind == token.STRING || kind == token.CHAR {
				texts[text] = name
			}
		}
	}
	var b sfnt.Buffer
	letters := 0
	for text, where := range texts {
		for _, r := range text {
			if r < ' ' {
				continue
			}
			letters++
			if i, err := font.GlyphIndex(&b, r); err != nil || i == 0 {
				t.Errorf("%s: %q: %q (%U) is not in the font", where, text, r, r)
			}
		}
	}
	if letters < 20000 {
		t.Errorf("%d letters looked at, want all texts", letters)
	}
}
