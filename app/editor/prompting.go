package editor

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"pentimento/pipeline/prompt"
)

// PieceKind says what a piece of a prompt is.
type PieceKind int

// The kinds of pieces.
const (
	PieceWords   PieceKind = iota // words with a weight
	PieceSyntax                   // brackets, colons and numbers of the language
	PieceBreak                    // BREAK
	PieceAnd                      // AND
	PieceComment                  // # …
	PieceNetwork                  // <lora:…>
)

// Piece is a range of bytes of a prompt and what it is. Pieces cover the text in order.
type Piece struct {
	Start, End int
	Kind       PieceKind
	Weight     float64 // of PieceWords, 1 when plain
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

// vocabulary is what the chosen model reads a prompt with. It is read in the background.
type vocabulary struct {
	model  string
	asked  bool
	encode prompt.Encoder // nil until it has come
	spec   prompt.Spec
	err    error
	words  map[string]bool // the only words the model knows; nil: it reads any
	list   []string        // the same, in order
}

// Read reads a prompt as the next fill would.
func (e *Editor) Read(text string, negative bool) Reading {
	options := prompt.Options{Steps: max(e.Settings.Fill.Steps, 1), Negative: negative}
	p := prompt.Parse(text, options)
	v := e.vocabulary()
	r := Reading{Pieces: pieces(p)}
	for _, found := range p.Problems {
		r.Remarks = append(r.Remarks, Remark{Start: found.Span.Start, End: found.Span.End, Text: found.Message})
	}
	r.Remarks = append(r.Remarks, e.networkRemarks(p, negative)...)
	r.Remarks = append(r.Remarks, wordRemarks(p, r.Pieces, v)...)
	switch {
	case v.err != nil:
		r.Uncounted = v.err.Error()
	case v.encode != nil:
		whole, not := e.Texts()
		if negative {
			whole = not
		}
		r.Chunks, r.Window = chunks(prompt.Parse(whole, options), v), v.spec.Length
	}
	return r
}

// vocabulary returns the chosen model's, and starts reading it when it is not there yet.
func (e *Editor) vocabulary() *vocabulary {
	model, _ := e.chosen()
	if e.words.asked && e.words.model == model {
		return &e.words
	}
	e.words = vocabulary{model: model, asked: true}
	if info, ok := e.Model(); ok && info.Words != "" {
		e.words.know(wordList(info.Words))
	}
	go func() {
		encode, spec, err := e.Pipeline.TextWindow(model)
		e.Post(func() {
			if e.words.model == model {
				e.words.encode, e.words.spec, e.words.err = encode, spec, err
				e.tell(Change{What: FillChanged})
			}
		})
	}()
	return &e.words
}

// know takes the only words that a model was taught; none is: it reads any.
func (v *vocabulary) know(list []string) {
	v.list, v.words = list, nil
	for _, w := range list {
		if v.words == nil {
			v.words = map[string]bool{}
		}
		v.words[w] = true
	}
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

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
func (e *Editor) networkRemarks(p *prompt.Prompt, negative bool) []Remark {
	var known []string
	if e.Adapters != nil {
		known = e.Adapters()
	}
	var out []Remark
	for _, n := range p.Networks {
		why := ""
		switch {
		case negative:
			why = "an adapter belongs in the prompt; here it does nothing"
		case e.Adapters == nil:
			why = "adapters cannot be loaded yet"
		case !names(known, n.Name):
			why = fmt.Sprintf("no adapter is called %q", n.Name)
			if near := nearest(known, n.Name); near != "" {
				why += fmt.Sprintf("; did you mean %q?", near)
			}
		}
		if why != "" {
			out = append(out, Remark{Start: n.Span.Start, End: n.Span.End, Text: why})
		}
	}
	return out
}

// stem is what an adapter is called by: its file's name without the ending.
func stem(name string) string {
	base := filepath.Base(name)
	return strings.ToLower(strings.TrimSuffix(base, ".safetensors"))
}

func names(known []string, name string) bool {
	for _, k := range known {
		if stem(k) == stem(name) {
			return true
		}
	}
	return false
}

// nearest is the known name that differs least, if it differs by a third at most.
func nearest(known []string, name string) string {
	best, least := "", utf8.RuneCountInString(name)/3+1
	for _, k := range known {
		if d := distance([]rune(stem(k)), []rune(stem(name))); d < least {
			best, least = strings.TrimSuffix(filepath.Base(k), ".safetensors"), d
		}
	}
	return best
}

// distance is how many letters must be put in, taken out or changed to get b from a
// (Levenshtein 1966).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		corner := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := corner
			if x != y {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}

// wordRemarks finds words that the model cannot know: ones outside a small model's list,
// or ones that its vocabulary only has in crumbs (more than half as many pieces as
// letters), such as typing errors and scripts that it was not taught.
func wordRemarks(p *prompt.Prompt, all []Piece, v *vocabulary) []Remark {
	var out []Remark
	known := 0
	for _, piece := range all {
		if piece.Kind != PieceWords {
			continue
		}
		for at := piece.Start; at < piece.End; {
			n := strings.IndexFunc(p.Source[at:piece.End], notLetter)
			if n < 0 {
				n = piece.End - at
			}
			if n == 0 {
				_, n = utf8.DecodeRuneInString(p.Source[at:piece.End])
			} else if word := p.Source[at : at+n]; v.words[strings.ToLower(word)] {
				known++
			} else if why := v.doubt(word); why != "" {
				out = append(out, Remark{Start: at, End: at + n, Text: why, Mild: true})
			}
			at += n
		}
	}
	return v.strange(out, known)
}

// doubt says why a word may not be read as meant, or nothing.
func (v *vocabulary) doubt(word string) string {
	letters := utf8.RuneCountInString(word)
	if v.words != nil {
		low := strings.ToLower(word)
		if letters < 2 || v.words[low] || fillers[low] {
			return ""
		}
		why := fmt.Sprintf("this model does not know %q", word)
		if near := nearest(v.list, low); near != "" {
			why += fmt.Sprintf("; did you mean %q?", near)
		}
		return why
	}
	if v.encode == nil {
		return ""
	}
	if n := len(v.encode(word)); n >= 3 && 2*n > letters {
		return fmt.Sprintf("%q is no word to this model: it reads %d pieces", word, n)
	}
	return ""
}

// chunks counts the tokens in each window of the longest text of a prompt.
func chunks(p *prompt.Prompt, v *vocabulary) []int {
	var most []int
	total := -1
	seen := map[string]bool{}
	for _, part := range p.Parts {
		for _, stage := range part.Stages {
			if seen[stage.Text] {
				continue
			}
			seen[stage.Text] = true
			var used []int
			sum := 0
			for _, c := range prompt.Chunks(stage.Segments, v.encode, v.spec) {
				used = append(used, c.Used())
				sum += c.Used()
			}
			if len(used) > len(most) || len(used) == len(most) && sum > total {
				most, total = used, sum
			}
		}
	}
	return most
}
