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

// maxPairs bounds the pairs that are taken from a line; maxJSON how many values may be
// tried as JSON. A hostile line costs no more than that.
const (
	maxPairs = 10000
	maxJSON  = 256
)

const negativeMark = "Negative prompt:"

// Text writes the recipe as A1111's "parameters" text: prompt, negative prompt, and one
// line of parameters. White space around a prompt is not kept, nor can a line of the
// prompt that begins with "Negative prompt:" be distinguished from the real one (the form has no
// escape); a recipe with fewer than three parameters is read back as prompt only. Regions are said as
// Regional Prompter says them, where it can.
func (r *Recipe) Text() string {
	r = r.regionally()
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

// lineBreaks escapes what some writers leave raw within quotes.
var lineBreaks = strings.NewReplacer("\n", `\n`, "\t", `\t`)

func unquote(s string) string {
	s = strings.TrimSpace(s)
	var v string
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' && json.Unmarshal([]byte(lineBreaks.Replace(s)), &v) == nil {
		return v
	}
	return s
}
