package lettering

import (
	"sync"
	"unicode"
)

// covered is what was found of letters, on any goroutine.
var covered = struct {
	sync.Mutex
	has map[rune]bool
}{has: map[rune]bool{}}

// Lacks is the first letter of a text that no font here draws; ok is false where all are drawn.
// Each letter is looked for once.
func Lacks(words string) (letter rune, ok bool) {
	covered.Lock()
	defer covered.Unlock()
	for _, r := range words {
		has, known := covered.has[r]
		if !known {
			has = draws(r)
			covered.has[r] = has
		}
		if !has {
			return r, true
		}
	}
	return 0, false
}

// draws says whether some font has an outline for a letter, or it is one that shows nothing.
func draws(r rune) bool {
	if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Z, unicode.Mn) {
		return true
	}
	faces := fontMap()
	defer give(faces)
	faces.SetQuery(query(Own, false, false))
	face := faces.ResolveFace(r)
	if face == nil {
		return false
	}
	gid, ok := face.NominalGlyph(r)
	return ok && gid != 0 && len(segments(face, gid)) > 0
}

// FontFor names a free font that has letters like one.
func FontFor(r rune) string {
	for _, f := range []struct {
		in   []*unicode.RangeTable
		name string
	}{
		{[]*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo}, "Noto Sans CJK"},
		{[]*unicode.RangeTable{unicode.Arabic}, "Noto Sans Arabic"}, {[]*unicode.RangeTable{unicode.Hebrew}, "Noto Sans Hebrew"},
		{[]*unicode.RangeTable{unicode.Devanagari}, "Noto Sans Devanagari"}, {[]*unicode.RangeTable{unicode.Thai}, "Noto Sans Thai"},
		{[]*unicode.RangeTable{unicode.So}, "Noto Emoji"},
	} {
		if unicode.In(r, f.in...) || r >= 0x3000 && r < 0x3040 && f.name == "Noto Sans CJK" {
			return f.name
		}
	}
	return "Noto Sans"
}
