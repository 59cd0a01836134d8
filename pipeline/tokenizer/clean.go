package tokenizer

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// letter is a character of the cleaned text and the bytes of the source it came from.
type letter struct {
	r        rune
	from, to int
}

// clean resolves HTML entities twice, makes every run of white space one space, trims and
// lower-cases.
func clean(text string) []letter {
	letters := make([]letter, 0, len(text))
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		letters = append(letters, letter{r, i, i + size})
	}
	return lower(collapse(unescape(unescape(letters))))
}

// unescape resolves entities once.
func unescape(in []letter) []letter {
	var out []letter
	for i := 0; i < len(in); {
		if in[i].r != '&' {
			out = append(out, in[i])
			i++
			continue
		}
		end := i + 1
		for end < len(in) && end-i < 40 && entityRune(in[end].r) {
			end++
		}
		if end < len(in) && in[end].r == ';' {
			end++
		}
		written := runes(in[i:end])
		meant := html.UnescapeString(written)
		// what both end on was not part of the entity: "&ampx" is "&x"
		tail := 0
		for meant != written && tail < min(len(written), len(meant)) && written[len(written)-1-tail] == meant[len(meant)-1-tail] && written[len(written)-1-tail] < utf8.RuneSelf {
			tail++
		}
		if meant == written {
			out = append(out, in[i:end]...)
		} else {
			last := end - tail // the tail is ASCII: a byte a letter
			for _, r := range meant[:len(meant)-tail] {
				out = append(out, letter{r, in[i].from, in[last-1].to})
			}
			out = append(out, in[last:end]...)
		}
		i = end
	}
	return out
}

func entityRune(r rune) bool {
	return r == '#' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func runes(letters []letter) string {
	var b strings.Builder
	for _, l := range letters {
		b.WriteRune(l.r)
	}
	return b.String()
}

// collapse makes runs of white space one space and trims the ends.
func collapse(in []letter) []letter {
	var out []letter
	for _, l := range in {
		switch {
		case !space(l.r):
			out = append(out, l)
		case len(out) > 0 && out[len(out)-1].r == ' ':
			out[len(out)-1].to = l.to
		case len(out) > 0:
			out = append(out, letter{' ', l.from, l.to})
		}
	}
	if n := len(out); n > 0 && out[n-1].r == ' ' {
		out = out[:n-1]
	}
	return out
}

// space also takes the four separators that Python counts as white space.
func space(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// lower maps to lower case as Python does: with a dotted i for İ and the final form of Σ
// at the end of a word.
func lower(in []letter) []letter {
	out := make([]letter, 0, len(in))
	for i, l := range in {
		switch l.r {
		case 'İ':
			out = append(out, letter{'i', l.from, l.to}, letter{'\u0307', l.from, l.to})
			continue
		case 'Σ':
			l.r = 'σ'
			if casedBeside(in, i, -1) && !casedBeside(in, i, 1) {
				l.r = 'ς'
			}
		default:
			l.r = unicode.ToLower(l.r)
		}
		out = append(out, l)
	}
	return out
}

// casedBeside says whether the next letter that matters in a direction has case; marks and
// apostrophes do not matter (Unicode's Final_Sigma).
func casedBeside(in []letter, i, step int) bool {
	for i += step; i >= 0 && i < len(in); i += step {
		r := in[i].r
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·’", r) {
			continue
		}
		return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
	}
	return false
}
