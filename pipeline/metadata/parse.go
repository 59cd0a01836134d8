package metadata

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// ParseA1111 reads a "parameters" text, in any order of keys, of any version, also as
// stable-diffusion.cpp and Krita's plugin write it. Every text is one: without a line of
// parameters it is all prompt. What extensions write below that line ("Template: …") is
// kept as parameters of their names.
func ParseA1111(text string) *Recipe {
	r := &Recipe{Dialect: A1111}
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n"))
	lines := splitOneLine(strings.Split(text, "\n"))
	if at, end := paramLines(lines); at >= 0 {
		pairs, rest := splitPairs(strings.Join(lines[at:end], "\n"))
		r.readParams(pairs, rest)
		r.readBelow(lines[end:])
		lines = lines[:at]
	}
	var prompt, negative []string
	into := &prompt
	for _, l := range lines {
		if into == &prompt {
			if rest, ok := strings.CutPrefix(strings.TrimLeft(l, " \t"), negativeMark); ok {
				into, l = &negative, rest
			}
		}
		*into = append(*into, l)
	}
	r.Prompt = strings.TrimSpace(strings.Join(prompt, "\n"))
	r.Negative = strings.TrimSpace(strings.Join(negative, "\n"))
	r.negativeOfParams()
	_, extra := r.Get("SDCPP")
	if v, _ := r.Get("Version"); extra || strings.HasPrefix(v, SDCpp) {
		r.Dialect = SDCpp
	}
	return r
}

// negativeOfParams takes a negative prompt that stands among the parameters, where that can be told from more of them.
func (r *Recipe) negativeOfParams() {
	key := strings.TrimSuffix(negativeMark, ":")
	for i := slices.IndexFunc(r.Params, func(p Param) bool { return p.Key == key }); i >= 0; i = slices.IndexFunc(r.Params, func(p Param) bool { return p.Key == key }) {
		v := r.Params[i].Value
		if r.Params = slices.Delete(r.Params, i, i+1); r.Negative == "" && !strings.ContainsAny(v, ",:\n\"") {
			r.Negative = strings.TrimSpace(v)
		} else {
			r.Unread = append(r.Unread, key+": "+v)
		}
	}
}

// paramLines finds the lines of the parameters, at to end−1: the last that names steps and
// has pairs enough, behind the negative prompt where there is one, or else the last line of all, if it
// has pairs enough. A line with an open quote goes on in the next.
func paramLines(lines []string) (at, end int) {
	from := max(0, slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimLeft(l, " \t"), negativeMark) }))
	for i := len(lines) - 1; i >= from; i-- {
		if !strings.Contains(lines[i], stepsMark) {
			continue
		}
		end, open := i, false
		for ; end < len(lines); end++ {
			if open = open != openQuote(lines[end]); !open {
				break
			}
		}
		if open { // never closed: a line of its own
			end = i
		}
		pairs, _ := splitPairs(strings.Join(lines[i:end+1], "\n"))
		if len(pairs) >= leastPairs && slices.ContainsFunc(pairs, func(p pairOf) bool { return p.key+":" == stepsMark }) {
			return i, end + 1
		}
	}
	if pairs, _ := splitPairs(lines[len(lines)-1]); len(pairs) >= leastPairs {
		return len(lines) - 1, len(lines)
	}
	return -1, -1
}

const stepsMark = "Steps:"

// openQuote says whether a line opens or closes a quote that it does not end: it has an odd
// number of quotation marks that are not escaped.
func openQuote(line string) bool {
	odd := false
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			odd = !odd
		}
	}
	return odd
}

// splitOneLine puts parameters that stand behind the negative prompt in its own line into a
// line of theirs.
func splitOneLine(lines []string) []string {
	for i, l := range lines {
		if !strings.HasPrefix(strings.TrimLeft(l, " \t"), negativeMark) {
			continue
		}
		at := strings.LastIndex(l, " "+stepsMark+" ")
		if at < 0 {
			continue
		}
		if pairs, _ := splitPairs(l[at:]); len(pairs) >= leastPairs {
			out := slices.Clone(lines)
			out[i] = l[:at]
			return slices.Insert(out, i+1, l[at+1:])
		}
	}
	return lines
}

// readBelow keeps what stands below the parameters: "Key: text" as a parameter, the rest as it is.
func (r *Recipe) readBelow(lines []string) {
	for _, l := range lines {
		l = strings.TrimSpace(l)
		key, value, ok := strings.Cut(l, ": ")
		key = strings.TrimRight(key, " ")
		switch _, there := r.Get(key); {
		case l == "":
		case ok && !there && bareKey.MatchString(key):
			r.Params = append(r.Params, Param{key, unquote(value)})
		default:
			r.Unread = append(r.Unread, l)
		}
	}
}

// pairOf is one pair of a line of parameters: before is what nobody can read between the
// pair before and this one.
type pairOf struct{ before, key, value string }

// splitPairs takes a line apart. A value is a JSON string, bare JSON (which the Hashes and
// resources of A1111's extensions and stable-diffusion.cpp's SDCPP are), or whatever
// stands before the next comma. rest is what follows the last pair.
func splitPairs(line string) (pairs []pairOf, rest string) {
	tries := 0
	for len(pairs) < maxPairs {
		m := paramPair.FindStringSubmatchIndex(line)
		if m == nil {
			break
		}
		p := pairOf{line[:m[0]], line[m[2]:m[3]], line[m[4]:m[5]]}
		next := m[1]
		if strings.HasPrefix(p.value, "{") || strings.HasPrefix(p.value, "[") {
			if tries++; tries <= maxJSON {
				if n := jsonPrefix(line[m[4]:]); n > 0 {
					p.value = line[m[4] : m[4]+n]
					next = m[4] + n
					if tail := line[next:]; strings.TrimLeft(tail, " ") != "" {
						next += strings.IndexByte(tail, ',') + 1
					} else {
						next = len(line)
					}
				}
			}
		}
		pairs, line = append(pairs, p), line[next:]
	}
	return pairs, line
}

// jsonPrefix is the length of the JSON value that s begins with, where a comma or the end
// of the line follows it; 0 for none.
func jsonPrefix(s string) int {
	dec := json.NewDecoder(strings.NewReader(s))
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil && err != io.EOF {
		return 0
	}
	n := int(dec.InputOffset())
	if tail := strings.TrimLeft(s[n:], " "); tail != "" && tail[0] != ',' {
		return 0
	}
	return n
}

// readParams takes the pairs of a line, and what is between them: keys that stand
// alone, and remains that nobody can read.
func (r *Recipe) readParams(pairs []pairOf, rest string) {
	for _, p := range pairs {
		r.readBetween(p.before)
		if k := strings.TrimRight(p.key, " "); utf8.RuneCountInString(k) > 1 { // shorter ones are no keys
			p.key = k
		}
		if p.value = strings.TrimSpace(p.value); p.value != "" { // an empty value means nothing
			r.Params = append(r.Params, Param{p.key, unquote(p.value)})
		}
	}
	if len(pairs) == maxPairs {
		if rest = strings.TrimSpace(rest); rest != "" {
			r.Unread = append(r.Unread, rest)
		}
		return
	}
	r.readBetween(rest)
}

func (r *Recipe) readBetween(s string) {
	for _, s := range strings.Split(s, ",") {
		switch s = strings.TrimSpace(s); {
		case s == "":
		case bareKey.MatchString(s):
			r.Params = append(r.Params, Param{s, s})
		default:
			r.Unread = append(r.Unread, s)
		}
	}
}
