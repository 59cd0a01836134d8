package prompt

// text is a string whose bytes know their place in the source.
type text struct {
	s  string
	at []int
}

func mapped(s string) text {
	at := make([]int, len(s))
	for i := range at {
		at[i] = i
	}
	return text{s, at}
}

// cut is the part [from, to).
func (t text) cut(from, to int) text { return text{t.s[from:to], t.at[from:to:to]} }

// builder gathers text piece by piece.
type builder struct {
	s  []byte
	at []int
}

func (b *builder) add(t text) {
	b.s = append(b.s, t.s...)
	b.at = append(b.at, t.at...)
}

func (b *builder) text() text { return text{string(b.s), b.at} }
