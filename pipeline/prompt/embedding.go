package prompt

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Embedding is a word that was trained for a model (textual inversion, Gal et al. 2022): in
// place of its name the text encoder reads vectors, which have ids beyond its vocabulary.
type Embedding struct {
	Name    string
	Vectors int // how many
	First   int // id of the first; the others follow
}

// Lexicon finds embeddings in texts, whatever the case of letters: by their names as A1111
// does (the tokens of the name, the longest name first), as embedding:name (ComfyUI) and as
// <name> (InvokeAI). It does not change and may be shared between goroutines.
//
// 2026-11-28: a name counts as a whole word only: A1111 would also find "hand" in "badhand"
// where the vocabulary cuts there, which nobody means.
// 2026-11-28: embedding:name without such an embedding is left out of the text, as ComfyUI
// does; <name> stays words. Both are Missing.
type Lexicon struct {
	encode  Encoder
	byToken map[int][]named // by the first token of the name, the longest first
	byName  []named         // the longest first
	vectors map[int]int     // id of a first vector → how many
}

// named is an embedding with its name's tokens, and its name in lower case.
type named struct {
	*Embedding
	ids []int
	low string
}

// NewLexicon makes the lexicon of some embeddings, of which none two have a name in common
// (the first counts), for a vocabulary.
func NewLexicon(encode Encoder, all []Embedding) *Lexicon {
	l := &Lexicon{encode: encode, byToken: map[int][]named{}, vectors: map[int]int{}}
	seen := map[string]bool{}
	for i := range all {
		n := named{Embedding: &all[i], low: strings.ToLower(all[i].Name)}
		if n.low == "" || seen[n.low] {
			continue
		}
		seen[n.low] = true
		for _, t := range encode(n.Name) {
			n.ids = append(n.ids, t.ID)
		}
		if len(n.ids) > 0 {
			l.byToken[n.ids[0]] = append(l.byToken[n.ids[0]], n)
		}
		l.byName = append(l.byName, n)
		l.vectors[n.First] = n.Vectors
	}
	for _, of := range l.byToken {
		slices.SortStableFunc(of, func(a, b named) int { return len(b.ids) - len(a.ids) })
	}
	slices.SortStableFunc(l.byName, func(a, b named) int { return len(b.low) - len(a.low) })
	return l
}

// Together is a Spec's: the vectors of an embedding stay in one window.
func (l *Lexicon) Together(id int) int { return max(l.vectors[id], 1) }

// Encode is an Encoder that puts vectors where embeddings are named.
func (l *Lexicon) Encode(text string) []Token {
	var out []Token
	l.read(text, func(f found) {
		if f.embedding == nil {
			out = append(out, f.tokens...)
			return
		}
		for i := range f.embedding.Vectors {
			out = append(out, Token{f.embedding.First + i, f.start, f.end})
		}
	})
	return out
}

// Use is an embedding that a text names.
type Use struct {
	Span            // of the source
	Name     string // the embedding's, or as written where there is none
	Missing  bool
	Explicit bool // as embedding:name or <name>
}

