package prompt

import (
	"strconv"
	"strings"
	"unicode"
)

const stronger = 1.1

// attention reads A1111's weights: ( ) times 1.1, [ ] divided by 1.1, (x:w) times w;
// backslashes escape; unclosed brackets reach to the end; stray closers are text. Runs of
// equal weight are joined.
func attention(t text) []Segment {
	a := &attentive{}
	for at := 0; at < len(t.s); {
		at += a.next(t, at)
	}
	for _, from := range a.round {
		a.multiply(from, stronger)
	}
	for _, from := range a.square {
		a.multiply(from, 1/stronger)
	}
	if len(a.out) == 0 {
		return []Segment{{Weight: 1}}
	}
	return merged(a.out)
}

// attentive holds the segments so far and where open brackets began among them. The two
// kinds of brackets are counted apart: "(a [b) c]" is fine.
type attentive struct {
	out           []Segment
	round, square []int
}

// next reads one item at a place and returns its length.
func (a *attentive) next(t text, at int) int {
	rest := t.s[at:]
	switch c := rest[0]; c {
	case '\\':
		if len(rest) > 1 && strings.IndexByte(`()[]\`, rest[1]) >= 0 {
			a.add(t.cut(at+1, at+2))
			return 2
		}
		return 1 // a lone backslash is dropped
	case '(':
		if len(a.round) < maxNesting {
			a.round = append(a.round, len(a.out))
			return 1
		}
	case '[':
		if len(a.square) < maxNesting {
			a.square = append(a.square, len(a.out))
			return 1
		}
	case ')':
		if len(a.round) > 0 {
			a.round = a.closed(a.round, stronger)
			return 1
		}
	case ']':
		if len(a.square) > 0 {
			a.square = a.closed(a.square, 1/stronger)
			return 1
		}
	case ':':
		if w, n, ok := closingWeight(rest); ok && len(a.round) > 0 {
			a.round = a.closed(a.round, w)
			return n
		}
	default:
		n := strings.IndexAny(rest, `\()[]:`)
		if n < 0 {
			n = len(rest)
		}
		a.addBroken(t.cut(at, at+n))
		return n
	}
	a.add(t.cut(at, at+1))
	return 1
}

// closed weighs what the innermost open bracket of a stack encloses and returns the rest.
func (a *attentive) closed(stack []int, by float64) []int {
	top := len(stack) - 1
	a.multiply(stack[top], by)
	return stack[:top]
}

// multiply weighs everything from a segment on.
func (a *attentive) multiply(from int, by float64) {
	for i := range a.out[from:] {
		a.out[from+i].Weight *= by
	}
}

// closingWeight reads ":number)" and its length. Digits and dots that make no number are
// text.
func closingWeight(s string) (w float64, n int, ok bool) {
	n = 1
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	for n < len(s) && (s[n] == '.' || s[n] >= '0' && s[n] <= '9') {
		n++
	}
	if n == len(s) || s[n] != ')' {
		return 0, 0, false
	}
	w, err := strconv.ParseFloat(s[1:n], 64)
	return w, n + 1, err == nil
}

func (a *attentive) add(t text) { a.out = append(a.out, Segment{t.s, 1, t.at}) }

// addBroken adds text, cut at the word BREAK and the white space around it.
func (a *attentive) addBroken(t text) {
	from := 0
	for _, at := range words(t.s, "BREAK") {
		end := len(strings.TrimRightFunc(t.s[:at], unicode.IsSpace))
		a.add(t.cut(from, max(from, end)))
		b := t.cut(at, at+5)
		a.out = append(a.out, Segment{b.s, -1, b.at})
		from = len(t.s) - len(strings.TrimLeftFunc(t.s[at+5:], unicode.IsSpace))
	}
	a.add(t.cut(from, len(t.s)))
}

// merged joins neighbours of equal weight.
func merged(in []Segment) []Segment {
	var out []Segment
	for from := 0; from < len(in); {
		to, b := from, builder{}
		for to < len(in) && in[to].Weight == in[from].Weight {
			b.add(text{in[to].Text, in[to].At})
			to++
		}
		t := b.text()
		out = append(out, Segment{t.s, in[from].Weight, t.at})
		from = to
	}
	return out
}

// comfyWeights reads ComfyUI's weights: round brackets only, nested ones times 1.1, a
// written number replaces what encloses it; only \( and \) are escapes; unbalanced brackets
// are text.
func comfyWeights(t text) []Segment {
	var out []Segment
	comfy(&out, t, 1, 0)
	return out
}

func comfy(out *[]Segment, t text, weight float64, depth int) {
	for _, item := range topBrackets(t) {
		n := len(item.s)
		if depth >= maxNesting || n < 2 || item.s[0] != '(' || item.s[n-1] != ')' || escaped(item.s, n-1) {
			u := unescaped(item)
			*out = append(*out, Segment{u.s, weight, u.at})
			continue
		}
		inner, w := item.cut(1, n-1), weight*stronger
		if colon := strings.LastIndexByte(inner.s, ':'); colon > 0 {
			if f, err := strconv.ParseFloat(strings.TrimSpace(inner.s[colon+1:]), 64); err == nil && f-f == 0 {
				inner, w = inner.cut(0, colon), f
			}
		}
		comfy(out, inner, w, depth+1)
	}
}

// topBrackets cuts a text into bracketed and other pieces of the outermost level. Counting
// goes below zero at stray closers, as in ComfyUI.
func topBrackets(t text) []text {
	var out []text
	from, level := 0, 0
	flush := func(to int) {
		if to > from {
			out = append(out, t.cut(from, to))
		}
		from = to
	}
	for i := 0; i < len(t.s); i++ {
		switch c := t.s[i]; {
		case c == '\\' && i+1 < len(t.s) && (t.s[i+1] == '(' || t.s[i+1] == ')'):
			i++
		case c == '(':
			if level == 0 {
				flush(i)
			}
			level++
		case c == ')':
			if level--; level == 0 {
				flush(i + 1)
			}
		}
	}
	flush(len(t.s))
	return out
}

// escaped says whether the bracket at i has a backslash before it.
func escaped(s string, i int) bool { return i > 0 && s[i-1] == '\\' }

// unescaped drops the backslash of \( and \).
func unescaped(t text) text {
	var b builder
	from := 0
	for i := 0; i+1 < len(t.s); i++ {
		if t.s[i] == '\\' && (t.s[i+1] == '(' || t.s[i+1] == ')') {
			b.add(t.cut(from, i))
			from = i + 1
			i++
		}
	}
	b.add(t.cut(from, len(t.s)))
	return b.text()
}
