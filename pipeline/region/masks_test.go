package region

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"pentimento/pipeline/pixels"
)

// noiseMask is a mask with blobs, soft parts and single pixels.
func noiseMask(rng *rand.Rand, w, h int) *image.Alpha {
	m := image.NewAlpha(rect(-7, 3, w, h))
	for range 1 + rng.IntN(5) {
		r := rect(rng.IntN(w), rng.IntN(h), 1+rng.IntN(w/2), 1+rng.IntN(h/2)).Intersect(rect(0, 0, w, h))
		v := uint8(255)
		if rng.IntN(3) == 0 {
			v = uint8(1 + rng.IntN(254))
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				m.Pix[y*w+x] = v
			}
		}
	}
	return m
}

func TestGrowIsTheMaximumOverASquare(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		w, h, r := 1+rng.IntN(40)+2, 1+rng.IntN(40)+2, rng.IntN(25)
		m := noiseMask(rng, w, h)
		got := Grow(m, r)
		shrunk := Shrink(m, r)
		for y := range h {
			for x := range w {
				hi, lo := uint8(0), uint8(255)
				for yy := max(0, y-r); yy <= min(h-1, y+r); yy++ {
					for xx := max(0, x-r); xx <= min(w-1, x+r); xx++ {
						hi, lo = max(hi, m.Pix[yy*w+xx]), min(lo, m.Pix[yy*w+xx])
					}
				}
				if got.Pix[y*w+x] != hi || shrunk.Pix[y*w+x] != lo {
					t.Fatalf("%d×%d radius %d at (%d, %d): grown %d, want %d; shrunk %d, want %d", w, h, r, x, y, got.Pix[y*w+x], hi, shrunk.Pix[y*w+x], lo)
				}
			}
		}
	}
}

func TestTentFastIsTentSlow(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for range 20 {
		w, h, r := 3+rng.IntN(60), 3+rng.IntN(60), 1+rng.IntN(30)
		m := noiseMask(rng, w, h)
		kernel := make([]float64, r+1)
		for i := range kernel {
			kernel[i] = float64(r + 1 - i)
		}
		slow, fast := convolve(m, kernel), tentWide(m, r)
		for i := range slow.Pix {
			if d := int(slow.Pix[i]) - int(fast.Pix[i]); d > 2 || d < -2 {
				t.Fatalf("%d×%d radius %d: pixel %d is %d by running means, %d by convolution", w, h, r, i, fast.Pix[i], slow.Pix[i])
			}
		}
	}
}

func TestMasksNestAndCoverTheSelection(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for range 40 {
		sel := noiseMask(rng, 120, 100)
		f := FadeFor(image.Pt(60+rng.IntN(900), 50+rng.IntN(900)), float64(rng.IntN(11))/10, -1, false)
		m := f.Expand(sel)
		for i, s := range sel.Pix {
			if s == 255 && (m.Denoise.Pix[i] != 255 || m.Composite.Pix[i] != 255 || m.Fill.Pix[i] != 255) {
				t.Fatalf("%+v: selected pixel %d has denoise %d, composite %d, fill %d", f, i, m.Denoise.Pix[i], m.Composite.Pix[i], m.Fill.Pix[i])
			}
			if m.Composite.Pix[i] > 0 && m.Denoise.Pix[i] == 0 && s == 0 {
				t.Fatalf("%+v: pixel %d is laid back but was never repainted", f, i)
			}
		}
	}
}

// The reach is what the formulas promise: with radius feather/2 the denoise mask ends
// feather+4 pixels beyond the selection, and pad holds all of it.
func TestDenoiseMaskReach(t *testing.T) {
	sel := image.NewAlpha(rect(0, 0, 401, 301))
	sel.Pix[150*401+200] = 255
	f := Fade{Feather: 50, Grow: 29, Blend: 25, Pad: 84}
	m := f.Expand(sel)
	row := m.Denoise.Pix[150*401:][:401]
	if row[200+4] != 255 || row[200+29+20] == 0 || row[200+55] != 0 {
		t.Errorf("denoise mask at 4, 49 and 55 px: %d, %d, %d", row[204], row[249], row[255])
	}
	for x := 205; x < 260; x++ {
		if row[x] > row[x-1] {
			t.Fatalf("denoise mask rises outward at %d", x-200)
		}
	}
}