// Uses lists the embeddings that a prompt names, in any of its stages, by place.
func (l *Lexicon) Uses(p *Prompt) []Use {
	var out []Use
	seen := map[Span]bool{}
	type piece struct {
		text     string
		from, to int
	}
	known := map[piece]bool{} // stages that take turns repeat
	for _, part := range p.Parts {
		for _, stage := range part.Stages {
			for _, s := range stage.Segments {
				if s.IsBreak() || s.Text == "" {
					continue
				}
				at := piece{s.Text, s.At[0], s.At[len(s.At)-1]}
				if known[at] {
					continue
				}
				known[at] = true
				l.read(s.Text, func(f found) {
					u := Use{Span{}, f.missing, f.missing != "", f.explicit}
					if f.embedding != nil {
						u.Name = f.embedding.Name
					}
					if u.Name == "" {
						return
					}
					if u.Span = sourceSpan(s, Token{0, f.start, f.end}); !seen[u.Span] {
						seen[u.Span] = true
						out = append(out, u)
					}
				})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Use) int { return a.Start - b.Start })
	return out
}

// found is a piece [start, end) of a text: plain tokens, an embedding, or a missing one.
type found struct {
	start, end int
	tokens     []Token
	embedding  *Embedding
	missing    string
	explicit   bool
}

// naming begins embedding:name or is <name>.
var naming = regexp.MustCompile(`(?i)(embedding:)|<([\p{L}\p{N}_][^<>:\n]{0,99})>`)

// read tells the pieces of a text in order.
func (l *Lexicon) read(text string, tell func(found)) {
	from := 0
	for _, m := range naming.FindAllStringSubmatchIndex(text, -1) {
		if m[0] < from {
			continue
		}
		f := found{start: m[0], end: m[1], explicit: true}
		if m[2] >= 0 {
			if before, _ := utf8.DecodeLastRuneInString(text[:m[0]]); m[0] > 0 && wordRune(before) {
				continue
			}
			var n int
			if f.embedding, f.missing, n = l.called(text[m[1]:]); n == 0 {
				continue
			}
			f.end += n
		} else if f.embedding = l.exactly(text[m[4]:m[5]]); f.embedding == nil {
			f.missing = text[m[4]:m[5]]
			tell(f)
			continue // its words are read with what is around them
		}
		l.plain(text, from, f.start, tell)
		tell(f)
		from = f.end
	}
	l.plain(text, from, len(text), tell)
}

// plain reads text without references: names by their tokens.
func (l *Lexicon) plain(text string, from, to int, tell func(found)) {
	tokens := shifted(l.encode(text[from:to]), from)
	at := 0 // the first token that was not told
	for i := 0; i < len(tokens); {
		e, n := l.match(text, tokens[i:])
		if e == nil {
			i++
			continue
		}
		if i > at {
			tell(found{start: tokens[at].Start, end: tokens[i-1].End, tokens: tokens[at:i]})
		}
		tell(found{start: tokens[i].Start, end: tokens[i+n-1].End, embedding: e})
		i += n
		at = i
	}
	if at < len(tokens) {
		tell(found{start: tokens[at].Start, end: tokens[len(tokens)-1].End, tokens: tokens[at:]})
	}
}

// match is the embedding whose name some tokens of a text begin with, and its length.
func (l *Lexicon) match(text string, tokens []Token) (*Embedding, int) {
next:
	for _, n := range l.byToken[tokens[0].ID] {
		if len(n.ids) > len(tokens) {
			continue
		}
		for i, id := range n.ids {
			if tokens[i].ID != id {
				continue next
			}
		}
		before, _ := utf8.DecodeLastRuneInString(text[:tokens[0].Start])
		if end := tokens[len(n.ids)-1].End; !wordRune(before) && ends(text[end:]) {
			return n.Embedding, len(n.ids)
		}
	}
	return nil, 0
}

// ends says whether a word ends before a text.
func ends(rest string) bool {
	after, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || !wordRune(after)
}

// endings are those of embeddings' files, which ComfyUI's names may have.
var endings = []string{".safetensors", ".pt", ".bin", ".ckpt", ".pth"}

// maxReference is how many bytes after "embedding:" are looked at: names of files are shorter.
const maxReference = 600

// called is the embedding that a text begins with, after "embedding:", and how many bytes of
// it name it; missing is the name of one that is not there. Folders before it are passed by.
func (l *Lexicon) called(text string) (e *Embedding, missing string, n int) {
	text = text[:min(len(text), maxReference)]
	word := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;()[]{}<>|:`, r) })
	if word < 0 {
		word = len(text)
	}
	folder := strings.LastIndexAny(text[:word], `/\`) + 1
	rest := strings.ToLower(text[folder:])
	if len(rest) != len(text)-folder { // letters whose small form has another length
		rest = text[folder:]
	}
	for _, k := range l.byName {
		tail, ok := strings.CutPrefix(rest, k.low)
		if !ok {
			continue
		}
		for _, ending := range append(endings, "") {
			if after, ok := strings.CutPrefix(tail, ending); ok && ends(after) {
				return k.Embedding, "", len(text) - len(after)
			}
		}
	}
	missing = strings.TrimRight(text[:word], ".!?")
	return nil, missing, len(missing)
}

// exactly is the embedding of a name, in whatever case; nil for none.
func (l *Lexicon) exactly(name string) *Embedding {
	for _, k := range l.byName {
		if k.low == strings.ToLower(name) || k.low == "<"+strings.ToLower(name)+">" {
			return k.Embedding
		}
	}
	return nil
}

// shifted moves tokens to where their text stands in another.
func shifted(tokens []Token, by int) []Token {
	out := make([]Token, len(tokens))
	for i, t := range tokens {
		out[i] = Token{t.ID, t.Start + by, t.End + by}
	}
	return out
}

// Renamed is a text with another name for an embedding wherever it is a whole word.
func Renamed(text, name, other string) string {
	if name == "" {
		return text
	}
	var b strings.Builder
	from := 0
	for _, at := range regexp.MustCompile("(?i)"+regexp.QuoteMeta(name)).FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		if !wordRune(before) && ends(text[at[1]:]) {
			b.WriteString(text[from:at[0]] + other)
			from = at[1]
		}
	}
	return b.String() + text[from:]
}

// isReference says whether the colon at a place belongs to embedding:name.
func isReference(s string, colon int) bool {
	const word = "embedding"
	from := colon - len(word)
	if from < 0 || colon+1 >= len(s) || !strings.EqualFold(s[from:colon], word) {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[colon+1:])
	return (from == 0 || !wordRune(before)) && wordRune(after)
}
