package prompt

// Token is one token of a text and the bytes [Start, End) of that text it stands for. It is
// an alias, so that tokenizer.Encode is an Encoder without either package knowing the other.
type Token = struct{ ID, Start, End int }

// Encoder turns plain text into tokens without start and end (tokenizer.Encode).
type Encoder func(text string) []Token

// Spec is the window of a text encoder.
type Spec struct {
	Length     int // tokens between start and end: positions − 2, 75 for CLIP
	Start, End int // ids
	Pad        int // id after the end: End for CLIP, 0 for SD 2.x and SDXL's second encoder
	Comma      int // id of a comma that ends a word; −1 for none
	Backtrack  int // how far back a comma may be to split at, 20 in A1111; 0 for never
	// Together is how many ids, the given one first, stay in one window, as an embedding's
	// vectors do; nil: each id stands alone.
	Together func(id int) int
}

// Chunk is one window: Length+2 ids with their weights, and for each the range of the
// source it came from (empty for start, end and padding).
type Chunk struct {
	IDs     []int
	Weights []float64
	Source  []Span
}

// Used is how many tokens of text the chunk holds.
func (c Chunk) Used() int {
	n := 0
	for _, s := range c.Source {
		if s.End > s.Start {
			n++
		}
	}
	return n
}

// Chunks cuts the segments of a stage into windows, at least one. A BREAK fills up the
// window; a window that runs full within Backtrack tokens of a comma is cut after that
// comma; what stays together begins a new window where the open one has too little room. Each segment is encoded by itself, as A1111 does.
func Chunks(segments []Segment, encode Encoder, spec Spec) []Chunk {
	c := chunker{spec: spec, comma: -1}
	for _, s := range segments {
		if s.IsBreak() {
			c.flush()
			continue
		}
		for _, t := range encode(s.Text) {
			c.add(piece{t.ID, s.Weight, sourceSpan(s, t)})
		}
	}
	if len(c.open) > 0 || len(c.done) == 0 {
		c.flush()
	}
	return c.done
}

// sourceSpan is where a token of a segment is in the source. A token that straddles
// brackets covers them.
func sourceSpan(s Segment, t Token) Span {
	if t.Start < 0 || t.Start >= t.End || t.End > len(s.At) {
		return Span{}
	}
	return Span{s.At[t.Start], s.At[t.End-1] + 1}
}

type piece struct {
	id     int
	weight float64
	source Span
}

type chunker struct {
	spec  Spec
	open  []piece
	comma int // index of the last comma in open, −1 for none
	done  []Chunk
}

func (c *chunker) add(p piece) {
	full := len(c.open) == c.spec.Length
	switch {
	case p.id == c.spec.Comma:
		c.comma = len(c.open)
	case full && c.spec.Backtrack > 0 && c.comma >= 0 && len(c.open)-c.comma <= c.spec.Backtrack:
		moved := append([]piece(nil), c.open[c.comma+1:]...)
		c.open = c.open[:c.comma+1]
		c.flush()
		c.open, full = moved, false
	}
	if n := c.together(p.id); full || n <= c.spec.Length && len(c.open)+n > c.spec.Length {
		c.flush()
	}
	c.open = append(c.open, p)
}

func (c *chunker) together(id int) int {
	if c.spec.Together == nil {
		return 1
	}
	return c.spec.Together(id)
}

// flush ends the open window.
func (c *chunker) flush() {
	n := c.spec.Length + 2
	out := Chunk{IDs: make([]int, n), Weights: make([]float64, n), Source: make([]Span, n)}
	for i := range n {
		out.IDs[i], out.Weights[i] = c.spec.Pad, 1
	}
	out.IDs[0] = c.spec.Start
	for i, p := range c.open {
		out.IDs[i+1], out.Weights[i+1], out.Source[i+1] = p.id, p.weight, p.source
	}
	out.IDs[len(c.open)+1] = c.spec.End
	c.done, c.open, c.comma = append(c.done, out), nil, -1
}

// Level fills up lists of chunks with empty ones until all are as long as the longest, as
// A1111 does with the texts of one schedule.
func Level(lists [][]Chunk, spec Spec) [][]Chunk {
	longest := 0
	for _, l := range lists {
		longest = max(longest, len(l))
	}
	out := make([][]Chunk, len(lists))
	for i, l := range lists {
		out[i] = append([]Chunk(nil), l...)
		for len(out[i]) < longest {
			out[i] = append(out[i], Chunks(nil, nil, spec)...)
		}
	}
	return out
}
