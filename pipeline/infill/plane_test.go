package infill

import (
	"math"
	"testing"
)

// checkers is a checker floor up to its horizon, which crosses column x at y and is rolled by
// an angle, under a plain sky; each pixel is the mean of 3×3 places.
func checkers(x, y, roll float64) scene {
	const focal, square = 320, 0.4
	c, s := math.Cos(roll), math.Sin(roll)
	at := func(px, py float64) float64 {
		across, below := c*(px-x)+s*(py-y), c*(py-y)-s*(px-x)
		if below < 0.5 {
			return 150 + 0.2*py
		}
		u, v := across/below/square, focal/below/square
		return 80 + 100*float64(int(math.Floor(u)+math.Floor(v))&1)
	}
	return scene{"checkers", grey(func(px, py float64) float64 {
		sum := 0.0
		for i := range 9 {
			sum += at(px+float64(i%3-1)/3, py+float64(i/3-1)/3)
		}
		return sum / 9
	}), flat(2)}
}

// TestVanishingLinesAreFound: near, far and rolled ones, to about two pixels; and none in
// noise or in a wall seen from the front.
func TestVanishingLinesAreFound(t *testing.T) {
	const w, h = 352, 256
	mask := disc(w, h, 0.08)
	look := func(s scene) *plane {
		levels, err := pyramid(t.Context(), levelOf(s.draw(w, h, 5), mask, mask.Rect))
		if err != nil {
			t.Fatal(err)
		}
		p, err := newFronts(levels).find(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct{ y, roll float64 }{{90, 0}, {115, 0}, {40, 0}, {-50, 0}, {70, 0.12}} {
		p := look(checkers(w/2, c.y, c.roll))
		if p == nil {
			t.Errorf("horizon at %.0f, rolled %.2f: no plane", c.y, c.roll)
			continue
		}
		n := math.Hypot(p.x, p.y)
		roll, off := math.Atan2(-p.x, p.y), p.size(w/2, c.y)/n // from the line to where it should be
		if math.Abs(roll-c.roll) > 0.03 || math.Abs(off) > 2.5 {
			t.Errorf("horizon at %.0f, rolled %.2f: found %.1f px off, rolled %.3f", c.y, c.roll, off, roll)
		}
	}
	for _, s := range []scene{{"noise", grey(func(x, y float64) float64 { return 128 }), flat(25)}, {"tiles", grey(tiles(28)), flat(5)}} {
		if p := look(s); p != nil {
			t.Errorf("%s: found a plane tilted by %v, %v", s.name, p.x, p.y)
		}
	}
}

// TestACheckerFloorGoesOn through a hole that reaches nearly to its horizon, and beyond the
// picture.
func TestACheckerFloorGoesOn(t *testing.T) {
	const w, h = 352, 256
	truth := checkers(w/2, 90, 0).draw(w, h, 5)
	mask := disc(w, h, 0.08)
	got := psnr(fill(t, truth, mask, Options{}), truth, mask)
	if t.Logf("fill: %.1f dB", got); got < 24 {
		t.Errorf("fill: %.1f dB, want at least 24", got)
	}
	if testing.Short() {
		return
	}
	mask = rightOf(truth.Rect, w-80)
	got = psnr(fill(t, truth, mask, Options{Even: true}), truth, mask)
	if t.Logf("outpaint: %.1f dB", got); got < 24 {
		t.Errorf("outpaint: %.1f dB, want at least 24", got)
	}
}
