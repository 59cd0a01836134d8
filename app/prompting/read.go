package prompting

import (
	"path/filepath"

	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/wildcard"
)

// PieceKind says what a piece of a prompt is.
type PieceKind int

// The kinds of pieces.
const (
	PieceWords     PieceKind = iota // words with a weight
	PieceSyntax                     // brackets, colons and numbers of the language
	PieceBreak                      // BREAK
	PieceAnd                        // AND
	PieceComment                    // # …
	PieceNetwork                    // <lora:…>
	PieceEmbedding                  // an embedding's name, with a weight as words have
)

// Piece is a range of bytes of a prompt and what it is. Pieces cover the text in order.
type Piece struct {
	Start, End int
	Kind       PieceKind
	Weight     float64 // of PieceWords and PieceEmbedding, 1 when plain
}

// Remark is something in a prompt that likely does not do what was meant.
type Remark struct {
	Start, End int // bytes
	Text       string
	Mild       bool // the words are read, but perhaps not as meant
}

// Reading is what a prompt means to the chosen model, for a window to show while it is
// typed.
type Reading struct {
	Pieces  []Piece
	Remarks []Remark
	// Chunks are the tokens in each of the model's windows of Window tokens, of the longest
	// text that any step sees, applied styles included.
	Chunks []int
	Window int
	// Uncounted says why there are no Chunks, "" while the vocabulary is being read.
	Uncounted string
}

// Context is what a prompt is read with.
type Context struct {
	Steps    int  // of the next fill, for texts that change on the way; below 1 counts as 1
	Negative bool // it is the negative prompt
	// Whole is the text whose tokens are counted: the prompt with the applied styles.
	Whole      string
	Adapters   []string // the files that <lora:…> may name; nil while they are looked for
	Vocabulary *Vocabulary
	Literal    bool              // it is no template, whatever is in it
	Lists      *wildcard.Library // that a template may name; nil while they are looked for
}

// Read reads a prompt. It is pure: safe from any goroutine.
func Read(text string, c Context) Reading {
	options := prompt.Options{Steps: max(c.Steps, 1), Negative: c.Negative}
	var marks []wildcard.Mark
	source, templated := text, wildcard.Has(text)
	if templated && !c.Literal {
		marks = wildcard.Marks(text)
		source = blanked(text, marks)
	}
	if !c.Literal {
		c.Whole = wildcard.Longest(c.Whole)
	}
	p, v := prompt.Parse(source, options), c.Vocabulary
	r := Reading{Pieces: pieces(p)}
	for _, found := range p.Problems {
		r.Remarks = append(r.Remarks, Remark{Start: found.Span.Start, End: found.Span.End, Text: found.Message})
	}
	r.Remarks = append(r.Remarks, c.networkRemarks(p)...)
	all, embeddings := embeddingPieces(p, r.Pieces, v)
	r.Pieces, r.Remarks = all, append(r.Remarks, embeddings...)
	r.Remarks = append(r.Remarks, wordRemarks(p, r.Pieces, v)...)
	switch {
	case marks != nil:
		r.Pieces, r.Remarks = templatePieces(r.Pieces, marks), c.ofTemplate(text, r.Remarks, marks)
	case templated:
		r.Remarks = append(r.Remarks, asText(text)...)
	}
	switch {
	case v.Err != nil:
		r.Uncounted = fault.Plain(v.Err)
	case v.Encode != nil:
		r.Chunks, r.Window = chunks(prompt.Parse(c.Whole, options), v), v.Spec.Length
	}
	return r
}

// pieces covers a prompt's source with what its bytes are.
func pieces(p *prompt.Prompt) []Piece {
	var out []Piece
	at := 0
	for _, m := range p.Marks() {
		if m.End <= at { // a mark inside another
			continue
		}
		if m.Start > at {
			out = append(out, Piece{at, m.Start, PieceSyntax, 1})
		}
		kind := map[prompt.Kind]PieceKind{prompt.KindText: PieceWords, prompt.KindBreak: PieceBreak, prompt.KindAnd: PieceAnd,
			prompt.KindComment: PieceComment, prompt.KindNetwork: PieceNetwork}[m.Kind]
		out = append(out, Piece{max(m.Start, at), m.End, kind, m.Weight})
		at = m.End
	}
	if at < len(p.Source) {
		out = append(out, Piece{at, len(p.Source), PieceSyntax, 1})
	}
	return out
}

// networkRemarks says what is wrong with <lora:…> and its like.
func (c *Context) networkRemarks(p *prompt.Prompt) []Remark {
	var out []Remark
	for _, n := range p.Networks {
		why := ""
		switch {
		case c.Negative:
			why = words.T("an adapter belongs in the prompt; here it does nothing")
		case !n.IsAdapter():
			why = words.T("<%s:…> is ignored: only adapters are applied, as <lora:…>", n.Kind)
		case filepath.IsAbs(n.Name): // any file may be named so; the check before the fill looks
		case c.Adapters != nil && !names(c.Adapters, n.Name):
			why = words.T("no adapter is called %q, near the model or in the library", n.Name)
			if near := nearest(c.Adapters, n.Name); near != "" {
				why += words.T("; did you mean %q?", near)
			}
		}
		if why != "" {
			out = append(out, Remark{Start: n.Span.Start, End: n.Span.End, Text: why})
		}
	}
	return out
}

func names(known []string, name string) bool {
	for _, k := range known {
		if stem(k) == stem(name) {
			return true
		}
	}
	return false
}
