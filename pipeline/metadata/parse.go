package metadata

import (
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"
)

// ParseA1111 reads a "parameters" text, in any order of keys, of any version, also as
// stable-diffusion.cpp and Krita's plugin write it. Every text is one: without a line of
// parameters it is all prompt.
func ParseA1111(text string) *Recipe {
	r := &Recipe{Dialect: A1111}
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n"))
	lines := strings.Split(text, "\n")
	end := len(lines) - 1
	if pairs, rest := splitPairs(lines[end]); len(pairs) >= leastPairs {
		r.readParams(pairs, rest)
		lines = lines[:end]
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
	_, extra := r.Get("SDCPP")
	if v, _ := r.Get("Version"); extra || strings.HasPrefix(v, SDCpp) {
		r.Dialect = SDCpp
	}
	return r
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

// readParams takes the pairs of a line, and what lies between them: keys that stand
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
