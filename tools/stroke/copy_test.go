package stroke

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCopyingAgreesWithTheFormula to one rounding, is exact at both ends of the weight, and
// keeps colours below their alpha.
func TestCopyingAgreesWithTheFormula(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pixel := func() []uint8 {
		a := rng.IntN(256)
		return []uint8{uint8(rng.IntN(a + 1)), uint8(rng.IntN(a + 1)), uint8(rng.IntN(a + 1)), uint8(a)}
	}
	for range 20000 {
		base, src := pixel(), pixel()
		c := uint16(rng.IntN(Full + 1))
		switch rng.IntN(4) {
		case 0:
			c = 0
		case 1:
			c = Full
		}
		w, alpha := float64(c)/Full, float64(src[3])/255
		var over, in [4]uint8
		Over(over[:], base, src, []uint16{c}, Full)
		Replace(in[:], base, src, []uint16{c}, Full)
		for k := range 4 {
			if want := float64(base[k])*(1-w*alpha) + float64(src[k])*w; math.Abs(want-float64(over[k])) > 0.5001 {
				t.Fatalf("over: %v over %v with %v gives %v", src, base, w, over)
			}
			if want := float64(base[k])*(1-w) + float64(src[k])*w; math.Abs(want-float64(in[k])) > 0.5001 {
				t.Fatalf("replace: %v in %v with %v gives %v", src, base, w, in)
			}
			if over[k] > over[3] || in[k] > in[3] {
				t.Fatalf("a colour above its alpha: %v, %v", over, in)
			}
			if c == 0 && (over[k] != base[k] || in[k] != base[k]) || c == Full && (in[k] != src[k] || src[3] == 255 && over[k] != src[k]) {
				t.Fatalf("not exact with %v: %v and %v of %v and %v", w, over, in, base, src)
			}
		}
	}
}
