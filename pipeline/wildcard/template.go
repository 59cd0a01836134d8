package wildcard

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// node is a piece of a template.
type node any

type (
	// literal stands for itself.
	literal string
	// named is __name__: one value of the lists that it matches.
	named struct {
		pattern string
		with    []set // for this one alone
	}
	// choice is {…}: from low to high of its options, as many as there are at most.
	choice struct {
		options   []option
		low, high int
		between   string
	}
	option struct {
		weight float64
		is     []node
	}
	// set is ${name=…}; at once is with !.
	set struct {
		name string
		is   []node
		once bool
	}
	// use is ${name} or ${name:otherwise}.
	use struct {
		name      string
		otherwise []node
		optional  bool
	}
)

// template is a text as it was read.
type template struct {
	is      []node
	special bool     // it is more than text
	spans   []Span   // of the source: what is special on its outermost level
	marks   []Mark   // what the language itself has written, on every level
	names   []string // of lists
}

// reader reads one text.
type reader struct {
	text    string
	partner []int // of each bracket that has one; -1
	nesting int
	t       template
}

// parse reads a text. Nothing is an error.
func parse(text string) *template {
	r := &reader{text: withoutComments(text)}
	r.match()
	r.t.is = r.sequence(0, len(r.text))
	return &r.t
}

// withoutComments writes blanks over "# …", so that places stay, and takes them off at the end.
func withoutComments(text string) string {
	if !strings.Contains(text, "#") {
		return text
	}
	b := []byte(text)
	for i, inside := 0, false; i < len(b); i++ {
		switch {
		case b[i] == '\n':
			inside = false
		case b[i] == '#' && (i == 0 || b[i-1] != '\\'):
			inside = true
		}
		if inside {
			b[i] = ' '
		}
	}
	return strings.TrimRight(string(b), " \n")
}

// match finds the partners of curly and square brackets. A square bracket that is not closed
// before its braces are is text.
func (r *reader) match() {
	r.partner = make([]int, len(r.text))
	var open []int
	for i := 0; i < len(r.text); i++ {
		r.partner[i] = -1
		switch c := r.text[i]; c {
		case '\\':
			if i++; i < len(r.text) {
				r.partner[i] = -1
			}
		case '{', '[':
			open = append(open, i)
		case '}', ']':
			n := len(open) - 1
			for c == '}' && n >= 0 && r.text[open[n]] == '[' {
				n--
			}
			if n >= 0 && r.text[open[n]] == c-2 { // '{' and '}', '[' and ']' are two apart
				r.partner[open[n]], r.partner[i] = i, open[n]
				open = open[:n]
			}
		}
	}
}

// sequence reads what stands from one place to another.
func (r *reader) sequence(from, to int) (out []node) {
	plain := from
	add := func(at, end int, n node) {
		out = appendText(out, r.text[plain:at])
		out, plain = append(out, n), end
		if r.t.special = true; r.nesting == 0 {
			r.t.spans = append(r.t.spans, Span{at, end})
		}
	}
	for i := from; i < to; i++ {
		switch c := r.text[i]; {
		case c == '\\':
			if i++; strings.HasPrefix(r.text[i-1:to], `\__`) {
				i++
			}
		case c == '$' && i+1 < to && r.text[i+1] == '{' && r.partner[i+1] > 0:
			if n, ok := r.variable(i+2, r.partner[i+1]); ok {
				end := r.partner[i+1] + 1
				if _, sets := n.(set); sets { // it leaves nothing, the blanks behind it neither
					end += len(r.text[end:to]) - len(strings.TrimLeft(r.text[end:to], " \n"))
				}
				add(i, end, n)
				i = end - 1
			}
		case c == '{' && r.partner[i] > 0:
			if n, ok := r.choice(i+1, r.partner[i]); ok {
				add(i, r.partner[i]+1, n)
				i = r.partner[i]
			} else if r.nesting < maxNesting { // all of it is text: read again, it would double with each level
				i = r.partner[i]
			}
		case c == '_':
			if n, end, ok := r.wildcard(i, to); ok && !(i > plain && wordBefore(r.text[:i])) {
				add(i, end, n)
				r.t.names = append(r.t.names, n.pattern)
				r.mark(i, end, n.pattern)
				i = end - 1
			}
		}
	}
	return appendText(out, r.text[plain:to])
}

func appendText(out []node, text string) []node {
	if text == "" {
		return out
	}
	return append(out, literal(text))
}

// wordBefore says whether a text ends within a word.
func wordBefore(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return last == '_' || unicode.IsLetter(last) || unicode.IsDigit(last)
}

// within reads a part of a sequence that is on a level of its own.
func (r *reader) within(from, to int) []node {
	r.nesting++
	defer func() { r.nesting-- }()
	return r.sequence(from, to)
}

// choice reads the inside of braces; ok is false where they are text.
func (r *reader) choice(from, to int) (c choice, ok bool) {
	if r.nesting >= maxNesting {
		return c, false
	}
	was, marks, open := r.t.special, len(r.t.marks), from-1
	r.t.special = false
	c.low, c.high, c.between = 1, 1, ", "
	if low, high, n, found := bounds(r.text[from:to]); found {
		ok, c.low, c.high, from = true, low, high, from+n
		if end := strings.Index(r.text[from:to], "$$"); end >= 0 && !strings.ContainsAny(r.text[from:from+end], "{}|") {
			c.between, from = r.text[from:from+end], from+end+2
		}
	}
	if from < to && strings.IndexByte("~@", r.text[from]) >= 0 {
		from++
	}
	all := r.divide(from, to)
	for _, part := range all {
		if part.Start > from {
			open = part.Start - 1 // the bar
		}
		o, begin, end := option{weight: 1}, part.Start, part.End
		if w, n, found := weight(r.text[begin:end]); found {
			ok, o.weight, begin = true, w, begin+n
		}
		r.mark(open, begin, "")
		o.is = r.within(tidy(r.text, begin, end))
		c.options = append(c.options, o)
	}
	ok = ok || len(all) > 1 || r.t.special
	if r.mark(to, to+1, ""); !ok {
		r.t.marks = r.t.marks[:marks]
	}
	r.t.special = was || ok
	return c, ok
}

