package merge

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// likeness is the range of how alike the columns of A's and B's weights are, without the
// outermost hundredth at either end.
type likeness struct{ lowest, highest float64 }

// measure finds the likeness of the two models, for the methods that need it.
func (j *Job) measure(ctx context.Context) error {
	if j.method.weights != nil || j.method.Files == 1 || j.likeness != nil {
		return nil
	}
	var all []float64
	for _, key := range slices.Sorted(maps.Keys(j.files[0])) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !j.Merged(key) {
			continue
		}
		sims, _, _, err := j.similar(key)
		if err != nil {
			return err
		}
		all = append(all, sims...)
	}
	all = slices.DeleteFunc(all, math.IsNaN)
	if len(all) == 0 {
		return fmt.Errorf("no weights to compare")
	}
	low := percentile(all, 1)
	all = slices.DeleteFunc(all, func(v float64) bool { return v < low })
	high := percentile(all, 99)
	all = slices.DeleteFunc(all, func(v float64) bool { return v > high })
	j.likeness = &likeness{slices.Min(all), slices.Max(all)}
	return nil
}

// percentile is that of numpy with method "midpoint": the middle of the two neighbours where
// the place is not a whole number. It sorts all.
func percentile(all []float64, percent float64) float64 {
	slices.Sort(all)
	at := percent / 100 * float64(len(all)-1)
	return (all[int(math.Floor(at))] + all[int(math.Ceil(at))]) / 2
}

// similar reads a weight of A and B and compares their columns: all values with one index
// behind the first axis.
func (j *Job) similar(key string) (sims []float64, a, b []float32, err error) {
	if a, err = j.files[0][key].Floats(); err != nil {
		return nil, nil, nil, err
	}
	if b, err = j.files[1][key].Floats(); err != nil {
		return nil, nil, nil, err
	}
	if len(a) != len(b) {
		return nil, nil, nil, fmt.Errorf("tensor %q has %d values in A and %d in B", key, len(a), len(b))
	}
	if len(a) == 0 {
		return nil, a, b, nil
	}
	n := len(a)
	if shape := j.files[0][key].Shape; len(shape) > 0 {
		n = len(a) / int(shape[0])
	}
	if j.Method == "cosineA" {
		return columns(a, b, n), a, b, nil
	}
	var dot, aa, bb float64
	for i := range a {
		dot, aa, bb = dot+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
	}
	sims = columns(a, b, n)
	whole := dot / math.Sqrt(aa*bb)
	for i := range sims {
		sims[i] = (sims[i] + whole) / 2
	}
	return sims, a, b, nil
}

// columns are the cosines of n interleaved columns; torch's floor of 1e-8 keeps those of
// zeros at 0.
func columns(a, b []float32, n int) []float64 {
	dot, aa, bb := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot[i%n], aa[i%n], bb[i%n] = dot[i%n]+x*y, aa[i%n]+x*x, bb[i%n]+y*y
	}
	for i := range dot {
		dot[i] /= math.Max(math.Sqrt(aa[i]), 1e-8) * math.Max(math.Sqrt(bb[i]), 1e-8)
	}
	return dot
}

// normalised divides each of n interleaved columns by its length.
func normalised(a []float32, n int) []float32 {
	lengths := make([]float64, n)
	for i, v := range a {
		lengths[i%n] += float64(v) * float64(v)
	}
	out := make([]float32, len(a))
	for i, v := range a {
		out[i] = float32(float64(v) / math.Max(math.Sqrt(lengths[i%n]), 1e-12))
	}
	return out
}

// alike merges a weight by likeness: the more alike a column is in both, the more of A stays.
func (j *Job) alike(key string) ([]float32, error) {
	sims, a, b, err := j.similar(key)
	if err != nil || len(a) == 0 {
		return a, err
	}
	n := len(sims)
	if j.Method == "cosineA" { // the whole is compared by its normalised columns
		x, y := normalised(a, n), normalised(b, n)
		var dot, aa, bb float64
		for i := range x {
			dot, aa, bb = dot+float64(x[i])*float64(y[i]), aa+float64(x[i])*float64(x[i]), bb+float64(y[i])*float64(y[i])
		}
		whole := dot / math.Sqrt(aa*bb)
		for i := range sims {
			sims[i] = (sims[i] + whole) / 2
		}
	}
	alpha, _ := j.shares(key)
	lowest, span := float32(j.likeness.lowest), float32(j.likeness.highest-j.likeness.lowest)
	for i := range a {
		k := (float32(sims[i%n])-lowest)/span - float32(math.Abs(alpha))
		if k != k { // a weight of zeros
			continue
		}
		k = min(max(k, 0), 1)
		a[i] = float32(b[i]*(1-k)) + float32(a[i]*k)
	}
	return a, nil
}

// isVAE says whether a key belongs to the autoencoder.
func (j *Job) isVAE(key string) bool { return strings.HasPrefix(key, vaePrefix) }
