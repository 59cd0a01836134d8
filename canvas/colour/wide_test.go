package colour

import (
	"math"
	"testing"
)

// TestWideAgreesWithNarrow: colours of 16 bits come out as those of 8 bits do, finer, and where the other space
// holds them they come back.
func TestWideAgreesWithNarrow(t *testing.T) {
	for name, c := range map[string]struct {
		primaries Chromaticities
		curve     []byte
	}{"Display P3": {P3, SRGBCurve()}, "gamma 2.2": {SRGBPrimaries, Gamma(2.2)}, "BT.2020": {BT2020, Gamma(2.4)}} {
		s, err := Read(Matrix(name, c.primaries, c.curve))
		if err != nil {
			t.Fatal(err)
		}
		to, err := WideBetween(s, nil)
		if err != nil || to == nil {
			t.Fatal(err)
		}
		from, err := WideBetween(nil, s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 9 * 9 * 9 {
			in := [3]uint8{uint8(i % 9 * 31), uint8(i / 9 % 9 * 31), uint8(i / 81 * 31)}
			wide := []uint16{257 * uint16(in[0]), 257 * uint16(in[1]), 257 * uint16(in[2])}
			there := append([]uint16(nil), wide...)
			to.Row(there)
			narrow, held := s.show.apply(in), true
			for k, v := range there {
				if math.Abs(float64(v)-257*float64(narrow[k])) > 257*0.75 {
					t.Fatalf("%s: %v becomes %v, of 8 bits %v", name, in, there, narrow)
				}
				held = held && v > 0 && v < 0xffff
			}
			again := append([]uint16(nil), there...)
			from.Row(again)
			for k, v := range again {
				if d := math.Abs(float64(v) - float64(wide[k])); held && d > 24 {
					t.Fatalf("%s: %v comes back from %v as %v", name, wide, there, again)
				}
			}
		}
	}
	if w, err := WideBetween(nil, nil); w != nil || err != nil {
		t.Errorf("sRGB to sRGB is %v, %v", w, err)
	}
	var none *Wide
	row := []uint16{1, 2, 3}
	if none.Row(row); row[0] != 1 || row[2] != 3 {
		t.Errorf("nothing made %v", row)
	}
}
