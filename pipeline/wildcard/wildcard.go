// Package wildcard reads the template language that the field writes prompts in: a text of
// which every picture gets another form. {a|b|c} is one of three, {2::a|b} with a twice as
// often, {2$$a|b|c} two of them, {1-3$$ and $$a|b|c} one to three with " and " between,
// __colour__ a line of colour.txt (or a list in a .yaml or .json file), __colours/*__ one of
// all lists below colours, ${x=…} and ${x=!…} name a piece (drawn anew at every use, or once)
// and ${x} or ${x:otherwise} uses it, __list(x=…)__ names it within that list alone. It is the
// language of sd-dynamic-prompts (docs/SYNTAX.md) without its samplers: ~ and @ before a name
// are read and mean nothing.
//
// Start at Expand, one form by a seed, and All, every form. template.go reads a text,
// library.go finds the lists: those of the person's folders first, then the program's own
// (words/). ideas.go makes prompts of the program's own lists alone.
//
// What it leaves to the prompt language (package prompt), whose source its results are:
//
//   - ( ), [ ], <…>, AND and BREAK pass as they stand, with what is in them expanded:
//     ({red|blue}:1.2), <lora:fog:{0.5|0.8}>. A | between square brackets of one option
//     is alternation, [a|b], and divides no options.
//   - Braces without a |, a $$, a weight or anything else of this language in them are text, as
//     they are to A1111 and to styles with {prompt}.
//   - __ within a word is text: <lora:my__old__style:1> names no list.
//   - A backslash keeps the next character from meaning anything; it stays in the result,
//     where the prompt language drops it.
//   - "# …" up to the end of its line is a comment in both and is left out of results.
//
// Decisions.
// 2026-11-28: nothing that is written is an error: a brace without its partner is text. What
// is missing, turns in a circle or grows without end is one, since the picture would be another.
// 2026-11-28: draws are made from left to right by one generator (PCG) for a seed and a stream;
// changing the order would change what seeds mean, and a test holds it.
// 2026-11-28: names are found whatever their capitals, since files come from other systems.
package wildcard

import (
	"cmp"
	"slices"
	"strings"
)

// Limits: how long a form may be, how many pieces are written for it, how many of one form are
// held at once to list all, how deep lists may name lists, how deep braces may nest.
const (
	maxForm    = 64 << 10
	maxPieces  = 4 << 10
	maxWork    = 1 << 20
	maxDepth   = 32
	maxNesting = 64
)

// Has says whether a text has anything to expand. It is quick, and safe from any goroutine.
func Has(text string) bool {
	if !strings.ContainsAny(text, "{$") && !strings.Contains(text, "__") {
		return false
	}
	return parse(text).special
}

// Span is a range of bytes, End not included.
type Span struct{ Start, End int }

// Spans are the ranges of a text that the language reads, in order, for a window to colour:
// choices with all that is in them, names and variables.
func Spans(text string) []Span { return parse(text).spans }

// Mark is a piece of a text that the language itself has: a brace with what is behind it up to
// its first word, a bar with its weight, or the whole of __name__, whose Name is then set.
type Mark struct {
	Span
	Name string
}

// Marks are the marks of a text by place, which do not overlap.
func Marks(text string) []Mark {
	t := parse(text)
	slices.SortFunc(t.marks, func(a, b Mark) int { return cmp.Compare(a.Start, b.Start) })
	return t.marks
}

// Longest is the longest form of a text as far as it says itself: names of lists stand for what
// they name.
func Longest(text string) string {
	var b strings.Builder
	t := parse(text)
	if !t.special {
		return text
	}
	longest(&b, t.is, 0)
	return b.String()
}

func longest(b *strings.Builder, nodes []node, depth int) {
	if b.Len() > maxForm || depth > maxNesting {
		return
	}
	for _, n := range nodes {
		switch n := n.(type) {
		case literal:
			b.WriteString(string(n))
		case named:
			b.WriteString(strings.NewReplacer("/", " ", "_", " ", "*", " ").Replace(n.pattern))
		case use:
			longest(b, n.otherwise, depth+1)
		case choice:
			var all []string
			for _, o := range n.options {
				var one strings.Builder
				longest(&one, o.is, depth+1)
				all = append(all, one.String())
			}
			slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
			_, high := n.count(len(all))
			b.WriteString(strings.Join(all[:high], n.between))
		}
	}
}
