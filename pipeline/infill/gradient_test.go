package infill

import (
	"image"
	"math"
	"testing"
)

// lights is two soft lights on dark, as behind a portrait.
func lights(w, h float64) scene {
	glow := func(x, y, at, of, size, much float64) float64 {
		return much * math.Exp(-(math.Pow(x-at*w, 2)+math.Pow(y-of*h, 2))/(2*size*size*w*w))
	}
	return scene{"lights", grey(func(x, y float64) float64 {
		return 28 + glow(x, y, 0.5, 0.5, 0.17, 150) + glow(x, y, 0.85, 0.2, 0.18, 70)
	}), flat(1.2)}
}

// rightOf masks the columns from x on.
func rightOf(r image.Rectangle, x int) *image.Alpha {
	m := image.NewAlpha(r)
	for i := range m.Pix {
		if i%m.Stride >= x {
			m.Pix[i] = 255
		}
	}
	return m
}

// TestSmoothPicturesBeatTheirRivals: a light under the hole gets its top back without a
// ring, and one that is cut by the edge fades out as it came.
func TestSmoothPicturesBeatTheirRivals(t *testing.T) {
	const w, h = 352, 256
	truth := lights(w, h).draw(w, h, 1)
	for _, c := range []struct {
		name string
		mask *image.Alpha
		more float64 // dB above Telea
		even bool
	}{{"fill", disc(w, h, 0.14), 5, false}, {"outpaint", rightOf(truth.Rect, w-80), 2, true}} {
		got := fill(t, truth, c.mask, Options{Even: c.even})
		ours, rival := psnr(got, truth, c.mask), psnr(telea(truth, c.mask), truth, c.mask)
		t.Logf("%s: %.1f dB, Telea %.1f dB", c.name, ours, rival)
		if ours < rival+c.more {
			t.Errorf("%s: %.1f dB, want %.0f more than Telea's %.1f", c.name, ours, c.more, rival)
		}
	}
}

// TestChainedOutpaintsOfAGradientDoNotJump grows a picture five times; brightness and slope
// must go through each join.
func TestChainedOutpaintsOfAGradientDoNotJump(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these fills take long: run without -short")
	}
	const h, step = 192, 64
	for _, s := range []scene{lights(260, h), {"slope", grey(func(x, y float64) float64 { return 60 + 0.3*x + 0.2*y }), flat(1.5)}} {
		img := s.draw(192, h, 3)
		for k := range 5 {
			w := img.Rect.Dx()
			wider := image.NewNRGBA(image.Rect(0, 0, w+step, h))
			for y := range h {
				copy(wider.Pix[y*wider.Stride:], img.Pix[y*img.Stride:][:4*w])
			}
			img = fill(t, wider, rightOf(wider.Rect, w), Options{Even: true, Seed: int64(k)})
			if j := jump(img, w); j > 4 {
				t.Errorf("%s: join %d jumps %.1f of 255, want at most 4", s.name, k+1, j)
			}
		}
	}
}

// jump is the largest difference of brightness across column x, beyond what the slope
// before it explains, between blocks of 4×16 pixels.
func jump(img *image.NRGBA, x int) float64 {
	worst := 0.0
	for y := 0; y+16 <= img.Rect.Dy(); y += 8 {
		mean := func(x int) float64 {
			sum := 0.0
			for i := range 64 {
				sum += float64(img.Pix[img.PixOffset(x+i%4, y+i/4)+1])
			}
			return sum / 64
		}
		worst = max(worst, math.Abs(mean(x)-2*mean(x-4)+mean(x-8)))
	}
	return worst
}

// TestStripesThatNarrow: stripes toward a vanishing point above the picture are met as they
// narrow.
func TestStripesThatNarrow(t *testing.T) {
	const w, h = 352, 256
	if testing.Short() {
		t.Skip("the race detector makes this large picture take long: run without -short")
	}
	s := scene{"narrowing", grey(func(x, y float64) float64 {
		z := (y + 80) / (h + 80)
		return 128 + 60*math.Tanh(3*math.Sin(2*math.Pi*(x-w/2)/z/35))
	}), flat(2)}
	truth := s.draw(w, h, 1)
	mask := disc(w, h, 0.07)
	ours, rival := psnr(fill(t, truth, mask, Options{}), truth, mask), psnr(telea(truth, mask), truth, mask)
	t.Logf("%.1f dB, Telea %.1f dB", ours, rival)
	if ours < 30 {
		t.Errorf("%.1f dB, want at least 30; Telea has %.1f", ours, rival)
	}
}

// TestARecedingWallIsNotTakenForANearOne: bricks toward a far vanishing point; a near one
// that is found on the coarse level would blur them.
func TestARecedingWallIsNotTakenForANearOne(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes this large picture take long: run without -short")
	}
	for _, s := range trials() {
		if s.name != "facade bricks" {
			continue
		}
		o := s.rate(t, 384, 288, 1)
		if rival := max(o.psnr[1], o.psnr[2]); o.psnr[0] < rival+2 {
			t.Errorf("%.1f dB, want 2 dB more than the best rival's %.1f", o.psnr[0], rival)
		}
	}
}
