package blend

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
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
	var cs, cb [3]float64
	for c := range 3 {
		cs[c], cb[c] = straight(s[c], sa), straight(d[c], da)
	}
	if f, ok := operators[mode]; ok {
		fs, fd := f(sa, da)
		for c := range 3 {
			out[c] = 255 * (sa*fs*cs[c] + da*fd*cb[c])
		}
		out[3] = 255 * (sa*fs + da*fd)
		return out
	}
	for c := range 3 {
		m := mixed(mode, cb[c], cs[c])
		if mode >= Hue {
			m = mixedColours(mode, cb, cs)[c]
		}
		out[c] = 255 * (sa*(1-da)*cs[c] + da*(1-sa)*cb[c] + sa*da*m)
	}
	out[3] = 255 * (sa + da*(1-sa))
	return out
}

// operators are the shares Fa and Fb of section 9.1.4.
var operators = map[Mode]func(sa, da float64) (float64, float64){
	SourceAtop:      func(sa, da float64) (float64, float64) { return da, 1 - sa },
	DestinationIn:   func(sa, da float64) (float64, float64) { return 0, sa },
	DestinationOut:  func(sa, da float64) (float64, float64) { return 0, 1 - sa },
	DestinationAtop: func(sa, da float64) (float64, float64) { return 1 - da, sa },
}

// mixedColours is section 10.2, written by sorting channels as the text does.
func mixedColours(mode Mode, cb, cs [3]float64) [3]float64 {
	lum := func(c [3]float64) float64 { return 0.3*c[0] + 0.59*c[1] + 0.11*c[2] }
	setLum := func(c [3]float64, l float64) [3]float64 {
		d := l - lum(c)
		c = [3]float64{c[0] + d, c[1] + d, c[2] + d}
		l = lum(c)
		if n := slices.Min(c[:]); n < 0 {
			for i := range c {
				c[i] = l + (c[i]-l)*l/(l-n)
			}
		}
		if x := slices.Max(c[:]); x > 1 {
			for i := range c {
				c[i] = l + (c[i]-l)*(1-l)/(x-l)
			}
		}
		return c
	}
	sat := func(c [3]float64) float64 { return slices.Max(c[:]) - slices.Min(c[:]) }
	setSat := func(c [3]float64, s float64) [3]float64 {
		order := []int{0, 1, 2}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(c[a], c[b]) })
		low, mid, high := order[0], order[1], order[2]
		if c[high] > c[low] {
			c[mid] = (c[mid] - c[low]) * s / (c[high] - c[low])
			c[high] = s
		} else {
			c[mid], c[high] = 0, 0
		}
		c[low] = 0
		return c
	}
	switch mode {
	case Hue:
		return setLum(setSat(cs, sat(cb)), lum(cb))
	case Saturation:
		return setLum(setSat(cb, sat(cs)), lum(cb))
	case Colour:
		return setLum(cs, lum(cb))
	}
	return setLum(cb, lum(cs))
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
	case ColourDodge:
		switch {
		case cb == 0:
			return 0
		case cs == 1:
			return 1
		}
		return min(1, cb/(1-cs))
	case ColourBurn:
		switch {
		case cb == 1:
			return 1
		case cs == 0:
			return 0
		}
		return 1 - min(1, (1-cb)/cs)
	case HardLight:
		return hard(cb, cs)
	case SoftLight:
		if cs <= 0.5 {
			return cb - (1-2*cs)*cb*(1-cb)
		}
		d := math.Sqrt(cb)
		if cb <= 0.25 {
			d = ((16*cb-12)*cb + 4) * cb
		}
		return cb + (2*cs-1)*(d-cb)
	case Difference:
		return math.Abs(cb - cs)
	case Exclusion:
		return cb + cs - 2*cb*cs
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

// Every mode on all pairs of a grid of opaque greys and of a coarser grid of colours.
func TestModesFollowTheFormulaOnAGrid(t *testing.T) {
	var colours [][4]uint8
	for v := 0; v < 256; v += 3 {
		colours = append(colours, [4]uint8{uint8(v), uint8(v), uint8(v), 255})
	}
	for _, r := range []uint8{0, 64, 128, 255} {
		for _, g := range []uint8{0, 100, 255} {
			for _, b := range []uint8{0, 33, 200, 255} {
				for _, a := range []uint8{255, 90} {
					colours = append(colours, [4]uint8{min(r, a), min(g, a), min(b, a), a})
				}
			}
		}
	}
	for _, mode := range Modes {
		for _, d := range colours {
			for _, s := range colours {
				got := d
				Span(got[:], s[:], mode, 255)
				want := reference(floats(d[:]), floats(s[:]), mode, 1)
				for c := range want {
					if math.Abs(float64(got[c])-want[c]) > 1 {
						t.Fatalf("%v: %v over %v gives %v, want %.2f", mode, s, d, got, want)
					}
				}
			}
		}
	}
}

// A clipped layer mixes as it would over an opaque ground of the same colour, and the alpha
// stays.
func TestAtopKeepsTheAlpha(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for range 20000 {
		mode, opacity := Modes[rng.IntN(int(SourceAtop))], uint8(rng.IntN(256))
		d, s := pixel(rng), pixel(rng)
		got := d
		Atop(got[:], s[:], mode, opacity)
		want := floats(d[:])
		if a := want[3]; a > 0 {
			ground := [4]float64{want[0] * 255 / a, want[1] * 255 / a, want[2] * 255 / a, 255}
			over := reference(ground, floats(s[:]), mode, float64(opacity)/255)
			for c := range 3 {
				want[c] = over[c] * a / 255
			}
		}
		for c := range want {
			if math.Abs(float64(got[c])-want[c]) > 1 {
				t.Fatalf("%v at %d: %v atop %v gives %v, want %.2f", mode, opacity, s, d, got, want)
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
		if mode.Clears() {
			continue
		}
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
		if mode == SourceAtop || mode == DestinationIn || mode == DestinationOut {
			continue
		}
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
