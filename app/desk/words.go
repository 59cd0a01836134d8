package desk

import (
	"strings"
	"unicode"
)

// Shorten is a text as a name in one line: cut to n letters at most, the last one then "…", and
// where a line or a tab ends a space.
func Shorten(s string, n int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, s))
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
