package prompt

import (
	"cmp"
	"slices"
	"strings"
)

// Problem is something in the text that likely does not mean what was meant.
type Problem struct {
	Span    Span
	Message string
}

func (p *Prompt) report(s Span, message string) {
	p.Problems = append(p.Problems, Problem{s, message})
}

func (p *Prompt) sortProblems() {
	slices.SortStableFunc(p.Problems, func(a, b Problem) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
}

// lint looks for brackets without partners, numbers that are none and a | that switches
// scheduling off.
func (p *Prompt) lint(t text, d Dialect) {
	if d == DialectPlain {
		return
	}
	one := func(i int) Span { return Span{t.at[i], t.at[i] + 1} }
	lastClosed, lastColon := strings.LastIndexByte(t.s, '>'), strings.LastIndexByte(t.s, ':')
	open := map[byte][]int{}
	for i := 0; i < len(t.s); i++ {
		switch c := t.s[i]; c {
		case '\\':
			if i++; i == len(t.s) {
				p.report(one(i-1), "this backslash escapes nothing and is dropped")
			}
		case '(', '[':
			if open[c] = append(open[c], i); len(open[c]) > maxNesting {
				p.report(one(i), "brackets are nested too deep")
			}
		case ')', ']':
			opener := byte('(')
			if c == ']' {
				opener = '['
			}
			if d == DialectComfy && c == ']' {
				continue
			}
			n := len(open[opener])
			if n == 0 {
				p.report(one(i), "this bracket closes nothing")
				continue
			}
			open[opener] = open[opener][:n-1]
		case '|':
			if len(open['[']) == 0 {
				p.report(one(i), "outside [ ] a | switches off all scheduling")
			}
		case '<':
			if i > lastClosed && i < lastColon {
				p.report(one(i), "this tag is not closed")
			}
		case ':':
			p.lintWeight(t, i, len(open['(']) > 0)
		}
	}
	for opener, left := range open {
		if d == DialectComfy && opener == '[' {
			continue
		}
		for _, i := range left {
			p.report(one(i), "this bracket is not closed")
		}
	}
}

// lintWeight looks at what follows a colon up to a closing bracket.
func (p *Prompt) lintWeight(t text, colon int, inside bool) {
	end := colon + 1
	for end < len(t.s) && strings.IndexByte("+-.0123456789", t.s[end]) >= 0 {
		end++
	}
	if end == colon+1 || end == len(t.s) || t.s[end] != ')' {
		return
	}
	if _, _, ok := closingWeight(t.s[colon:]); !ok || !inside {
		p.report(Span{t.at[colon], t.at[end-1] + 1}, "this is not read as a weight")
	}
}

// Kind says what a piece of the source is.
type Kind int

// The kinds of marks.
const (
	KindText    Kind = iota // words with a weight
	KindBreak               // the word BREAK
	KindAnd                 // the word AND
	KindComment             // # …
	KindNetwork             // <lora:…>
)

// Mark says what a range of the source is, for colouring. Bytes without a mark are
// brackets, colons and numbers of the language itself.
type Mark struct {
	Span
	Kind   Kind
	Weight float64 // of KindText
}

// Marks lists the marks of the source by place. Text that several stages hold has the
// weight of the first.
func (p *Prompt) Marks() []Mark {
	var out []Mark
	for _, s := range p.comments {
		out = append(out, Mark{s, KindComment, 0})
	}
	for _, s := range p.keywords {
		out = append(out, Mark{s, KindAnd, 0})
	}
	for _, n := range p.Networks {
		out = append(out, Mark{n.Span, KindNetwork, 0})
	}
	seen := make([]bool, len(p.Source))
	for _, part := range p.Parts {
		for _, stage := range part.Stages {
			for _, s := range stage.Segments {
				kind, weight := KindText, s.Weight
				if s.IsBreak() {
					kind, weight = KindBreak, 0
				}
				out = append(out, marksOf(s, kind, weight, seen)...)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Mark) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// marksOf joins the bytes of a segment that lie side by side in the source.
func marksOf(s Segment, kind Kind, weight float64, seen []bool) []Mark {
	var out []Mark
	for _, at := range s.At {
		if seen[at] {
			continue
		}
		seen[at] = true
		if n := len(out); n > 0 && out[n-1].End == at {
			out[n-1].End++
			continue
		}
		out = append(out, Mark{Span{at, at + 1}, kind, weight})
	}
	return out
}
