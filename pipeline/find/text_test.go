package find

import (
	"context"
	"image"
	"image/color"
	"math"
	"testing"

	"pentimento/pipeline/people"
	"pentimento/pipeline/preprocess"
)

// mapOf is a map of w × h values that is v within closed lines.
func mapOf(w, h int, v float32, lines ...[]people.Place) []float32 {
	out := make([]float32, w*h)
	for _, line := range lines {
		m := polygon(image.Pt(w, h), line)
		for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
			for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
				if m.AlphaAt(x, y).A > 0 {
					out[y*w+x] = v
				}
			}
		}
	}
	return out
}

// TestALineGrowsAsThePaperHasIt, level or turned: by its area × 1.5 / its length on every side, in a picture that is twice as wide as
// the map.
func TestALineGrowsAsThePaperHasIt(t *testing.T) {
	for _, degrees := range []float64{0, 17, 45, 90} {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		seen := turned{150, 150, 180, 14, cos, sin}
		got := linesIn(mapOf(300, 300, 0.9, seen.corners()), 300, 0.6, math.Inf(1), image.Pt(600, 300))
		if len(got) != 1 || math.Abs(got[0].score-0.9) > 0.1 {
			t.Fatalf("at %g°: found %v", degrees, got)
		}
		var corners []people.Place
		for _, c := range seen.wider(180 * 14 * 1.5 / (2 * (180 + 14))).corners() {
			corners = append(corners, people.Place{X: 2 * c.X, Y: c.Y})
		}
		truth := polygon(image.Pt(600, 300), corners)
		both, all := float64(common(got[0].mask, truth)), float64(common(truth, truth))
		if share := both / (all + float64(got[0].area) - both); share < 0.88 {
			t.Errorf("at %g°: %.2f of what either covers both do", degrees, share)
		}
	}
}

// TestNoTextIsFound in what the network is unsure of, in specks, and in a map of nothing.
func TestNoTextIsFound(t *testing.T) {
	bar := turned{50, 20, 60, 8, 1, 0}
	for name, v := range map[string][]float32{
		"unsure": mapOf(100, 40, 0.5, bar.corners()), "speck": mapOf(100, 40, 0.9, turned{50, 20, 3, 3, 1, 0}.corners()),
		"nothing": make([]float32, 4000), "no numbers": mapOf(100, 40, float32(math.NaN()), bar.corners()),
	} {
		if got := linesIn(v, 100, 0.6, math.Inf(1), image.Pt(100, 40)); len(got) > 0 {
			t.Errorf("%s: found %v", name, got)
		}
	}
}

// TestTextAboutASealLeavesItsMiddle: the mask of a bent line is the line, grown.
func TestTextAboutASealLeavesItsMiddle(t *testing.T) {
	v := make([]float32, 200*200)
	for i := range v {
		if far := math.Hypot(float64(i%200)-100, float64(i/200)-100); far > 70 && far < 78 {
			v[i] = 0.8
		}
	}
	got := linesIn(v, 200, 0.6, math.Inf(1), image.Pt(200, 200))
	if len(got) != 1 || got[0].mask.AlphaAt(100, 100) != (color.Alpha{}) || got[0].mask.AlphaAt(174, 100).A == 0 || got[0].mask.AlphaAt(180, 100).A == 0 {
		t.Fatalf("found %v", got)
	}
}

// TestTilesCoverEveryPixelOnce, and none is of a size that the network has not seen.
func TestTilesCoverEveryPixelOnce(t *testing.T) {
	for _, side := range []int{32, 640, 960, 992, 1152, 1664, 3840} {
		at := 0
		for _, c := range cuts(side) {
			if c[2] != at || c[0] > c[2] || c[1] < c[3] || (c[1]-c[0])%textGrid != 0 || c[1]-c[0] > textSide {
				t.Errorf("of %d: %v after %d", side, c, at)
			}
			at = c[3]
		}
		if at != side {
			t.Errorf("of %d %d is seen", side, at)
		}
	}
	for _, s := range [][2]int{{1, 1}, {100, 30000}, {512, 512}, {4000, 3000}, {20000, 9}} {
		for _, got := range textSizes(s[0], s[1]) {
			if got.X%textGrid != 0 || got.Y%textGrid != 0 || got.X < textGrid || got.Y < textGrid || max(got.X, got.Y) > textMost {
				t.Errorf("%v is looked at in %v", s, got)
			}
		}
	}
}

// TestSmallAndLargeTextOfAWidePicture: a line that crosses tiles is one find, and letters too large for a tile are found
// once.
func TestSmallAndLargeTextOfAWidePicture(t *testing.T) {
	p := preprocess.Picture{W: 2400, H: 640, Channels: 3, Pix: make([]uint8, 3*2400*640)}
	paint := func(r image.Rectangle) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				p.Pix[3*(y*p.W+x)] = 255 // red
			}
		}
	}
	paint(image.Rect(100, 600, 2000, 610))
	paint(image.Rect(200, 60, 1700, 360))
	paint(image.Rect(2200, 120, 2300, 132))
	network := func(_ context.Context, name string, w, h int, in []float32) ([]float32, error) {
		out := make([]float32, w*h)
		for i := range out {
			if in[2*w*h+i] > 2.5 { // red stands last
				out[i] = 0.95
			}
		}
		return out, nil
	}
	done := -1.0
	found, err := Look(t.Context(), p, Spec{What: "text"}, Networks{Planes: network, Report: func(v float64) {
		if v <= done || v >= 1 {
			t.Errorf("%g is told after %g", v, done)
		}
		done = v
	}})
	if err != nil || len(found) != 3 {
		t.Fatalf("found %v, %v", found, err)
	}
	for i, want := range []image.Rectangle{image.Rect(200, 60, 1700, 360), image.Rect(2200, 120, 2300, 132), image.Rect(100, 600, 2000, 610)} {
		if f := found[i]; f.Class != "text" || !want.Inset(1).In(f.Box) {
			t.Errorf("find %d is %s at %v, want about %v", i, f.Class, f.Box, want)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Look(ctx, p, Spec{What: "text"}, Networks{Planes: network}); err == nil {
		t.Error("it went on after it was stopped")
	}
	short := func(context.Context, string, int, int, []float32) ([]float32, error) { return nil, nil }
	if _, err := Look(t.Context(), p, Spec{What: "text"}, Networks{Planes: short}); err == nil {
		t.Error("a network that gives nothing is none")
	}
}
