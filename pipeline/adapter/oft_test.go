package adapter

import (
	"math"
	"testing"
)

// A small turn's change has all its digits: for two outputs and Q = [0 q; −q 0] it is
// (Rᵀ − I)·W with R − I = 2q/(1+q²)·[−q 1; −1 −q].
func TestASmallTurnChangesExactly(t *testing.T) {
	const rows, in = 2, 3
	w := []float32{0.7, -1.3, 0.11, 2.1, 0.9, -0.37}
	for _, q := range []float32{0.2, 1e-2, 1e-4, 1e-6} {
		b := []float32{0, q, 0, 0}
		cayley(b, rows, 0)
		got := make([]float32, len(w))
		turn(got, w, b, rows, rows, 0, true)
		p := float64(q)
		f := 2 * p / (1 + p*p)
		for x := range in {
			a, c := float64(w[x]), float64(w[in+x])
			for i, want := range []float64{f * (-p*a - c), f * (a - p*c)} {
				if d := math.Abs(float64(got[i*in+x])-want) / math.Abs(want); d > 1e-6 {
					t.Errorf("q %g: row %d column %d: %g, want %g (%.1e off)", q, i, x, got[i*in+x], want, d)
				}
			}
		}
	}
}
