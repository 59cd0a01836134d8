package stroke

import (
	"image"
	"maps"
	"math/rand/v2"
	"testing"
)

// screen is what visits of Flush have told, by pixel.
type screen map[image.Point]uint16

func (s screen) flush(of *Stroke) {
	of.Flush(func(k Key, t *Tile, r image.Rectangle) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				at := image.Pt(int(k.X)*TileSize+x, int(k.Y)*TileSize+y)
				if delete(s, at); t.Cov[y*TileSize+x] != 0 {
					s[at] = t.Cov[y*TileSize+x]
				}
			}
		}
	})
}

// TestATailIsWhatTheEndWouldBe: while it is there, the stroke looks as if it ended at the
// pointer; and the finished stroke is what it is without.
func TestATailIsWhatTheEndWouldBe(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 25 {
		b, samples := brushes(rng), wander(rng, 14)
		s, seen := New(b), screen{}
		for i, p := range samples {
			s.Add(p)
			if rng.IntN(3) == 0 {
				seen.flush(s)
			}
			if rng.IntN(4) == 0 {
				continue
			}
			for range 1 + rng.IntN(2) {
				s.Tail()
			}
			seen.flush(s)
			if want := gathered(run(b, samples[:i+1])); !maps.Equal(seen, want) {
				t.Fatalf("seed %d: %+v at sample %d shows %d pixels, want the %d of a stroke that ends there", seed, b, i, len(seen), len(want))
			}
		}
		s.End()
		seen.flush(s)
		want := gathered(run(b, samples))
		if !maps.Equal(gathered(s), want) || !maps.Equal(seen, want) {
			t.Fatalf("seed %d: %+v leaves other pixels where its tail was shown", seed, b)
		}
	}
}

// TestATailReachesThePointer, where the curve itself stays a sample behind.
func TestATailReachesThePointer(t *testing.T) {
	s, seen := New(Brush{Size: 10, Hardness: 1, Smoothing: 0.5}), screen{}
	for x := 0.0; x <= 100; x += 50 {
		s.Add(Sample{X: x, Time: x / 1000, Pressure: 1})
	}
	if seen.flush(s); seen[image.Pt(95, 0)] != 0 {
		t.Fatal("the curve is at the pointer without a tail: this test shows nothing")
	}
	s.Tail()
	if seen.flush(s); seen[image.Pt(102, 0)] != Full {
		t.Errorf("the pixel under the pointer has %d, want %d", seen[image.Pt(102, 0)], Full)
	}
	s.Line(Sample{X: 100, Y: 80, Pressure: 1})
	if seen.flush(s); !maps.Equal(seen, gathered(s)) {
		t.Error("a straight line leaves some of the tail on the screen")
	}
}
