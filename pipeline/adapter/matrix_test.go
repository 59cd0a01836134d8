package adapter

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

func random(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = r.Float32() - 0.5
	}
	return v
}

// Both ways to multiply agree, whatever is left over at the edges, and nothing beyond them changes.
func TestProductsByTilesAreThePlainOnes(t *testing.T) {
	if !fused {
		t.Skip("this processor has no tiles")
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for range 30 {
		rows, inner, n := tileRows+r.IntN(120), 1+r.IntN(300), tileColumns+r.IntN(300)
		a, b, base := random(r, rows*inner), random(r, inner*n), random(r, rows*n+16)
		got, want := append([]float32(nil), base...), append([]float32(nil), base...)
		tiled(got[:rows*n], a, b, rows, n, inner)
		plain(want[:rows*n], a, b, rows)
		if e := pipelinetest.Relative(got[:rows*n], want[:rows*n]); e > 1e-6 {
			t.Fatalf("seed %d: [%d %d] · [%d %d]: relative error %.2g", seed, rows, inner, inner, n, e)
		}
		for i, v := range got[rows*n:] {
			if v != base[rows*n+i] {
				t.Fatalf("seed %d: [%d %d] · [%d %d] writes beyond its end", seed, rows, inner, inner, n)
			}
		}
	}
}

func BenchmarkProduct(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	const rows, inner, n = 1280, 128, 1280
	x, y, out := random(r, rows*inner), random(r, inner*n), make([]float32, rows*n)
	for name, multiply := range map[string]func(){
		"tiled": func() { tiled(out, x, y, rows, n, inner) },
		"plain": func() { plain(out, x, y, rows) },
	} {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			for b.Loop() {
				multiply()
			}
			b.ReportMetric(2*rows*inner*n*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
		})
	}
}
