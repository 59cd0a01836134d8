package prompting

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pentimento/app/words"
	"pentimento/pipeline/prompt"
)

// Vocabulary is what a model reads a prompt with. The zero value stands for one that is
// still being read.
type Vocabulary struct {
	Encode prompt.Encoder // nil until it has come
	Spec   prompt.Spec
	Err    error // why it never will
	// Embeddings are the words of a person's own; nil until they were looked for.
	Embeddings *Embeddings

	words map[string]bool // the only words the model knows; nil: it reads any
	list  []string        // the same, in order
}

// Know takes the only words that a model was taught, a JSON list of texts as its metadata
// has them; where that names none, the model reads any.
func (v *Vocabulary) Know(list string) {
	v.list, v.words = wordList(list), nil
	for _, w := range v.list {
		if v.words == nil {
			v.words = map[string]bool{}
		}
		v.words[w] = true
	}
}

// Words lists the only words that the model knows, in order; nil: it reads any.
func (v *Vocabulary) Words() []string { return v.list }

// phrases says of a phrase whether all of its words are known; nil: the model reads any.
func (v *Vocabulary) phrases() func(phrase string) bool {
	known := v.words // never changed once it is made
	if known == nil {
		return nil
	}
	return func(phrase string) bool {
		return !slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(phrase), notLetter), func(w string) bool {
			return !known[w] && !fillers[w]
		})
	}
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// fillers are words that captions hold and lists of words leave out.
var fillers = map[string]bool{"a": true, "an": true, "the": true, "of": true, "in": true, "on": true, "by": true, "with": true, "at": true,
	"under": true, "front": true, "and": true, "to": true, "is": true}

// wordRemarks finds words that the model cannot know: ones outside a small model's list,
// or ones that its vocabulary only has in crumbs (more than half as many pieces as
// letters), such as typing errors and scripts that it was not taught.
func wordRemarks(p *prompt.Prompt, all []Piece, v *Vocabulary) []Remark {
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
func (v *Vocabulary) doubt(word string) string {
	letters := utf8.RuneCountInString(word)
	if v.words != nil {
		low := strings.ToLower(word)
		if letters < 2 || v.words[low] || fillers[low] {
			return ""
		}
		why := words.T("this model doesn't know %q", word)
		if near := nearest(v.list, low); near != "" {
			why += words.T("; did you mean %q?", near)
		}
		return why
	}
	if v.Encode == nil {
		return ""
	}
	if n := len(v.Encode(word)); n >= 3 && 2*n > letters {
		return words.T("%q isn't a word this model knows: it reads %d pieces", word, n)
	}
	return ""
}

// chunks counts the tokens in each window of the longest text of a prompt.
func chunks(p *prompt.Prompt, v *Vocabulary) []int {
	var most []int
	encode, spec := v.reader()
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
			for _, c := range prompt.Chunks(stage.Segments, encode, spec) {
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

// strange makes one gentle remark of a prompt of which the model knows no word at all, and
// leaves the doubts about single words of any other. known counts the words it knows.
func (v *Vocabulary) strange(doubts []Remark, known int) []Remark {
	if v.words == nil || known > 0 || len(doubts) == 0 {
		return doubts
	}
	var such []string
	n := min(5, len(v.list))
	for i := range n { // from all over the list
		such = append(such, v.list[i*(len(v.list)-1)/max(n-1, 1)])
	}
	text := words.T("this model knows none of these words; it knows %d, such as %s. A Stable Diffusion checkpoint knows more", len(v.list), strings.Join(such, ", "))
	return []Remark{{Start: doubts[0].Start, End: doubts[len(doubts)-1].End, Text: text, Mild: true}}
}
