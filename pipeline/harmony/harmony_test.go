package harmony

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"pentimento/pipeline/pixels"
)

// scenery is a picture of a mean colour with some noise.
func scenery(r image.Rectangle, mean color.NRGBA, noise int, seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := image.NewNRGBA(r)
	for i := 0; i < len(out.Pix); i += 4 {
		n := rng.IntN(2*noise+1) - noise
		for k, v := range [3]uint8{mean.R, mean.G, mean.B} {
			out.Pix[i+k] = uint8(min(max(int(v)+n, 0), 255))
		}
		out.Pix[i+3] = mean.A
	}
	return out
}

// done is a harmonised layer.
func done(t *testing.T, s *Scene, l Look, within image.Rectangle) *image.NRGBA {
	t.Helper()
	out, err := s.Layer(t.Context(), l, within)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// disc makes a picture transparent outside the ellipse that fills it, with a soft edge.
func disc(img *image.NRGBA) *image.NRGBA {
	r := img.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			u, v := (float64(x-r.Min.X)+0.5)/float64(r.Dx())*2-1, (float64(y-r.Min.Y)+0.5)/float64(r.Dy())*2-1
			d := (1 - math.Hypot(u, v)) * float64(r.Dx()) / 4
			img.Pix[img.PixOffset(x, y)+3] = uint8(255 * min(max(d, 0), 1))
		}
	}
	return img
}

var (
	grey = color.NRGBA{120, 120, 120, 255}
	blue = color.NRGBA{40, 60, 150, 255}
	rust = color.NRGBA{200, 110, 60, 255}
)

