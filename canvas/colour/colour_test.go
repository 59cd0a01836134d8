package colour

import (
	"image"
	"image/color"
	"os"
	"testing"
)

// TestThereAndBack: a space of a matrix gives back what went into sRGB, where sRGB holds it;
// and Display P3's pure green is where littlecms has it clipped.
func TestThereAndBack(t *testing.T) {
	s, err := Read(Matrix("Display P3", P3, SRGBCurve()))
	if err != nil || s.Name != "Display P3" || s.SRGB || !s.Both() {
		t.Fatalf("found %+v, %v", s, err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, 64, 1))
	for i := range 64 {
		copy(img.Pix[4*i:], []byte{uint8(80 + i), uint8(120 - i/2), uint8(90 + i/3), uint8(i)})
	}
	was := append([]byte(nil), img.Pix...)
	s.ToSRGB(img)
	moved := 0
	for i, v := range img.Pix {
		if v != was[i] {
			moved++
		}
	}
	s.FromSRGB(img)
	for i, v := range img.Pix {
		if d := int(v) - int(was[i]); d < -1 || d > 1 {
			t.Errorf("byte %d is %d after both ways, was %d", i, v, was[i])
		}
	}
	if moved == 0 {
		t.Error("P3 is shown as if it were sRGB")
	}
	if srgb, err := Read(Matrix("s", SRGBPrimaries, SRGBCurve())); err != nil || !srgb.SRGB {
		t.Errorf("sRGB by its numbers: %+v, %v", srgb, err)
	}
}

// TestAsLittleCMS: conversions are within 1 of 255 of littlecms 2.14's (perceptual), for
// matrix and table profiles, both ways and from one space to another.
func TestAsLittleCMS(t *testing.T) {
	tables, err := os.ReadFile("testdata/tables.icc")
	if err != nil {
		t.Fatal(err)
	}
	read := func(profile []byte) *Space {
		s, err := Read(profile)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	adobe := read(Matrix("Adobe RGB", Chromaticities{0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06}, Gamma(563./256)))
	p3, table := read(Matrix("Display P3", P3, SRGBCurve())), read(tables)
	in := [][3]uint8{{0, 0, 0}, {200, 60, 90}, {30, 180, 40}, {12, 20, 9}, {128, 128, 128}, {250, 250, 3}, {3, 77, 240}}
	for _, v := range []struct {
		name     string
		from, to *Space
		want     [][3]uint8
	}{
		{"Adobe RGB to sRGB", adobe, nil, [][3]uint8{{0, 0, 0}, {231, 57, 91}, {0, 181, 0}, {1, 12, 2}, {129, 129, 129}, {250, 250, 0}, {0, 76, 245}}},
		{"sRGB to Adobe RGB", nil, adobe, [][3]uint8{{0, 0, 0}, {173, 62, 89}, {104, 179, 58}, {22, 27, 18}, {127, 127, 127}, {250, 250, 59}, {45, 78, 235}}},
		{"P3 to sRGB", p3, nil, [][3]uint8{{0, 0, 0}, {217, 42, 88}, {0, 183, 0}, {10, 20, 8}, {128, 128, 128}, {250, 250, 0}, {0, 79, 249}}},
		{"sRGB to P3", nil, p3, [][3]uint8{{0, 0, 0}, {185, 71, 92}, {85, 177, 65}, {14, 20, 10}, {128, 128, 128}, {250, 250, 83}, {31, 76, 231}}},
		{"Adobe RGB to P3", adobe, p3, [][3]uint8{{0, 0, 0}, {213, 73, 94}, {0, 178, 47}, {3, 12, 2}, {129, 129, 129}, {250, 250, 62}, {0, 74, 235}}},
		{"tables to sRGB", table, nil, [][3]uint8{{0, 18, 0}, {120, 0, 0}, {85, 202, 79}, {0, 40, 0}, {152, 100, 142}, {255, 177, 0}, {0, 69, 235}}},
		{"sRGB to tables", nil, table, [][3]uint8{{0, 0, 0}, {36, 21, 11}, {23, 42, 8}, {1, 1, 0}, {26, 27, 23}, {100, 114, 14}, {20, 13, 80}}},
	} {
		way, err := Between(v.from, v.to)
		if err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		img := image.NewNRGBA(image.Rect(0, 0, len(in), 1))
		for i, c := range in {
			img.SetNRGBA(i, 0, color.NRGBA{c[0], c[1], c[2], uint8(9 * i)})
		}
		way.Convert(img)
		for i, w := range v.want {
			got := [3]uint8(img.Pix[4*i:])
			for c := range w {
				if max(w[c], got[c])-min(w[c], got[c]) > 1 {
					t.Errorf("%s: %v is %v, want %v", v.name, in[i], got, w)
					break
				}
			}
			if img.Pix[4*i+3] != uint8(9*i) {
				t.Errorf("%s: alpha of %d is %d", v.name, i, img.Pix[4*i+3])
			}
		}
	}
	if way, err := Between(p3, read(Matrix("Display P3", P3, SRGBCurve()))); way != nil || err != nil {
		t.Errorf("from a space into itself there is a way: %v, %v", way, err)
	}
}

// TestHDR: white paper of PQ and HLG (203 nits) is white on the screen, a tenth of its light is
// where sRGB has it, brighter light is cut off, and what the screen can show comes back.
func TestHDR(t *testing.T) {
	for _, v := range []struct {
		name         string
		profile      []byte
		paper, tenth uint8 // BT.2100: PQ of 203 and 20.3 nits; HLG of 203 and 20.3 with gamma 1.2
	}{
		{"PQ", PQ("BT.2100 PQ", BT2020, 9), 148, 91}, {"HLG", HLG("BT.2100 HLG", BT2020, 9), 191, 87},
	} {
		s, err := Read(v.profile)
		if err != nil || s.SRGB || !s.Both() {
			t.Fatalf("%s: %+v, %v", v.name, s, err)
		}
		grey := func(c uint8) uint8 { return s.Seen(color.NRGBA{c, c, c, 255}).G }
		if grey(0) != 0 || grey(v.paper) < 252 || grey(v.paper-8) == 255 || grey(255) != 255 {
			t.Errorf("%s: black, paper, less and most are seen as %d %d %d %d", v.name, grey(0), grey(v.paper), grey(v.paper-8), grey(255))
		}
		if got := grey(v.tenth); got < 86 || got > 92 { // sRGB has a tenth of its light at 89
			t.Errorf("%s: a tenth is seen as %d, want 89", v.name, got)
		}
		for _, c := range []uint8{40, 64, 100, 130} {
			n := grey(c)
			if back := s.Brush(color.NRGBA{n, n, n, 255}).G; back < c-1 || back > c+1 {
				t.Errorf("%s: %d comes back as %d", v.name, c, back)
			}
		}
	}
}

// BenchmarkScreen converts a full screen of a photograph's kind of colours.
func BenchmarkScreen(b *testing.B) {
	s, err := Read(Matrix("Display P3", P3, SRGBCurve()))
	if err != nil {
		b.Fatal(err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, 1600, 1000))
	for y := range 1000 {
		for x := range 1600 {
			n := uint8((x*7 + y*13) ^ (x * y >> 5))
			img.SetNRGBA(x, y, color.NRGBA{uint8(x/8) + n&15, uint8(y/5) + n&7, uint8((x+y)/11) + n&3, 255})
		}
	}
	for b.Loop() {
		s.Screen().Convert(img)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1.6e6, "ns/px")
}
