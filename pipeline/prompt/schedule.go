package prompt

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxNesting is how deep brackets may nest and still mean something.
const maxNesting = 256

// node is a piece of a scheduled text.
type node interface{}

type (
	literal span // bytes of the text as they stand
	span    struct{ from, to int }
	list    []node
	// change is [before:after:when]
	change struct {
		before, after list
		when          int // last step of before
	}
	// turns is [a|b|…]: one option a step, in turn
	turns []list
)

// stage is the text that holds up to and including a step.
type stage struct {
	until int
	text  text
}

// schedule resolves scheduling and alternation into stages. Text that breaks the grammar
// (a | outside brackets, a backslash at the end) is taken literally as a whole.
func schedule(t text, o Options) []stage {
	s := &scheduler{text: t.s, o: o, made: map[int]made{}}
	tree, ok := s.top()
	if !ok {
		return []stage{{o.Steps, t}}
	}
	ends := []int{o.Steps}
	if s.alternates {
		for i := range o.Steps {
			ends = append(ends, i+1)
		}
	}
	for _, when := range s.changes {
		if when >= 1 {
			ends = append(ends, when)
		}
	}
	slices.Sort(ends)
	var out []stage
	for _, end := range slices.Compact(ends) {
		var b builder
		resolve(&b, t, tree, end)
		out = append(out, stage{end, b.text()})
	}
	return out
}

// resolve writes what a tree is at a step.
func resolve(b *builder, t text, n node, step int) {
	switch n := n.(type) {
	case literal:
		b.add(t.cut(n.from, n.to))
	case list:
		for _, c := range n {
			resolve(b, t, c, step)
		}
	case change:
		if step <= n.when {
			resolve(b, t, n.before, step)
		} else {
			resolve(b, t, n.after, step)
		}
	case turns:
		resolve(b, t, n[(step-1)%len(n)], step)
	}
}

// scheduler is a recursive-descent reader. Inside brackets a sequence ends at one of
// ) ] : | or at a bracket that means nothing; what a bracket means does not depend on what
// is around it, so it is worked out once and kept in made.
type scheduler struct {
	text       string
	o          Options
	made       map[int]made
	depth      int
	alternates bool
	changes    []int
}

// made is what a bracket turned out to be: nothing (node nil) or a node up to end.
type made struct {
	node node
	end  int
}

// top reads the whole text, in which brackets and colons may also stand for themselves.
func (s *scheduler) top() (list, bool) {
	var out list
	for at := 0; at < len(s.text); {
		seq, end, ok := s.sequence(at)
		if !ok {
			return nil, false
		}
		out, at = append(out, seq...), end
		if at < len(s.text) {
			if s.text[at] == '|' {
				return nil, false
			}
			out, at = append(out, literal{at, at + 1}), at+1
		}
	}
	return out, true
}

// sequence reads plain text and meaningful brackets as far as they go.
func (s *scheduler) sequence(at int) (out list, end int, ok bool) {
	for at < len(s.text) {
		switch c := s.text[at]; {
		case c == ')' || c == ']' || c == '|' || c == ':' && !isReference(s.text, at):
			return out, at, true
		case c == '(' || c == '[':
			n := s.bracket(at)
			if n.node == nil {
				return out, at, true
			}
			out, at = append(out, n.node), n.end
		default:
			end := at
			for end < len(s.text) && (!strings.ContainsRune("()[]:|", rune(s.text[end])) || s.text[end] == ':' && isReference(s.text, end)) {
				if s.text[end] == '\\' {
					if end++; end == len(s.text) || s.text[end] == '\n' {
						return nil, at, false
					}
				}
				end++
			}
			out, at = append(out, literal{at, end}), end
		}
	}
	return out, at, true
}

// bracket finds what the bracket at a place means.
func (s *scheduler) bracket(at int) made {
	if m, ok := s.made[at]; ok {
		return m
	}
	if s.depth >= maxNesting {
		return made{}
	}
	s.depth++
	m := s.read(at)
	s.depth--
	s.made[at] = m
	return m
}

func (s *scheduler) read(open int) made {
	var parts []list
	var starts []int
	separators := ""
	for at := open + 1; ; at++ {
		seq, end, ok := s.sequence(at)
		if !ok || end == len(s.text) {
			return made{}
		}
		parts, starts, at = append(parts, seq), append(starts, at), end
		switch c := s.text[end]; {
		case c == ':' || c == '|':
			separators += string(c)
		case c == ']' && s.text[open] == '[':
			return s.square(open, end, parts, starts, separators)
		case c == ')' && s.text[open] == '(' && len(separators) < 2 && separators != "|":
			return made{s.kept(open, end, parts, starts), end + 1}
		default:
			return made{}
		}
	}
}

// kept is a bracket that stays in the text for the attention stage, its inside resolved.
func (s *scheduler) kept(open, end int, parts []list, starts []int) list {
	out := list{literal{open, open + 1}}
	for i, p := range parts {
		if i > 0 {
			out = append(out, literal{starts[i] - 1, starts[i]})
		}
		out = append(out, p...)
	}
	return append(out, literal{end, end + 1})
}

// number is a step or fraction with white space around it.
var number = regexp.MustCompile(`^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*$`)

// square tells schedule, alternation and weakened text apart.
func (s *scheduler) square(open, end int, parts []list, starts []int, separators string) made {
	switch {
	case separators == "":
		return made{s.kept(open, end, parts, starts), end + 1}
	case strings.Trim(separators, "|") == "":
		s.alternates = true
		return made{turns(parts), end + 1}
	case separators != ":" && separators != "::":
		return made{}
	}
	last := len(parts) - 1
	m := number.FindStringSubmatch(s.text[starts[last]:end])
	if m == nil {
		return made{}
	}
	c := change{after: parts[last-1], when: s.step(m[1])}
	if last == 2 {
		c.before = parts[0]
	}
	s.changes = append(s.changes, c.when)
	return made{c, end + 1}
}

// step turns a written number into the last step of what comes before it.
func (s *scheduler) step(written string) int {
	v, err := strconv.ParseFloat(written, 64)
	if err != nil && v == 0 {
		return 0
	}
	switch {
	case s.o.OldSchedules && v < 1:
		v *= float64(s.o.Steps)
	case s.o.OldSchedules:
	case strings.Contains(written, "."):
		if s.o.BaseSteps > 0 {
			v--
		}
		v *= float64(s.o.Steps)
	default:
		v -= float64(s.o.BaseSteps)
	}
	return int(max(min(v, float64(s.o.Steps)), -1))
}
