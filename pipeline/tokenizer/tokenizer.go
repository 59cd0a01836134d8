// Package tokenizer turns text into the token ids of CLIP's byte-pair encoding (Radford et
// al. 2021; Sennrich et al. 2016), for vocabularies of any size: the ids are 256 bytes, the
// same 256 ending a word, the merges in order, then start and end. Stable Diffusion's has
// 48,894 merges and 49,408 ids; a small model brings a small one.
//
// Start reading at Encode: clean.go prepares the text and keeps the place of every letter,
// words.go cuts it, bytepair.go merges.
//
// Decisions.
// 2026-11-23: own code, since no Go package for CLIP's tokenizer is to be had and tokens
// must know their place in the text.
// 2026-11-23: the original's optional repair of broken Unicode (ftfy) is left out: it is a
// guess about the user's text, other programs of the field run without it, too.
package tokenizer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Token is one token and the bytes [Start, End) of the text it stands for. It is an alias,
// so that Encode serves packages that may not import this one.
type Token = struct{ ID, Start, End int }

// Tokenizer is a vocabulary. It does not change and may be shared between goroutines.
type Tokenizer struct {
	names      []string           // symbol → its name in the vocabulary
	ids        []int              // symbol → id
	ranks      map[[2]int32]int32 // pair of symbols → symbol; lower is merged first
	start, end int
	comma      int
}

const (
	endOfWord = "</w>"
	startText = "<|startoftext|>"
	endText   = "<|endoftext|>"
	maxBytes  = 64 << 20 // of a vocabulary file; Stable Diffusion's are 0.5 and 1 MB
)

// New reads merges, one "left right" a line, a "#version" line before them being optional.
func New(merges io.Reader) (*Tokenizer, error) {
	t, symbols, err := build(merges)
	if err != nil {
		return nil, err
	}
	n := len(t.names)
	for i := range n {
		t.ids = append(t.ids, i)
	}
	t.start, t.end, t.comma = n, n+1, int(symbols[","+endOfWord])
	return t, nil
}

// FromVocabulary reads the pair of files that a diffusers folder holds: vocab.json, an
// object of name → id, and merges.txt.
func FromVocabulary(vocab, merges io.Reader) (*Tokenizer, error) {
	t, _, err := build(merges)
	if err != nil {
		return nil, err
	}
	var ids map[string]int
	if err := json.NewDecoder(io.LimitReader(vocab, maxBytes)).Decode(&ids); err != nil {
		return nil, fmt.Errorf("tokenizer: vocab.json: %w", err)
	}
	find := func(name string) int {
		id, ok := ids[name]
		if (!ok || id < 0 || id > 1<<24) && err == nil {
			err = fmt.Errorf("tokenizer: vocab.json: %q has no usable id", name)
		}
		return id
	}
	for _, name := range t.names {
		t.ids = append(t.ids, find(name))
	}
	t.start, t.end, t.comma = find(startText), find(endText), find(","+endOfWord)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// build makes the symbols and their ranks; ids are the caller's.
func build(merges io.Reader) (*Tokenizer, map[string]int32, error) {
	t := &Tokenizer{ranks: map[[2]int32]int32{}}
	symbols := map[string]int32{}
	add := func(name string) int32 {
		symbols[name] = int32(len(t.names))
		t.names = append(t.names, name)
		return symbols[name]
	}
	for _, suffix := range []string{"", endOfWord} {
		for _, b := range byteOrder {
			add(string(byteNames[b]) + suffix)
		}
	}
	lines := bufio.NewScanner(io.LimitReader(merges, maxBytes))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if line == "" || n == 1 && strings.HasPrefix(line, "#version") {
			continue
		}
		left, right, ok := strings.Cut(line, " ")
		a, knownA := symbols[left]
		b, knownB := symbols[right]
		if !ok || !knownA || !knownB {
			return nil, nil, fmt.Errorf("tokenizer: merges line %d is %.40q, want two symbols made before it", n, line)
		}
		if _, twice := t.ranks[[2]int32{a, b}]; twice {
			return nil, nil, fmt.Errorf("tokenizer: merges line %d repeats %.40q", n, line)
		}
		t.ranks[[2]int32{a, b}] = add(left + right)
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("tokenizer: merges: %w", err)
	}
	return t, symbols, nil
}

// Start is the id before a text.
func (t *Tokenizer) Start() int { return t.start }

// End is the id after a text, with which CLIP also fills up.
func (t *Tokenizer) End() int { return t.end }

// Comma is the id of a comma that ends a word.
func (t *Tokenizer) Comma() int { return t.comma }

// Len is the number of ids.
func (t *Tokenizer) Len() int { return len(t.names) + 2 }

// Encode gives the tokens of a text without start and end. Invalid UTF-8 counts as U+FFFD.
func (t *Tokenizer) Encode(text string) []Token {
	var out []Token
	letters := clean(text)
	for len(letters) > 0 {
		n, special := nextWord(letters)
		word := letters[:n]
		switch {
		case special == startText:
			out = append(out, Token{t.start, word[0].from, word[n-1].to})
		case special == endText:
			out = append(out, Token{t.end, word[0].from, word[n-1].to})
		case word[0].r != ' ':
			out = t.merge(out, word)
		}
		letters = letters[n:]
	}
	return out
}

// byteOrder lists the bytes as CLIP numbers them and byteNames gives each a visible name:
// printable Latin-1 characters stand for themselves, the others for U+0100 and on.
var byteOrder, byteNames = func() (order [256]byte, names [256]rune) {
	n := 0
	printable := func(b int) bool { return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae }
	for b := range 256 {
		if printable(b) {
			order[n], names[b] = byte(b), rune(b)
			n++
		}
	}
	for b, next := 0, rune(0x100); b < 256; b++ {
		if !printable(b) {
			order[n], names[b] = byte(b), next
			n, next = n+1, next+1
		}
	}
	return order, names
}()

// byteSymbols is the symbol of each byte inside a word; one that ends it is 256 higher.
var byteSymbols = func() (symbols [256]int32) {
	for i, b := range byteOrder {
		symbols[b] = int32(i)
	}
	return symbols
}()
