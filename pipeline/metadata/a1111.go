package metadata

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// paramPair finds "key: value" and "key: "quoted value"" in A1111's last line. Its \w
	// knows all letters.
	paramPair    = regexp.MustCompile(`\s*([\p{L}\p{N}_][\p{L}\p{N}_ \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)`)
	bareKey      = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_ \-/]+$`)
	versionParts = regexp.MustCompile(`(\d+)\.(\d+)\.(\d+)`)
)

// leastPairs is how many pairs make a last line parameters and not prompt.
const leastPairs = 3

const negativeMark = "Negative prompt:"

// Text writes the recipe as A1111's "parameters" text: prompt, negative prompt, and one
// line of parameters. White space around a prompt is not kept, nor can a line of the
// prompt that begins with "Negative prompt:" be told from the real one (the form has no
// escape); a recipe with fewer than three parameters is read back as prompt only.
func (r *Recipe) Text() string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(r.FullPrompt()))
	if n := strings.TrimSpace(r.Negative); n != "" {
		b.WriteString("\n" + negativeMark + " " + n)
	}
	for i, p := range r.Params {
		sep := ", "
		if i == 0 {
			sep = "\n"
		}
		b.WriteString(sep + writeParam(p))
	}
	return strings.TrimSpace(b.String())
}

// writeParam writes one parameter; one whose value is its key is written as the key.
func writeParam(p Param) string {
	if p.Value == p.Key && bareKey.MatchString(p.Key) {
		return p.Key
	}
	return p.Key + ": " + quote(p.Value)
}

// quote makes a value that would not survive raw into a JSON string, characters outside
// ASCII kept. A1111 quotes for comma, colon and newline; the rest would be lost too.
func quote(s string) string {
	raw := s != "" && !strings.ContainsAny(s, ",:") && s[0] != '"' && strings.TrimSpace(s) == s && utf8.ValidString(s)
	for _, r := range s {
		raw = raw && r >= ' ' && r != 0x7f
	}
	if raw {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	var v string
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' && json.Unmarshal([]byte(s), &v) == nil {
		return v
	}
	return s
}

// ParseA1111 reads a "parameters" text, in any order of keys, of any version, also as
// stable-diffusion.cpp and Krita's plugin write it. Every text is one: without a line of
// parameters it is all prompt.
func ParseA1111(text string) *Recipe {
	r := &Recipe{Dialect: A1111}
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n"))
	lines := strings.Split(text, "\n")
	end := len(lines) - 1
	line, extra := cutSDCPP(lines[end])
	if pairs := paramPair.FindAllStringSubmatchIndex(line, -1); len(pairs) >= leastPairs {
		r.readParams(line, pairs)
		if extra != "" {
			r.Params = append(r.Params, Param{"SDCPP", extra})
		}
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
	if v, _ := r.Get("Version"); extra != "" || strings.HasPrefix(v, SDCpp) {
		r.Dialect = SDCpp
	}
	return r
}

// readParams takes the pairs found in line, and what lies between them: keys that stand
// alone, and remains that nobody can read.
func (r *Recipe) readParams(line string, pairs [][]int) {
	at := 0
	between := func(s string) {
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
	for _, m := range pairs {
		between(line[at:m[0]])
		at = m[1]
		key, value := line[m[2]:m[3]], line[m[4]:m[5]]
		if k := strings.TrimRight(key, " "); utf8.RuneCountInString(k) > 1 { // shorter ones are no keys
			key = k
		}
		if value = strings.TrimSpace(value); value != "" { // an empty value means nothing
			r.Params = append(r.Params, Param{key, unquote(value)})
		}
	}
	between(line[at:])
}

// cutSDCPP takes off the JSON that stable-diffusion.cpp adds to the line unquoted.
func cutSDCPP(line string) (rest, extra string) {
	const mark = ", SDCPP: {"
	if i := strings.LastIndex(line, mark); i >= 0 {
		if s := strings.TrimSpace(line[i+len(mark)-1:]); json.Valid([]byte(s)) {
			return line[:i], s
		}
	}
	return line, ""
}
