package blend

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// reference is the W3C formula on straight colours in floating point: the answer for one
// premultiplied pixel, in 0..255.
func reference(d, s [4]float64, mode Mode, opacity float64) (out [4]float64) {
	for i := range s {
		s[i] *= opacity
	}
	sa, da := s[3]/255, d[3]/255
	straight := func(v, a float64) float64 {
		if a == 0 {
			return 0
		}
		return v / 255 / a
	}
	for c := range 3 {
		cs, cb := straight(s[c], sa), straight(d[c], da)
		out[c] = 255 * (sa*(1-da)*cs + da*(1-sa)*cb + sa*da*mixed(mode, cb, cs))
	}
	out[3] = 255 * (sa + da*(1-sa))
	return out
}

func mixed(mode Mode, cb, cs float64) float64 {
	hard := func(cb, cs float64) float64 {
		if cs <= 0.5 {
			return cb * 2 * cs
		}
		return cb + (2*cs - 1) - cb*(2*cs-1)
	}
	switch mode {
	case Multiply:
		return cb * cs
	case Screen:
		return cb + cs - cb*cs
	case Overlay:
		return hard(cs, cb)
	case Darken:
		return min(cb, cs)
	case Lighten:
		return max(cb, cs)
	case Add:
		return min(1, cb+cs)
	}
	return cs
}

func pixel(rng *rand.Rand) (p [4]uint8) {
	switch rng.IntN(4) {
	case 0:
		p[3] = 255
	case 1:
		p[3] = 0
	default:
		p[3] = uint8(rng.IntN(256))
	}
	for c := range 3 {
		p[c] = uint8(rng.IntN(int(p[3]) + 1))
	}
	return p
}

func pixels(rng *rand.Rand, n int) []uint8 {
	var out []uint8
	for range n {
		p := pixel(rng)
		out = append(out, p[:]...)
	}
	return out
}

func floats(p []uint8) (f [4]float64) {
	for c := range f {
		f[c] = float64(p[c])
	}
	return f
}

func TestModesFollowTheFormula(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, mode := range Modes {
		worst := 0.0
		for range 20000 {
			n := 1 + rng.IntN(5)
			d, s := pixels(rng, n), pixels(rng, n)
			opacity := uint8(rng.IntN(256))
			if rng.IntN(2) == 0 {
				opacity = 255
			}
			got := append([]uint8(nil), d...)
			Span(got, s, mode, opacity)
			for i := 0; i < len(got); i += 4 {
				want := reference(floats(d[i:]), floats(s[i:]), mode, float64(opacity)/255)
				for c := range want {
					worst = max(worst, math.Abs(float64(got[i+c])-want[c]))
				}
				if worst > 1 {
					t.Fatalf("%v, opacity %d: %v over %v gives %v, want %.2f", mode, opacity, s[i:i+4], d[i:i+4], got[i:i+4], want)
				}
			}
		}
		t.Logf("%v: at most %.3f from the formula", mode, worst)
	}
}

func TestColourNeverExceedsAlpha(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for range 20000 {
		mode, opacity := Modes[rng.IntN(len(Modes))], uint8(rng.IntN(256))
		d, s := pixels(rng, 3), pixels(rng, 3)
		Span(d, s, mode, opacity)
		Tint(d, []uint8{uint8(rng.IntN(256)), 255, 0}, binary.LittleEndian.Uint32(s))
		for i := 0; i < len(d); i += 4 {
			if max(d[i], d[i+1], d[i+2]) > d[i+3] {
				t.Fatalf("%v at %d leaves %v", mode, opacity, d[i:i+4])
			}
		}
	}
}

// The word-wide paths must give what the one-channel arithmetic gives, whatever the
// length and the neighbours.
func TestFastPathsEqualTheSlowOne(t *testing.T) {
	slow := func(v, a uint32) uint32 { return (v*a + 127) / 255 }
	rng := rand.New(rand.NewPCG(3, 1))
	for range 20000 {
		n := rng.IntN(6)
		d, s := pixels(rng, n), pixels(rng, n)
		opacity := uint32(rng.IntN(256))
		if rng.IntN(2) == 0 {
			opacity = 255
		}
		want := append([]uint8(nil), d...)
		for i := range n {
			a := uint32(s[i*4+3])
			for c := range 4 {
				v, u := uint32(s[i*4+c]), uint32(want[i*4+c])
				if opacity == 255 {
					want[i*4+c] = uint8(v + slow(u, 255-a))
				} else {
					w := (opacity<<16 + 127) / 255
					want[i*4+c] = uint8((v*w + u*(65536-(a*w+127)/255) + 32768) >> 16)
				}
			}
		}
		got := append([]uint8(nil), d...)
		Span(got, s, Normal, uint8(opacity))
		if string(got) != string(want) {
			t.Fatalf("%v over %v at %d gives %v, want %v", s, d, opacity, got, want)
		}
	}
}

func TestScaleIsExactForEveryByte(t *testing.T) {
	for x := range uint32(256) {
		for a := range uint32(256) {
			want := (x*a + 127) / 255 * 0x01010101
			if got := scale(x*0x01010101, a); got != want {
				t.Fatalf("%d·%d/255 is %x, want %x", x, a, got, want)
			}
		}
	}
}

func TestNothingOverSomethingChangesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for _, mode := range Modes {
		d := pixels(rng, 9)
		want := string(d)
		Span(d, make([]uint8, len(d)), mode, 255)
		Span(d, pixels(rng, 9), mode, 0)
		if string(d) != want {
			t.Errorf("%v: transparent source or opacity 0 changed the destination", mode)
		}
	}
}

func TestOverNothingEveryModeIsTheSource(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	for _, mode := range Modes {
		s := pixels(rng, 50)
		d := make([]uint8, len(s))
		Span(d, s, mode, 255)
		if string(d) != string(s) {
			t.Errorf("%v over nothing is not the source", mode)
		}
	}
}

func TestTintAddsUpToTheColour(t *testing.T) {
	d := []uint8{1, 2, 3, 255, 9, 9, 9, 255, 0, 0, 0, 0}
	Tint(d, []uint8{255, 0, 255}, 0xff0a0b0c)
	want := []uint8{0x0c, 0x0b, 0x0a, 255, 9, 9, 9, 255, 0x0c, 0x0b, 0x0a, 255}
	if string(d) != string(want) {
		t.Errorf("got %v, want %v", d, want)
	}
}

func TestSpanStopsAtTheShorterSide(t *testing.T) {
	d := []uint8{0, 0, 0, 0, 7, 7, 7, 7}
	Span(d, []uint8{1, 2, 3, 255}, Normal, 255)
	Span(d[:4], []uint8{4, 5, 6, 255, 1, 1, 1, 1}, Normal, 255)
	if want := []uint8{4, 5, 6, 255, 7, 7, 7, 7}; string(d) != string(want) {
		t.Errorf("got %v, want %v", d, want)
	}
}

func TestNamesComeBack(t *testing.T) {
	for _, m := range Modes {
		if got, ok := Parse(m.String()); !ok || got != m {
			t.Errorf("%v comes back as %v, %v", m, got, ok)
		}
	}
	if _, ok := Parse("dissolve"); ok {
		t.Error("an unknown name was accepted")
	}
}
