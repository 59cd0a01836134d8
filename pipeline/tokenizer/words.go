package tokenizer

import "unicode"

// nextWord is the length of the word that the text begins with, as CLIP's pattern cuts it:
// the special names, contractions, a run of letters, one digit, a run of anything else.
// A space is a word of its own, which the caller drops.
func nextWord(text []letter) (n int, special string) {
	for _, name := range []string{startText, endText} {
		if begins(text, name) {
			return len(name), name
		}
	}
	for _, c := range []string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
		if begins(text, c) {
			return len(c), ""
		}
	}
	kind := kindOf(text[0].r)
	for n = 1; n < len(text) && kind != digit && kind != blank && kindOf(text[n].r) == kind; n++ {
	}
	return n, ""
}

// begins compares with an ASCII name.
func begins(text []letter, name string) bool {
	if len(text) < len(name) {
		return false
	}
	for i := range len(name) {
		if text[i].r != rune(name[i]) {
			return false
		}
	}
	return true
}

const (
	alphabetic = iota
	digit
	blank
	other
)

func kindOf(r rune) int {
	switch {
	case unicode.IsLetter(r):
		return alphabetic
	case unicode.IsNumber(r):
		return digit
	case space(r):
		return blank
	}
	return other
}