// TestReachIsWhereTheMasksEnd: nothing beyond it, something within 4 px of it.
func TestReachIsWhereTheMasksEnd(t *testing.T) {
	for _, f := range []Fade{{}, {Soft: 4}, {Soft: 9}, FadeFor(image.Pt(400, 300), 1, -1, false), FadeFor(image.Pt(60, 40), 0.5, -1, false), FadeFor(image.Pt(60, 40), 1, 2, true)} {
		sel := image.NewAlpha(rect(0, 0, 400, 300))
		pixels.Fill(sel, rect(180, 130, 220, 170), 255)
		m := f.Expand(sel)
		var used image.Rectangle
		for y := range 300 {
			for x := range 400 {
				if max(m.Denoise.AlphaAt(x, y).A, m.Composite.AlphaAt(x, y).A) > 0 {
					used = used.Union(rect(x, y, x+1, y+1))
				}
			}
		}
		if goes := 180 - used.Min.X; goes > f.Reach() || goes < f.Reach()-4 {
			t.Errorf("%+v: the masks go %d px beyond the selection, Reach is %d", f, goes, f.Reach())
		}
	}
}

func TestBlendKeepsEveryPixelOutsideTheMask(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	for i := range 100 {
		sel := noiseMask(rng, 60+rng.IntN(60), 60+rng.IntN(60))
		a, b := image.NewNRGBA(sel.Rect), image.NewNRGBA(sel.Rect)
		for k := range a.Pix {
			a.Pix[k], b.Pix[k] = uint8(rng.Uint32()), uint8(rng.Uint32())
		}
		m := FadeFor(image.Pt(20, 20), float64(i%11)/10, -1, false).Expand(sel).Composite
		if i%2 == 1 {
			m = FadeInside(a, sel, i%9)
		}
		got, err := Blend(a, b, m)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range m.Pix {
			from := a
			if v == 255 {
				from = b
			}
			if (v == 0 || v == 255) && !bytes.Equal(got.Pix[4*k:4*k+4], from.Pix[4*k:4*k+4]) {
				t.Fatalf("mask %d: pixel %d with coverage %d is not bit-identical", i, k, v)
			}
		}
	}
}

func TestFadeInsideIsTheDistanceToWhatIsKept(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for range 20 {
		w, h, px := 5+rng.IntN(40), 5+rng.IntN(40), 1+rng.IntN(12)
		sel := noiseMask(rng, w, h)
		img := image.NewNRGBA(sel.Rect)
		for i := range w * h {
			img.Pix[4*i+3] = []uint8{0, 255, 255, 255, 128}[i/w/3%5]
		}
		got := FadeInside(img, sel, px)
		for i, s := range sel.Pix {
			best := math.Inf(1)
			for j, m := range sel.Pix {
				if m == 0 && img.Pix[4*j+3] != 0 {
					best = min(best, math.Hypot(float64(i%w-j%w), float64(i/w-j/w)))
				}
			}
			ramp := min(1, best/float64(px+1))
			want := float64(s) * (1 - float64(img.Pix[4*i+3])/255*(1-ramp))
			if math.Abs(float64(got.Pix[i])-want) > 0.6 {
				t.Fatalf("%d×%d, %d px: pixel %d has %d, want %.1f", w, h, px, i, got.Pix[i], want)
			}
		}
	}
}

