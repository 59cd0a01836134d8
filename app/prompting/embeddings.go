package prompting

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/prompt"
)

// Embeddings are the words of a person's own that texts may name, beside a model's vocabulary:
// all of them, and which of them the model can read. They don't change.
type Embeddings struct {
	list     []pipeline.EmbeddingInfo
	encode   prompt.Encoder
	all, fit *prompt.Lexicon
}

// beyondTokens is where the ids of vectors begin: above every vocabulary.
const beyondTokens = 1 << 24

// NewEmbeddings makes the lexicons for a vocabulary. It takes a moment where there are many
// files, and may be called from any goroutine.
func NewEmbeddings(list []pipeline.EmbeddingInfo, encode prompt.Encoder) *Embeddings {
	e := &Embeddings{list: list, encode: encode}
	var all, fit []prompt.Embedding
	next := beyondTokens
	for _, f := range list {
		one := prompt.Embedding{Name: f.Name, Vectors: max(f.Vectors, 1), First: next}
		if all = append(all, one); f.Misfit == "" {
			fit = append(fit, one)
		}
		next += one.Vectors
	}
	e.all, e.fit = prompt.NewLexicon(encode, all), prompt.NewLexicon(encode, fit)
	return e
}

// Names lists those that the model can read, for completion.
func (e *Embeddings) Names() (out []string) {
	if e == nil {
		return nil
	}
	for _, f := range e.list {
		if f.Misfit == "" {
			out = append(out, f.Name)
		}
	}
	return out
}

// Same says whether these are the embeddings of a list.
func (e *Embeddings) Same(list []pipeline.EmbeddingInfo) bool { return slices.Equal(e.list, list) }

// reader is what cuts texts into windows, the vectors of embeddings counted.
func (v *Vocabulary) reader() (prompt.Encoder, prompt.Spec) {
	if v.Embeddings == nil {
		return v.Encode, v.Spec
	}
	spec := v.Spec
	spec.Together = v.Embeddings.fit.Together
	return v.Embeddings.fit.Encode, spec
}

// embeddingPieces colours the embeddings of a prompt, and says what is wrong with them.
func embeddingPieces(p *prompt.Prompt, all []Piece, v *Vocabulary) ([]Piece, []Remark) {
	e := v.Embeddings
	if e == nil {
		return all, nil
	}
	var remarks []Remark
	for _, u := range e.all.Uses(p) {
		why, sharp := e.doubt(u, strings.HasPrefix(p.Source[u.Start:], "<"))
		if why != "" {
			remarks = append(remarks, Remark{Start: u.Start, End: u.End, Text: why, Mild: !sharp})
		}
		if !u.Missing && !sharp {
			all = marked(all, u.Span)
		}
	}
	return all, remarks
}

// doubt says what is wrong with an embedding that a text names, and whether it does nothing.
func (e *Embeddings) doubt(u prompt.Use, bracketed bool) (why string, sharp bool) {
	if u.Missing {
		why = words.T("no embedding is called %q", u.Name)
		if near := fault.Nearest(strings.ToLower(u.Name), lowered(e.Names())); near != "" {
			why += words.T("; did you mean %q?", near)
		}
		return why, !bracketed // <name> is read as words, which can be meant
	}
	i := slices.IndexFunc(e.list, func(f pipeline.EmbeddingInfo) bool { return f.Name == u.Name })
	switch {
	case i >= 0 && e.list[i].Misfit != "":
		return words.T("%q isn't used: %s", u.Name, e.list[i].Misfit), true
	case !u.Explicit && len(e.encode(u.Name)) == 1:
		return words.T("%q is read as the embedding of that name, not as the word", u.Name), false
	}
	return "", false
}

func lowered(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = strings.ToLower(s)
	}
	return out
}

// marked makes a range of words an embedding.
func marked(all []Piece, at prompt.Span) []Piece {
	var out []Piece
	for _, p := range all {
		from, to := max(p.Start, at.Start), min(p.End, at.End)
		if p.Kind != PieceWords || from >= to {
			out = append(out, p)
			continue
		}
		for _, part := range []Piece{{p.Start, from, p.Kind, p.Weight}, {from, to, PieceEmbedding, p.Weight}, {to, p.End, p.Kind, p.Weight}} {
			if part.Start < part.End {
				out = append(out, part)
			}
		}
	}
	return out
}

// CompleteName offers names of embeddings for what stands before byte at of a text: two letters
// or more of a name, or any after "embedding:" and "<", the shortest first. from is where the
// name begins.
func CompleteName(text string, at int, names []string) (from int, found []string) {
	at = min(max(at, 0), len(text))
	head := text[:at]
	from = len(strings.TrimRightFunc(head, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("_-.", r)
	}))
	begun, before := head[from:], strings.ToLower(head[:from])
	end, named := "", strings.HasSuffix(before, "embedding:")
	if strings.HasSuffix(before, "<") {
		end, named = ">", true
	}
	if !named && len([]rune(begun)) < 2 || named && end != "" && begun == "" {
		return at, nil
	}
	for _, name := range names {
		if len(name) > len(begun) && strings.EqualFold(name[:len(begun)], begun) {
			found = append(found, name+end)
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	return from, found[:min(len(found), mostCompletions)]
}