// TestOKLabIsOttossons: his own numbers, and the way back.
func TestOKLabIsOttossons(t *testing.T) {
	for c, want := range map[[3]uint8][3]float64{
		{255, 0, 0}:     {0.6279554, 0.2248631, 0.1258463},
		{0, 255, 0}:     {0.8664396, -0.2338874, 0.1794985},
		{0, 0, 255}:     {0.4520137, -0.0324570, -0.3115281},
		{255, 255, 255}: {1, 0, 0},
	} {
		got := toLab(c)
		for k := range got {
			if math.Abs(got[k]-want[k]) > 2e-5 {
				t.Errorf("%v is %v, want %v", c, got, want)
				break
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 5000 {
		c := [3]uint8{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256))}
		for k, v := range fromLab(toLab(c)) {
			if math.Abs(v-float64(c[k])) > 0.05 {
				t.Fatalf("%v comes back as %v", c, fromLab(toLab(c)))
			}
		}
	}
}

// TestWhereNothingIsAskedNothingChanges: a Look without strength keeps every bit, and beside
// layer and shadow the picture keeps its own.
func TestWhereNothingIsAskedNothingChanges(t *testing.T) {
	below, layer := scenery(image.Rect(0, 0, 200, 160), blue, 30, 1), disc(scenery(image.Rect(60, 20, 140, 120), rust, 30, 2))
	s := New(layer, below, nil)
	for _, l := range []Look{{}, {Colour: 1, Seam: 1, Shadow: 1}, {Strength: 1, Width: 1, Length: 1}} {
		if got := done(t, s, l, image.Rectangle{}); !bytes.Equal(got.Pix, layer.Pix) {
			t.Errorf("%+v changes %d pixels", l, pixels.Differing(got, layer))
		}
		if s.Shadow(l) != nil {
			t.Errorf("%+v casts a shadow", l)
		}
	}
	was := bytes.Clone(below.Pix)
	out, err := Over(t.Context(), below, layer, Default)
	if err != nil || !bytes.Equal(below.Pix, was) {
		t.Fatal("the picture below was written", err)
	}
	dark := s.Shadow(Default)
	for y := range 160 {
		for x := range 200 {
			at := image.Pt(x, y)
			free := layer.NRGBAAt(x, y).A == 0 && (!at.In(dark.Rect) || dark.AlphaAt(x, y).A == 0)
			if free && out.NRGBAAt(x, y) != below.NRGBAAt(x, y) {
				t.Fatalf("%v is neither layer nor shadow, and changed", at)
			}
		}
	}
	got := done(t, s, Default, image.Rectangle{})
	for i := 3; i < len(got.Pix); i += 4 {
		if got.Pix[i] != layer.Pix[i] || got.Pix[i] == 0 && !bytes.Equal(got.Pix[i-3:i], layer.Pix[i-3:i]) {
			t.Fatal("the layer's transparency changed, or a colour where it is clear")
		}
	}
	if part := done(t, s, Default, image.Rect(80, 40, 100, 60)); !bytes.Equal(part.Pix, pixels.Crop(got, part.Rect).Pix) {
		t.Error("a part differs from the whole")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Over(ended, below, layer, Default); err == nil {
		t.Error("cancelled, it goes on")
	}
}

// TestColoursComeNearer, half as far with half the strength; a few wild pixels count for nothing.
func TestColoursComeNearer(t *testing.T) {
	below, layer := scenery(image.Rect(0, 0, 200, 160), blue, 20, 1), scenery(image.Rect(60, 20, 140, 120), rust, 20, 2)
	for i := range 300 {
		copy(layer.Pix[4*i:], []uint8{255, 255, 255})
	}
	mean := func(img *image.NRGBA) (m [3]float64) {
		for y := 60; y < 100; y++ {
			for x := 80; x < 120; x++ {
				for k, v := range toLab([3]uint8(img.Pix[img.PixOffset(x, y):][:3])) {
					m[k] += v / 1600
				}
			}
		}
		return m
	}
	apart := func(a, b [3]float64) float64 { return math.Hypot(a[0]-b[0], math.Hypot(a[1]-b[1], a[2]-b[2])) }
	s, want := New(layer, below, nil), mean(below)
	at := func(strength float64) float64 {
		return apart(mean(done(t, s, Look{Strength: strength, Colour: 1}, image.Rectangle{})), want)
	}
	none, half, all := at(0), at(0.5), at(1)
	if !(all < half && half < none && all < 0.72*none) {
		t.Errorf("apart by %.3f, at half strength %.3f, at all of it %.3f", none, half, all)
	}
	grey := New(scenery(image.Rect(60, 20, 140, 120), grey, 20, 3), scenery(image.Rect(0, 0, 200, 160), grey, 20, 4), nil)
	moved := done(t, grey, Look{Strength: 1, Colour: 1}, image.Rectangle{})
	for i, v := range moved.Pix {
		if d := int(v) - int(grey.layer.Pix[i]); max(d, -d) > 3 {
			t.Fatalf("a layer that is like its surroundings changes by %d", d)
		}
	}
}

// TestASeamGoes: a copy of the picture that is too light becomes the picture again, and with a
// narrow seam its middle stays.
func TestASeamGoes(t *testing.T) {
	below := image.NewNRGBA(image.Rect(0, 0, 128, 128))
	for i := range 128 * 128 {
		x, y := i%128, i/128
		copy(below.Pix[4*i:], []uint8{uint8(60 + x/2), uint8(80 + y/2), uint8(90 + (x*y)%17), 255})
	}
	layer := pixels.Crop(below, image.Rect(30, 30, 98, 98))
	for i := range layer.Pix {
		if i%4 != 3 {
			layer.Pix[i] += 30
		}
	}
	s := New(layer, below, nil)
	whole := done(t, s, Look{Strength: 1, Seam: 1, Width: 1}, image.Rectangle{})
	for y := 30; y < 98; y++ {
		for x := 30; x < 98; x++ {
			a, b := whole.NRGBAAt(x, y), below.NRGBAAt(x, y)
			if d := max(int(a.R)-int(b.R), int(b.R)-int(a.R), int(a.G)-int(b.G), int(b.G)-int(a.G)); d > 9 {
				t.Fatalf("%d,%d is %v, want %v", x, y, a, b)
			}
		}
	}
	near := done(t, s, Look{Strength: 1, Seam: 1, Width: 0.2}, image.Rectangle{})
	if got, want := near.NRGBAAt(64, 64), layer.NRGBAAt(64, 64); got != want {
		t.Errorf("the middle is %v, want it as it was, %v", got, want)
	}
	edge, want := near.NRGBAAt(30, 64), below.NRGBAAt(30, 64)
	if d := int(edge.R) - int(want.R); max(d, -d) > 9 {
		t.Errorf("the edge is %v, want about %v", edge, want)
	}
}

// TestTheShadowFallsWhereItIsSent, softly, and not beyond the picture.
func TestTheShadowFallsWhereItIsSent(t *testing.T) {
	below, layer := scenery(image.Rect(0, 0, 300, 200), grey, 0, 1), disc(scenery(image.Rect(120, 40, 180, 140), rust, 0, 2))
	for y := range 200 {
		for x := range 20 {
			below.Pix[below.PixOffset(x, y)+3] = 0
		}
	}
	s := New(layer, below, nil)
	look := Look{Strength: 1, Shadow: 1, Length: 1, Softness: 0.05}
	weight := func(m *image.Alpha, r image.Rectangle) (n int) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if image.Pt(x, y).In(m.Rect) {
					n += int(m.AlphaAt(x, y).A)
				}
			}
		}
		return n
	}
	left, right := image.Rect(20, 0, 118, 200), image.Rect(182, 0, 300, 200)
	look.Direction = 100
	east := s.Shadow(look)
	look.Direction = 260
	west := s.Shadow(look)
	if weight(east, right) < 1000 || weight(east, left) > weight(east, right)/50 || weight(west, left) < 1000 || weight(west, right) > weight(west, left)/50 {
		t.Errorf("to the right: %d, %d; to the left: %d, %d", weight(east, left), weight(east, right), weight(west, left), weight(west, right))
	}
	if n := weight(west, image.Rect(0, 0, 20, 200)); n != 0 {
		t.Errorf("a shadow of %d falls on nothing", n)
	}
	if !west.Rect.In(below.Rect) {
		t.Errorf("its bounds %v lie beyond the picture's", west.Rect)
	}
}

// TestOddScenesDoNoHarm: layers of a pixel, of nothing, beyond the picture, larger than it.
func TestOddScenesDoNoHarm(t *testing.T) {
	below := scenery(image.Rect(0, 0, 40, 30), blue, 9, 1)
	rng := rand.New(rand.NewPCG(7, 7))
	for _, r := range []image.Rectangle{{}, image.Rect(5, 5, 6, 6), image.Rect(-50, -50, -20, -20), image.Rect(-30, -30, 90, 80), image.Rect(39, 0, 60, 2)} {
		for range 8 {
			l := Look{rng.Float64(), rng.Float64(), rng.Float64(), rng.Float64(), rng.Float64() * 1.2, rng.Float64() * 720, rng.Float64() * 3, rng.Float64() * 2}
			for _, layer := range []*image.NRGBA{disc(scenery(r, rust, 9, 2)), scenery(r, color.NRGBA{}, 9, 2)} {
				s := New(layer, below, nil)
				if got := done(t, s, l, image.Rectangle{}); got.Rect != layer.Rect {
					t.Errorf("of %v comes %v", layer.Rect, got.Rect)
				}
				if dark := s.Shadow(l); dark != nil && !dark.Rect.In(below.Rect) {
					t.Errorf("a shadow at %v", dark.Rect)
				}
			}
		}
	}
}
