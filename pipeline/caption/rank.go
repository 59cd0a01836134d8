package caption

import (
	"cmp"
	"math"
	"slices"
)

// Rank orders texts by how like a picture they are: the cosine of their embeddings (n of one
// length, one after another) and the picture's, the most alike first.
func Rank(picture []float32, texts []string, embeddings []float32) []Scored {
	n := len(picture)
	out := make([]Scored, 0, len(texts))
	for i, text := range texts {
		if (i+1)*n > len(embeddings) {
			break
		}
		out = append(out, Scored{Text: text, Score: cosine(picture, embeddings[i*n:(i+1)*n])})
	}
	slices.SortStableFunc(out, func(a, b Scored) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i, v := range a {
		ab += float64(v) * float64(b[i])
		aa += float64(v) * float64(v)
		bb += float64(b[i]) * float64(b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
