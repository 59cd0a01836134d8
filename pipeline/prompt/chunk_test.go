package prompt

import (
	"slices"
	"strings"
	"testing"
)

// letters encodes every letter as a token of its own; the comma is 0.
func letters(text string) []Token {
	var out []Token
	for i, c := range []byte(text) {
		switch c {
		case ' ':
		case ',':
			out = append(out, Token{0, i, i + 1})
		default:
			out = append(out, Token{int(c), i, i + 1})
		}
	}
	return out
}

var window = Spec{Length: 75, Start: 1001, End: 1002, Pad: 1002, Comma: 0, Backtrack: 20}

func TestTheCommaDecidesWhereAChunkEnds(t *testing.T) {
	for at, want := range map[int]int{55: 56, 54: 75, 74: 75, 60: 61, 0: 75} {
		text := strings.Repeat("x", at) + "," + strings.Repeat("y", 74-at) + "z"
		chunks := Chunks(attention(mapped(text)), letters, window)
		if len(chunks) != 2 || chunks[0].Used() != want || chunks[1].Used() != 76-want {
			t.Errorf("a comma at %d leaves %d and %d tokens, want %d in the first", at, chunks[0].Used(), chunks[len(chunks)-1].Used(), want)
		}
	}
	// an overflowing comma moves nothing, and does not count in the next chunk
	chunks := Chunks(attention(mapped(strings.Repeat("x", 60)+","+strings.Repeat("y", 14)+","+strings.Repeat("z", 75))), letters, window)
	if len(chunks) != 3 || chunks[0].Used() != 75 || chunks[1].Used() != 75 {
		t.Errorf("an overflowing comma: %d chunks", len(chunks))
	}
	never := window
	never.Backtrack = 0
	if c := Chunks(attention(mapped(strings.Repeat("x", 70)+",yyyyyyyyy")), letters, never); c[0].Used() != 75 {
		t.Errorf("without backtracking the first chunk has %d tokens", c[0].Used())
	}
}

func TestChunksHaveTheEncodersShape(t *testing.T) {
	spec := Spec{Length: 6, Start: 1001, End: 1002, Pad: 0, Comma: -1, Backtrack: 20}
	chunks := Chunks(attention(mapped("ab BREAK (c:2) BREAK BREAK d")), letters, spec)
	want := [][]int{{1001, 'a', 'b', 1002, 0, 0, 0, 0}, {1001, 'c', 1002, 0, 0, 0, 0, 0}, {1001, 1002, 0, 0, 0, 0, 0, 0}, {1001, 'd', 1002, 0, 0, 0, 0, 0}}
	if len(chunks) != len(want) {
		t.Fatalf("%d chunks, want %d", len(chunks), len(want))
	}
	for i, c := range chunks {
		if !slices.Equal(c.IDs, want[i]) || len(c.Weights) != 8 || len(c.Source) != 8 {
			t.Errorf("chunk %d is %+v, want %v", i, c, want[i])
		}
	}
	if w := chunks[1].Weights; w[1] != 2 || w[0] != 1 || w[2] != 1 {
		t.Errorf("weights %v", w)
	}
	if s := chunks[1].Source[1]; s != (Span{10, 11}) {
		t.Errorf("the token c is at %v", s)
	}
	if empty := Chunks(attention(mapped("")), letters, spec); len(empty) != 1 || empty[0].Used() != 0 {
		t.Errorf("an empty text gives %+v", empty)
	}
}

func TestLevelFillsUpWithEmptyChunks(t *testing.T) {
	long, short := Chunks(attention(mapped("a BREAK b BREAK c")), letters, window), Chunks(attention(mapped("d")), letters, window)
	got := Level([][]Chunk{short, long}, window)
	if len(got[0]) != 3 || len(got[1]) != 3 || got[0][0].Used() != 1 || got[0][2].Used() != 0 || got[0][2].IDs[1] != window.End {
		t.Errorf("got %d and %d chunks: %+v", len(got[0]), len(got[1]), got[0])
	}
	if len(short) != 1 {
		t.Error("the caller's list grew")
	}
}