func TestAFadeThatFitsIsSoftInLargeHolesAndAbsentInNarrowOnes(t *testing.T) {
	img := image.NewNRGBA(rect(0, 0, 220, 160))
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	for _, c := range []struct {
		thick int
		soft  float64 // share of the first pixel that is new
	}{{1, 1}, {6, 1}, {13, 1}, {16, 1.0 / 2}, {72, 1.0 / 9}, {100, 1.0 / 9}} {
		sel := pixels.CropMask(pixels.Full(image.Rect(0, 20, 220, 20+c.thick)), img.Rect)
		got := FadeFitting(img, sel, 8)
		if v := got.AlphaAt(110, 20).A; math.Abs(float64(v)-255*c.soft) > 1 {
			t.Errorf("%d px: the first pixel has %d, want %.0f", c.thick, v, 255*c.soft)
		}
		for y := 20 + (c.thick+7)/8; y < 20+c.thick-(c.thick+7)/8; y++ {
			if v := got.AlphaAt(110, y).A; v != 255 {
				t.Errorf("%d px: row %d has %d, want the middle to be new", c.thick, y-20, v)
			}
		}
	}
}

func TestMatchColorUndoesATint(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	want, tinted := image.NewNRGBA(rect(0, 0, 128, 96)), image.NewNRGBA(rect(0, 0, 128, 96))
	mask := image.NewAlpha(want.Rect)
	for i := range 128 * 96 {
		v := linear[40+rng.IntN(150)]
		for k, g := range []float64{1.05, 0.96, 1.0} {
			want.Pix[4*i+k], tinted.Pix[4*i+k] = encode(v), encode(v*g)
		}
		want.Pix[4*i+3], tinted.Pix[4*i+3] = 255, 255
		if x := i % 128; x > 40 && x < 80 { // inside the mask the original is something else
			mask.Pix[i] = 255
			want.Pix[4*i] = 255
		}
	}
	got, err := MatchColor(tinted, want, mask)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range mask.Pix {
		for k := range 3 {
			if d := int(got.Pix[4*i+k]) - int(want.Pix[4*i+k]); m == 0 && (d > 2 || d < -2) {
				t.Fatalf("pixel %d channel %d: %d, want %d", i, k, got.Pix[4*i+k], want.Pix[4*i+k])
			}
		}
	}
}

func TestMatchColorIsLimited(t *testing.T) {
	a, b := image.NewNRGBA(rect(0, 0, 64, 64)), image.NewNRGBA(rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		for k := range 3 {
			a.Pix[4*i+k], b.Pix[4*i+k] = 100, 200
		}
		a.Pix[4*i+3], b.Pix[4*i+3] = 255, 255
	}
	got, err := MatchColor(a, b, image.NewAlpha(a.Rect))
	if err != nil {
		t.Fatal(err)
	}
	if want := encode(1.1 * linear[100]); got.Pix[0] != want {
		t.Errorf("100 against 200 became %d, want %d (10%% more light)", got.Pix[0], want)
	}
}

func TestSizesMustAgree(t *testing.T) {
	a, b, m := image.NewNRGBA(rect(0, 0, 4, 4)), image.NewNRGBA(rect(0, 0, 4, 5)), image.NewAlpha(rect(0, 0, 4, 4))
	if _, err := Blend(a, b, m); err == nil {
		t.Error("Blend took two sizes")
	}
	if _, err := MatchColor(a, b, m); err == nil {
		t.Error("MatchColor took two sizes")
	}
}

// BenchmarkOurWork is what a run costs beside the network at a context of 1024×1024.
func BenchmarkOurWork(b *testing.B) {
	rng := rand.New(rand.NewPCG(8, 1))
	sel := image.NewAlpha(rect(0, 0, 1024, 1024))
	for y := range 1024 {
		for x := range 1024 {
			if math.Hypot(float64(x-512), float64(y-512)) < 250 {
				sel.Pix[y*1024+x] = 255
			}
		}
	}
	p, q := image.NewNRGBA(sel.Rect), image.NewNRGBA(sel.Rect)
	for i := range p.Pix {
		p.Pix[i], q.Pix[i] = uint8(rng.Uint32()), uint8(rng.Uint32())
		if i%4 == 3 {
			p.Pix[i], q.Pix[i] = 255, 255
		}
	}
	f := FadeFor(image.Pt(500, 500), 1, -1, false)
	for b.Loop() {
		m := f.Expand(sel)
		r, err := MatchColor(q, p, m.Denoise)
		if err == nil {
			_, err = Blend(p, r, m.Composite)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