func (r *reader) mark(from, to int, name string) {
	r.t.marks = append(r.t.marks, Mark{Span{from, to}, name})
}

// divide cuts the inside of braces at its bars.
func (r *reader) divide(from, to int) (out []Span) {
	begin := from
	for i := from; i < to; i++ {
		switch c := r.text[i]; {
		case c == '\\':
			i++
		case (c == '{' || c == '[') && r.partner[i] > i:
			i = r.partner[i]
		case c == '|':
			out = append(out, Span{begin, i})
			begin = i + 1
		}
	}
	return append(out, Span{begin, to})
}

// tidy takes line breaks and the blanks around them from both ends of a range: templates are
// written over several lines.
func tidy(text string, from, to int) (int, int) {
	part := text[from:to]
	if left := strings.TrimLeft(part, " \t\r\n"); strings.Contains(part[:len(part)-len(left)], "\n") {
		from += len(part) - len(left)
	}
	part = text[from:to]
	if right := strings.TrimRight(part, " \t\r\n"); strings.Contains(part[len(right):], "\n") {
		to = from + len(right)
	}
	return from, to
}

// bounds reads "2$$", "1-3$$", "-3$$" or "1-$$"; high is −1 for as many as there are.
func bounds(text string) (low, high, n int, ok bool) {
	head, _, found := strings.Cut(text, "$$")
	if !found || len(head) > 16 {
		return 0, 0, 0, false
	}
	first, last, ranged := strings.Cut(strings.TrimSpace(head), "-")
	whole := func(s string, otherwise int) int {
		if s = strings.TrimSpace(s); s == "" {
			return otherwise
		}
		if v, err := strconv.ParseUint(s, 10, 16); err == nil {
			return int(v)
		}
		return -2
	}
	low, high = whole(first, 1), whole(last, -1)
	if !ranged {
		high = low
	}
	if low < 0 || high < -1 || first == "" && last == "" {
		return 0, 0, 0, false
	}
	if high >= 0 && high < low {
		low, high = high, low
	}
	return low, high, len(head) + 2, true
}

// weight reads "2.5::".
func weight(text string) (w float64, n int, ok bool) {
	head, _, found := strings.Cut(text, "::")
	if !found || len(head) > 24 {
		return 0, 0, false
	}
	w, err := strconv.ParseFloat(strings.TrimSpace(head), 64)
	if err != nil || !(w >= 0 && w <= 1e9) {
		return 0, 0, false
	}
	return w, len(head) + 2, true
}

// variable reads the inside of ${…}.
func (r *reader) variable(from, to int) (node, bool) {
	if r.nesting >= maxNesting {
		return nil, false
	}
	end := from
	for end < to && wordBefore(r.text[from:end+runeLen(r.text[end:])]) {
		end += runeLen(r.text[end:])
	}
	name := r.text[from:end]
	if name == "" || end < to && r.text[end] != ':' && r.text[end] != '=' {
		return nil, false
	}
	defer r.mark(to, to+1, "")
	switch {
	case end == to:
		r.mark(from-2, end, "")
		return use{name: name}, true
	case r.text[end] == ':':
		r.mark(from-2, end+1, "")
		return use{name, r.within(end+1, to), true}, true
	}
	once := end+1 < to && r.text[end+1] == '!'
	if end++; once {
		end++
	}
	r.mark(from-2, end, "")
	return set{name, r.within(tidy(r.text, end, to)), once}, true
}

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// longestName bounds the names of lists.
const longestName = 200

// wildcard reads __name__ or __name(x=…)__ at a place.
func (r *reader) wildcard(at, to int) (n named, end int, ok bool) {
	text := r.text[at:to]
	if !strings.HasPrefix(text, "__") {
		return n, 0, false
	}
	text = text[2:]
	stop := strings.IndexFunc(text[:min(len(text), longestName+8)], func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_-/\\.*? ~@", c)
	})
	if stop < 0 {
		stop = min(len(text), longestName+8)
	}
	close := strings.Index(text[:stop], "__")
	if close < 0 && stop < len(text) && text[stop] == '(' {
		return r.withArguments(at, text, stop)
	}
	if close < 1 {
		return n, 0, false
	}
	n.pattern = strings.TrimLeft(text[:close], "~@")
	return n, at + 2 + close + 2, isName(n.pattern)
}

// withArguments is wildcard where a bracket follows the name.
func (r *reader) withArguments(at int, text string, open int) (n named, end int, ok bool) {
	n.pattern = strings.TrimLeft(text[:open], "~@")
	close := strings.Index(text, ")__")
	if close < open || strings.ContainsAny(text[open:close], "\n{}|") || !isName(n.pattern) {
		return n, 0, false
	}
	for _, arg := range strings.Split(text[open+1:close], ",") {
		name, value, found := strings.Cut(arg, "=")
		if !found {
			return n, 0, false
		}
		n.with = append(n.with, set{name: strings.TrimSpace(name), is: appendText(nil, strings.TrimSpace(value))})
	}
	return n, at + 2 + close + 3, true
}

// isName says whether a list can be called so.
func isName(s string) bool {
	return s != "" && len(s) <= longestName && strings.TrimSpace(s) == s && strings.ContainsFunc(s, func(c rune) bool { return c == '*' || unicode.IsLetter(c) || unicode.IsDigit(c) })
}
