// Package prompt reads the prompt language that A1111 made common: comments, extra
// networks, AND, scheduling and alternation, attention weights, BREAK and escapes. Every
// word of the result knows the byte of the source it came from, so that a window can
// colour what it means and mark what is wrong.
//
// Start reading at Parse, which runs the stages in their fixed order: strip comments and
// networks (strip.go) → split at AND (strip.go) → schedule (schedule.go) → attention
// (attention.go). Chunks (chunk.go) then turns words into the token windows that a text
// encoder takes, and Emphasis (emphasis.go) applies the weights to what it returns.
//
// Decisions.
// 2026-11-23: scheduling is a recursive descent that never backtracks (what a bracket at
// one place means is found once and remembered), so the time is linear in the text.
// 2026-11-23: brackets nested deeper than 256 are text, so that no input can exhaust the
// stack; no prompt comes near.
// 2026-11-23: steps are counted from 1: "[a:b:1]" shows a for one step.
package prompt

// Options say how a text is read.
type Options struct {
	// Steps is the number of sampling steps of this pass, at least 1.
	Steps int
	// BaseSteps is set in a second (hires) pass to the steps of the first: whole numbers in
	// schedules then count on, fractions run from 1 to 2.
	BaseSteps int
	// Negative prompts are not split at AND and carry no weight of a whole part.
	Negative bool
	// KeepComments leaves "# …" in the text.
	KeepComments bool
	// OldSchedules reads numbers as A1111 before 1.6 did: below 1 a fraction, else a step.
	OldSchedules bool
	// Dialect is how weights are written; DialectA1111 by default.
	Dialect Dialect
}

// Dialect names a reading of brackets.
type Dialect int

// The dialects.
const (
	DialectA1111 Dialect = iota // ( ) [ ] and (x:1.2), nested weights multiply
	DialectComfy                // ( ) only; a written number replaces what encloses it
	DialectPlain                // no brackets at all (A1111's emphasis "None")
)

// Prompt is a parsed text. It does not change once parsed.
type Prompt struct {
	Source   string
	Parts    []Part    // the AND parts, at least one
	Networks []Network // <lora:…> and their like, in order
	Problems []Problem // in order of place
	comments []Span
	keywords []Span
}

// Span is a range of bytes of the source, End not included.
type Span struct{ Start, End int }

// Part is one part of a prompt composed with AND.
type Part struct {
	Weight float64
	Stages []Stage // by rising Until, at least one
}

// Stage is the text that holds up to and including step Until.
type Stage struct {
	Until    int
	Text     string
	Segments []Segment // at least one
}

// Segment is a run of text of one weight, or a BREAK.
type Segment struct {
	Text   string
	Weight float64
	// At gives for every byte of Text the byte of Source it came from.
	At []int
}

// IsBreak says whether the segment ends a chunk. The word inside brackets has its weight
// multiplied and stays text, as in A1111.
func (s Segment) IsBreak() bool { return s.Text == "BREAK" && s.Weight == -1 }

// Parse reads a text. Nothing is an error: what makes no sense is text, and Problems say so.
func Parse(source string, o Options) *Prompt {
	o.Steps = max(o.Steps, 1)
	p := &Prompt{Source: source}
	t := mapped(source)
	if !o.KeepComments {
		t = p.stripComments(t)
	}
	t = p.stripNetworks(t)
	for _, part := range p.split(t, o) {
		p.lint(part.text, o.Dialect)
		out := Part{Weight: part.weight}
		for _, s := range schedule(part.text, o) {
			out.Stages = append(out.Stages, Stage{Until: s.until, Text: s.text.s, Segments: segments(s.text, o.Dialect)})
		}
		p.Parts = append(p.Parts, out)
	}
	p.sortProblems()
	return p
}

// segments reads the weights of one stage's text.
func segments(t text, d Dialect) []Segment {
	switch d {
	case DialectComfy:
		return comfyWeights(t)
	case DialectPlain:
		return []Segment{{Text: t.s, Weight: 1, At: t.at}}
	}
	return attention(t)
}

// At is the stage that holds at a step, counted from 1; the last one after the end.
func (p Part) At(step int) Stage {
	for _, s := range p.Stages {
		if step <= s.Until {
			return s
		}
	}
	return p.Stages[len(p.Stages)-1]
}
