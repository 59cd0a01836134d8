package stroke

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestLayingRoundsOnceToNearest compares with the formulas in floating point.
func TestLayingRoundsOnceToNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	near := func(got uint8, want float64) bool { return math.Abs(float64(got)-want) <= 0.5+1e-2 }
	for range 20000 {
		cov := []uint16{uint16(rng.IntN(Full + 1))}
		strength := uint32(rng.IntN(Full + 1))
		if rng.IntN(2) == 0 {
			strength = Full
		}
		a := uint8(rng.IntN(256))
		base := []uint8{uint8(rng.IntN(int(a) + 1)), uint8(rng.IntN(int(a) + 1)), uint8(rng.IntN(int(a) + 1)), a}
		w := float64(cov[0]) / Full * float64(strength) / Full
		dst := make([]uint8, 4)
		Level(dst[:1], base[3:], cov, strength, 255)
		if want := float64(a)*(1-w) + 255*w; !near(dst[0], want) {
			t.Fatalf("Level(%d, weight %v) = %d, want %v", a, w, dst[0], want)
		}
		MaskErase(dst[:1], base[3:], cov, strength)
		if want := float64(a) * (1 - w); !near(dst[0], want) {
			t.Fatalf("MaskErase(%d, weight %v) = %d, want %v", a, w, dst[0], want)
		}
		c := [4]uint8{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255}
		Colour(dst, base, cov, strength, c[0], c[1], c[2])
		for i := range dst {
			if want := float64(base[i])*(1-w) + float64(c[i])*w; !near(dst[i], want) || dst[i] > dst[3] {
				t.Fatalf("Colour(%v, %v, weight %v) = %v, channel %d want %v and no more than alpha", base, c, w, dst, i, want)
			}
		}
		Erase(dst, base, cov, strength)
		for i := range dst {
			if want := float64(base[i]) * (1 - w); !near(dst[i], want) || dst[i] > dst[3] {
				t.Fatalf("Erase(%v, weight %v) = %v, channel %d want %v", base, w, dst, i, want)
			}
		}
	}
}

func TestNoCoverageChangesNothing(t *testing.T) {
	for v := range 256 {
		base := []uint8{uint8(v), uint8(v / 2), 0, uint8(v)}
		dst := make([]uint8, 4)
		for name, lay := range map[string]func(){
			"MaskErase": func() { MaskErase(dst[:1], base[:1], []uint16{0}, Full) },
			"Colour":    func() { Colour(dst, base, []uint16{Full}, 0, 9, 9, 9) },
			"Erase":     func() { Erase(dst, base, []uint16{0}, Full) },
		} {
			clear(dst)
			lay()
			if dst[0] != base[0] {
				t.Errorf("%s without coverage made %d of %d", name, dst[0], base[0])
			}
		}
	}
}

// TestSoftStrokeDoesNotBand lays a wide soft stroke over black: neighbouring levels must
// all occur, and no step be larger than the slope of the profile asks for.
func TestSoftStrokeDoesNotBand(t *testing.T) {
	s := New(Brush{Size: 1000, Hardness: 0})
	s.Add(Sample{X: 0.5, Y: 0.5, Pressure: 1})
	got := gathered(s)
	seen := map[uint8]bool{}
	last := uint8(255)
	for x := range 510 {
		var dst [1]uint8
		Level(dst[:], []uint8{0}, []uint16{got[struct{ X, Y int }{x, 0}]}, Full, 255)
		if dst[0] > last || last-dst[0] > 1 {
			t.Fatalf("at %d px the level goes from %d to %d", x, last, dst[0])
		}
		last = dst[0]
		seen[last] = true
	}
	if len(seen) != 256 {
		t.Errorf("a 500 px ramp shows %d levels, want 256", len(seen))
	}
}
