package tokenizer

import (
	"container/heap"
	"unicode/utf8"
)

// part is a symbol of a word under way, in a list linked by index.
type part struct {
	symbol     int32 // −1 once merged into its left neighbour
	from, to   int   // bytes of the source
	prev, next int   // −1 at the ends
}

// candidate is a pair that could be merged.
type candidate struct {
	symbol      int32 // what it would become; the lower, the sooner
	at          int   // its left part
	left, right int32 // what its parts were when it was found
}

type candidates []candidate

func (c candidates) Len() int { return len(c) }
func (c candidates) Less(i, j int) bool {
	return c[i].symbol < c[j].symbol || c[i].symbol == c[j].symbol && c[i].at < c[j].at
}
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *candidates) Push(x any)   { *c = append(*c, x.(candidate)) }
func (c *candidates) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// merge appends a word's tokens. Pairs wait in a heap by rank and place, so that a word of
// n bytes takes n·log n; a merged symbol's own pairs always rank behind it, which makes
// this equal to merging all pairs of the best rank, left to right, again and again.
func (t *Tokenizer) merge(out []Token, word []letter) []Token {
	var parts []part
	var buffer [utf8.UTFMax]byte
	for _, l := range word {
		for _, b := range buffer[:utf8.EncodeRune(buffer[:], l.r)] {
			parts = append(parts, part{byteSymbols[b], l.from, l.to, len(parts) - 1, len(parts) + 1})
		}
	}
	last := len(parts) - 1
	parts[last].symbol += 256
	parts[last].next = -1

	var queue candidates
	look := func(at int) {
		if at < 0 || parts[at].next < 0 {
			return
		}
		left, right := parts[at].symbol, parts[parts[at].next].symbol
		if s, ok := t.ranks[[2]int32{left, right}]; ok {
			heap.Push(&queue, candidate{s, at, left, right})
		}
	}
	for i := range parts {
		look(i)
	}
	for len(queue) > 0 {
		c := heap.Pop(&queue).(candidate)
		p := &parts[c.at]
		if p.symbol != c.left || p.next < 0 || parts[p.next].symbol != c.right {
			continue // one of its parts has been merged meanwhile
		}
		right := &parts[p.next]
		p.symbol, p.to, p.next, right.symbol = c.symbol, right.to, right.next, -1
		if p.next >= 0 {
			parts[p.next].prev = c.at
		}
		look(p.prev)
		look(c.at)
	}
	for at := 0; at >= 0; at = parts[at].next {
		p := parts[at]
		out = append(out, Token{t.ids[p.symbol], p.from, p.to})
	}
	return out
}
