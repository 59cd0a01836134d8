package prompt

import (
	"math"
	"os"
	"slices"
	"testing"

	"pentimento/pipeline/tokenizer"
)

func TestChunksAgreeWithTheReferences(t *testing.T) {
	f, err := os.Open("../../assets/vocab/merges.txt")
	if err != nil {
		t.Fatalf("the vocabulary is not here; `make vocab` fetches it: %v", err)
	}
	defer f.Close()
	tok, err := tokenizer.New(f)
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Length: 75, Start: tok.Start(), End: tok.End(), Pad: tok.End(), Comma: tok.Comma(), Backtrack: 20}
	for _, r := range references(t) {
		chunks := Chunks(attention(mapped(r.Text)), tok.Encode, spec)
		if len(chunks) != len(r.Chunks) {
			t.Errorf("%q gives %d chunks, want %d", r.Text, len(chunks), len(r.Chunks))
			continue
		}
		for i, want := range r.Chunks {
			ids, weights := want.IDs, want.Weights
			for len(ids) < 77 { // the file leaves the padding out
				ids, weights = append(ids, tok.End()), append(weights, 1)
			}
			if !slices.Equal(chunks[i].IDs, ids) {
				t.Errorf("%q, chunk %d: %v, want %v", r.Text, i, chunks[i].IDs, ids)
			}
			for j, w := range weights {
				if math.Abs(chunks[i].Weights[j]-w) > 1e-6*math.Abs(w) {
					t.Errorf("%q, chunk %d: weight %d is %v, want %v", r.Text, i, j, chunks[i].Weights[j], w)
				}
			}
			for j, s := range chunks[i].Source {
				if s.Start < 0 || s.End > len(r.Text) || (s.End > s.Start) != (j > 0 && j <= chunks[i].Used()) {
					t.Errorf("%q, chunk %d: token %d is from %v", r.Text, i, j, s)
				}
			}
		}
	}
}
