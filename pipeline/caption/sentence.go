package caption

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Vocabulary is a WordPiece vocabulary (Wu et al. 2016), a piece for each id, as BERT's vocab.txt has it.
type Vocabulary []string

// maxPieces bounds what is read of a vocabulary.
const maxPieces = 1 << 20

// ReadVocabulary reads vocab.txt, a piece a line.
func ReadVocabulary(r io.Reader) (Vocabulary, error) {
	in := bufio.NewScanner(io.LimitReader(r, 64<<20))
	var v Vocabulary
	for in.Scan() {
		if len(v) == maxPieces {
			return nil, fmt.Errorf("a vocabulary: found more than %d lines, want a piece a line", maxPieces)
		}
		v = append(v, strings.TrimRight(in.Text(), "\r"))
	}
	if len(v) == 0 && in.Err() == nil {
		return nil, errors.New("a vocabulary: found an empty file, want a piece a line")
	}
	return v, in.Err()
}

// Find is the id of a piece; −1 where there is none such.
func (v Vocabulary) Find(piece string) int {
	for id, p := range v {
		if p == piece {
			return id
		}
	}
	return -1
}

// Text joins the pieces of ids: ## continues a word, what stands in [ ] is left out, and so are
// ids that the vocabulary doesn't have.
func (v Vocabulary) Text(ids []int) string {
	var b strings.Builder
	for _, id := range ids {
		if id < 0 || id >= len(v) || strings.HasPrefix(v[id], "[") && strings.HasSuffix(v[id], "]") && len(v[id]) > 2 {
			continue
		}
		piece, more := strings.CutPrefix(v[id], "##")
		if !more && b.Len() > 0 && !strings.Contains(".,!?'’-", piece) && !strings.HasSuffix(b.String(), "'") && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte(' ')
		}
		b.WriteString(piece)
	}
	return b.String()
}

// Greedy writes tokens behind the first ones, each the most probable, until end comes or there are
// most: step gives a number for each token of the vocabulary to follow the ids.
func Greedy(ctx context.Context, first []int, end, most int, step func(ids []int) ([]float32, error)) ([]int, error) {
	ids := append([]int(nil), first...)
	for len(ids)-len(first) < most {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scores, err := step(ids)
		if err != nil {
			return nil, err
		}
		best := -1
		for id, s := range scores {
			if best < 0 || s > scores[best] {
				best = id
			}
		}
		if best < 0 || best == end {
			break
		}
		ids = append(ids, best)
	}
	return ids[len(first):], nil
}
