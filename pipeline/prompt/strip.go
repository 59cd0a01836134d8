package prompt

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// stripComments removes "# …" up to the end of the line.
func (p *Prompt) stripComments(t text) text {
	var out builder
	for from := 0; from < len(t.s); {
		hash := strings.IndexByte(t.s[from:], '#')
		if hash < 0 {
			out.add(t.cut(from, len(t.s)))
			break
		}
		hash += from
		end := len(t.s)
		if n := strings.IndexByte(t.s[hash:], '\n'); n >= 0 {
			end = hash + n
		}
		out.add(t.cut(from, hash))
		p.comments = append(p.comments, Span{hash, end})
		from = end
	}
	return out.text()
}

// Network is an extra network named in the text, such as <lora:fog:0.7>.
type Network struct {
	Kind string // "lora", "lyco", "hypernet", … as written
	Name string
	// Positional are the arguments after the name, Named those written k=v.
	Positional []string
	Named      map[string]string
	Span       Span
}

// IsAdapter says whether the network is a file that changes weights of the model.
func (n Network) IsAdapter() bool { return n.Kind == "lora" || n.Kind == "lyco" }

// Multipliers are a LoRA's strengths: of the text encoder, of the denoiser, and the rank
// to cut to (0 for all of it). Numbers that cannot be read are left at their defaults.
func (n Network) Multipliers() (text, denoiser float64, rank int) {
	number := func(at int, name string, otherwise float64) float64 {
		value := n.Named[name]
		if value == "" && at < len(n.Positional) {
			value = n.Positional[at]
		}
		if f, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && f-f == 0 {
			return f
		}
		return otherwise
	}
	text = number(0, "te", 1)
	denoiser = number(1, "unet", text)
	return text, denoiser, int(min(max(number(2, "dyn", 0), 0), 1<<20))
}

// Blocks are a LoRA's block weights as written, "" where there are none: numbers with commas
// between them or the name of a list, and the name of rules. Both are named (lbw= or w=, lbwe=)
// or follow the strengths, where what is no number is theirs.
func (n Network) Blocks() (list, rules string) {
	if list = n.Named["lbw"]; list == "" {
		list = n.Named["w"]
	}
	rules = n.Named["lbwe"]
	for _, arg := range n.Positional {
		f, err := strconv.ParseFloat(strings.TrimSpace(arg), 64)
		switch {
		case err == nil && f-f == 0 || strings.TrimSpace(arg) == "":
		case list == "":
			list = strings.TrimSpace(arg)
		case rules == "":
			rules = strings.TrimSpace(arg)
		}
	}
	return list, rules
}

// Steps are where a LoRA's effect on the denoiser begins and ends (start=, stop= or
// step=START-STOP): numbers of steps, parts of the run where they are below 1, 0 where nothing
// is said or it cannot be read.
func (n Network) Steps() (start, stop float64) {
	from, to := n.Named["start"], n.Named["stop"]
	if a, b, ok := strings.Cut(n.Named["step"], "-"); ok {
		from, to = a, b
	}
	number := func(text string) float64 {
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(f >= 0 && f <= 1<<20) {
			return 0
		}
		return f
	}
	return number(from), number(to)
}

// ReadNetwork reads the inside of a tag, KIND:NAME:…; ok is false where it is none.
func ReadNetwork(text string) (n Network, ok bool) {
	p := Parse("<"+text+">", Options{KeepComments: true})
	if len(p.Networks) != 1 || p.Networks[0].Span != (Span{0, len(text) + 2}) {
		return n, false
	}
	return p.Networks[0], true
}

var networkTag = regexp.MustCompile(`<([\p{L}\p{N}_]+):([^>]+)>`)

// stripNetworks takes out <kind:name:…> tags.
func (p *Prompt) stripNetworks(t text) text {
	var out builder
	from := 0
	for _, m := range networkTag.FindAllStringSubmatchIndex(t.s, -1) {
		n := Network{Kind: t.s[m[2]:m[3]], Named: map[string]string{}, Span: Span{t.at[m[0]], t.at[m[1]-1] + 1}}
		for i, arg := range strings.Split(t.s[m[4]:m[5]], ":") {
			key, value, named := strings.Cut(arg, "=")
			switch {
			case named:
				n.Named[key] = value
			case i == 0:
				n.Name = arg
			default:
				n.Positional = append(n.Positional, arg)
			}
		}
		p.Networks = append(p.Networks, n)
		out.add(t.cut(from, m[0]))
		from = m[1]
	}
	out.add(t.cut(from, len(t.s)))
	return out.text()
}

// andPart is one part of a composed prompt before scheduling.
type andPart struct {
	text   text
	weight float64
}

// partWeight is a colon and a number at the very end of a part.
var partWeight = regexp.MustCompile(`\s*:\s*([-+]?(?:\d+\.?|\d*\.\d+))\s*$`)

// split cuts at the word AND and reads each part's weight. A single part is read the same
// way, so "ratio 16:9" is "ratio 16" of weight 9: A1111 does so, and people are warned.
func (p *Prompt) split(t text, o Options) []andPart {
	if o.Negative {
		return []andPart{{t, 1}}
	}
	var parts []andPart
	from := 0
	for _, at := range words(t.s, "AND") {
		p.keywords = append(p.keywords, Span{t.at[at], t.at[at] + 3})
		parts = append(parts, andPart{t.cut(from, at), 1})
		from = at + 3
	}
	parts = append(parts, andPart{t.cut(from, len(t.s)), 1})
	for i, part := range parts {
		m := partWeight.FindStringSubmatchIndex(part.text.s)
		end := len(strings.TrimRightFunc(part.text.s, unicode.IsSpace))
		if m != nil && !isReference(part.text.s, m[2]-1) {
			if f, err := strconv.ParseFloat(part.text.s[m[2]:m[3]], 64); err == nil {
				if end = m[0]; len(parts) == 1 {
					p.report(Span{part.text.at[m[2]], part.text.at[m[3]-1] + 1}, "this number is taken as the weight of the whole prompt")
				}
				parts[i].weight = f
			}
		}
		parts[i].text = part.text.cut(0, end)
	}
	return parts
}

// words finds a keyword standing alone: no letter, digit or underscore touches it.
func words(s, keyword string) []int {
	var found []int
	for from := 0; ; {
		at := strings.Index(s[from:], keyword)
		if at < 0 {
			return found
		}
		at += from
		from = at + len(keyword)
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		after, _ := utf8.DecodeRuneInString(s[from:])
		if (at == 0 || !wordRune(before)) && (from == len(s) || !wordRune(after)) {
			found = append(found, at)
		}
	}
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }
