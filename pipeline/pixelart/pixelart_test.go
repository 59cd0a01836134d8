package pixelart

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pentimento/pipeline/pixels"
)

// photo is a picture of soft colours with some noise; its right quarter is transparent.
func photo(w, h int) *image.NRGBA {
	rng := rand.New(rand.NewSource(7))
	img := image.NewNRGBA(image.Rect(5, -3, 5+w, -3+h))
	for y := range h {
		for x := range w {
			n := rng.Intn(20)
			c := color.NRGBA{uint8(220*x/w + n), uint8(200*y/h + n), uint8(90 + 60*math.Sin(float64(x+y)/9)), 255}
			if x >= w*3/4 {
				c.A = 0
			}
			img.SetNRGBA(5+x, -3+y, c)
		}
	}
	return img
}

func made(t *testing.T, img *image.NRGBA, o Options) *image.NRGBA {
	t.Helper()
	out, err := Make(t.Context(), img, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func colourCount(img *image.NRGBA) map[color.NRGBA]int {
	all := map[color.NRGBA]int{}
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			all[img.NRGBAAt(x, y)]++
		}
	}
	return all
}

// TestCellsAreOfOneColourOfFew: each way of dithering and of taking a cell's colour gives whole cells of the colours that
// were asked for, hard alpha, and the same bytes again.
func TestCellsAreOfOneColourOfFew(t *testing.T) {
	img := photo(83, 61)
	for _, dither := range Dithers {
		for _, taken := range Takes {
			o := Options{Cell: 5, Count: 6, Dither: dither, Taken: taken, Seed: 3}
			out := made(t, img, o)
			if out.Rect != img.Rect {
				t.Fatalf("%v of %v", out.Rect, img.Rect)
			}
			all := colourCount(out)
			if delete(all, color.NRGBA{}); len(all) > 6 || len(all) < 3 {
				t.Errorf("%s, %s: %d colours, want 6", dither, taken, len(all))
			}
			for c := range all {
				if c.A != 255 {
					t.Fatalf("%s, %s: found %v, want hard alpha", dither, taken, c)
				}
			}
			for y := range 61 {
				for x := range 83 {
					if out.NRGBAAt(5+x, -3+y) != out.NRGBAAt(5+x/5*5, -3+y/5*5) {
						t.Fatalf("%s, %s: the cell of %d, %d is not of one colour", dither, taken, x, y)
					}
				}
			}
			if again := made(t, img, o); !bytes.Equal(again.Pix, out.Pix) {
				t.Errorf("%s, %s: other bytes the second time", dither, taken)
			}
		}
	}
}

// TestTheSeedDecides which colours are found, and nothing else does.
func TestTheSeedDecides(t *testing.T) {
	img := photo(96, 64)
	one, two := made(t, img, Options{Cell: 2, Seed: 1}), made(t, img, Options{Cell: 2, Seed: 2})
	if bytes.Equal(one.Pix, two.Pix) {
		t.Error("two seeds find the same colours")
	}
	small := made(t, img, Options{Cell: 2, Seed: 1, Small: true})
	if small.Rect != image.Rect(5, -3, 53, 29) {
		t.Errorf("one pixel a cell: %v", small.Rect)
	}
	for y := range 32 {
		for x := range 48 {
			if small.NRGBAAt(5+x, -3+y) != one.NRGBAAt(5+2*x, -3+2*y) {
				t.Fatalf("the small picture differs at %d, %d", x, y)
			}
		}
	}
	if across := made(t, img, Options{Across: 31, Small: true}); across.Rect.Size() != image.Pt(31, 21) {
		t.Errorf("31 cells across: %v", across.Rect)
	}
}

// TestFewColoursStayAsTheyAre: a picture of fewer colours than are asked for keeps them exactly.
func TestFewColoursStayAsTheyAre(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	all := []color.NRGBA{{200, 30, 60, 255}, {10, 20, 30, 255}, {250, 250, 240, 255}}
	for y := range 40 {
		for x := range 40 {
			img.SetNRGBA(x, y, all[(x/8+y/8)%3])
		}
	}
	if out := made(t, img, Options{Cell: 8, Count: 16}); !bytes.Equal(out.Pix, img.Pix) {
		t.Errorf("found %v", colourCount(out))
	}
}

// TestDitheringKeepsTheLight: the mean light of a grey ground in two colours is nearly that of the ground, where without it is (Atkinson drops some)
// one of the two.
func TestDitheringKeepsTheLight(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []uint8{150, 150, 150, 255})
	}
	for _, dither := range []string{"floyd-steinberg", "atkinson"} {
		sum := 0.0
		out := made(t, img, Options{Cell: 1, Palette: "1-bit", Dither: dither})
		for i := 0; i < len(out.Pix); i += 4 {
			sum += pixels.Light[out.Pix[i]] / 64 / 64
		}
		if math.Abs(sum-pixels.Light[150]) > map[string]float64{"floyd-steinberg": 0.05, "atkinson": 0.1}[dither] {
			t.Errorf("%s: light of %.3f, want %.3f", dither, sum, pixels.Light[150])
		}
	}
	for _, dither := range []string{"bayer2", "bayer4", "bayer8"} {
		if n := len(colourCount(made(t, img, Options{Cell: 1, Palette: "grey4", Dither: dither}))); n != 2 {
			t.Errorf("%s: %d greys between two, want both", dither, n)
		}
	}
}

// TestPalettesAreHeld: a fixed palette's colours alone are used, and of many the count that was asked for.
func TestPalettesAreHeld(t *testing.T) {
	img := photo(60, 60)
	for _, name := range Palettes() {
		all, err := parse(fixed[name])
		if err != nil || len(all) < 2 {
			t.Errorf("%s: %v", name, err)
		}
		out := colourCount(made(t, img, Options{Cell: 3, Palette: name, Dither: "atkinson"}))
		for c := range out {
			if c.A > 0 && !slices.Contains(all, [3]uint8{c.R, c.G, c.B}) {
				t.Errorf("%s has no %v", name, c)
			}
		}
	}
	few := colourCount(made(t, img, Options{Cell: 3, Palette: "ega64", Count: 4}))
	if delete(few, color.NRGBA{}); len(few) > 4 || len(few) < 2 {
		t.Errorf("%d colours of EGA, want 4", len(few))
	}
}

// TestPaletteFilesAreRead in all forms, and others refused.
func TestPaletteFilesAreRead(t *testing.T) {
	act := make([]byte, 772)
	copy(act, []byte{1, 2, 3, 250, 251, 252})
	act[769] = 2
	riff := append([]byte("RIFF\x14\x00\x00\x00PAL data\x0c\x00\x00\x00\x00\x03\x02\x00"), 1, 2, 3, 0, 250, 251, 252, 0)
	for name, data := range map[string][]byte{
		"a.gpl": []byte("GIMP Palette\nName: x\n#\n  1   2   3\tdark\n250 251 252 light\n  1   2   3\tagain\n"), "a.pal": []byte("JASC-PAL\r\n0100\r\n2\r\n1 2 3\r\n250 251 252\r\n"),
		"a.hex": []byte("010203\nfafbfc\n"), "a.txt": []byte(";paint.net\nFF010203\nFFFAFBFC\n"), "a.act": act, "b.pal": riff,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadPalette(path); err != nil || strings.Join(got, " ") != "010203 fafbfc" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	path := filepath.Join(t.TempDir(), "no.gpl")
	if err := os.WriteFile(path, []byte("GIMP Palette\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPalette(path); err == nil || !strings.Contains(err.Error(), "found 0 colours") {
		t.Error(err)
	}
}

// TestBadOptionsAreRefusedInWords, and an ended context ends the work.
func TestBadOptionsAreRefusedInWords(t *testing.T) {
	img := photo(40, 40)
	for want, o := range map[string]Options{
		"cells of 900 pixels": {Cell: 900}, "want one": {Cell: 4, Across: 8}, "1 colours": {Count: 1}, "dithering “bayer3”": {Dither: "bayer3"},
		"palette “pico”": {Palette: "pico"}, `the colour "12345"`: {Colours: []string{"12345"}}, "dithering of 2": {Amount: 2}, "a cell's colour “middle”": {Taken: "middle"},
	} {
		if _, err := Make(t.Context(), img, o, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Make(ctx, img, Options{}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestOKLabGoesToAndFro: each colour comes back, and grey has no hue.
func TestOKLabGoesToAndFro(t *testing.T) {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				p := []uint8{uint8(r), uint8(g), uint8(b)}
				if got := labOfBytes(p).rgb(); !bytes.Equal(got[:], p) {
					t.Fatalf("%v came back as %v", p, got)
				}
			}
		}
	}
	if v := labOfBytes([]uint8{90, 90, 90}); math.Abs(float64(v[1])) > 1e-4 || math.Abs(float64(v[2])) > 1e-4 {
		t.Errorf("grey is %v", v)
	}
}

// TestProgressIsToldByOneAtATime and never goes back, although cells are made on all cores.
func TestProgressIsToldByOneAtATime(t *testing.T) {
	var busy atomic.Bool
	last := 0.0
	if _, err := Make(t.Context(), photo(64, 400), Options{Cell: 1, Count: 2}, func(f float64) {
		if !busy.CompareAndSwap(false, true) {
			t.Error("it is told by two")
		}
		runtime.Gosched()
		if f < last {
			t.Errorf("%g after %g", f, last)
		}
		last = f
		busy.Store(false)
	}); err != nil {
		t.Fatal(err)
	}
}
