package adjust

import (
	"math"
	"testing"
)

// The wanted values were computed by another program: HSL by Python's colorsys, the rest by
// the formulas written out there.

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within || math.IsNaN(got) {
		t.Errorf("%s: %.6f, want %.6f", what, got, want)
	}
}

func TestLevelsAreThoseOfOtherPrograms(t *testing.T) {
	for _, c := range []struct{ v, black, white, gamma, low, high, want float64 }{
		{100, 20, 200, 1.7, 0, 255, 158.2610}, {50, 60, 200, 2, 10, 240, 10}, {180, 0, 255, 0.45, 30, 200, 108.3968},
		{128, 128, 128, 1, 0, 255, 0}, {129, 128, 128, 1, 0, 255, 255},
	} {
		r := Range{c.black / 255, c.white / 255, c.gamma, c.low / 255, c.high / 255}
		near(t, "levels", 255*r.At(c.v/255), c.want, 1e-3)
	}
	l := NewLevels()
	l.RGB[1] = Range{0, 0.5, 1, 0, 1}
	l.All = Range{0, 1, 1, 0.5, 1}
	near(t, "a channel's own levels come first", l.Change().Each[1](0.25), 0.75, 1e-9)
	if l.RGB[1] = Plain; l.Change().Each[0] == nil {
		t.Error("levels of all channels leave red")
	}
}

func TestAutoLeavesAThousandthAtEitherEnd(t *testing.T) {
	var h Histogram
	h[0][3], h[0][40], h[0][200], h[0][255] = 1, 1000, 1000, 2
	l := h.Auto()
	near(t, "black", 255*l.RGB[0].Black, 40, 1e-9)
	near(t, "white", 255*l.RGB[0].White, 200, 1e-9)
	if l.RGB[1] != Plain {
		t.Error("an empty channel was stretched")
	}
}

func TestCurveIsFritschAndCarlsons(t *testing.T) {
	at := []float64{0.02, 0.1, 0.2, 0.3, 0.45, 0.5, 0.63, 0.8, 0.91, 0.97}
	for _, c := range []struct {
		curve Curve
		want  []float64
	}{
		{Curve{{0, 0}, {0.25, 0.1}, {0.75, 0.9}, {1, 1}},
			[]float64{0.0071168, 0.0256, 0.0608, 0.1584, 0.4056, 0.5, 0.7364544, 0.9392, 0.9764416, 0.9899008}},
		{Curve{{0.05, 0.2}, {0.3, 0.25}, {0.35, 0.8}, {0.9, 0.7}, {1, 0.1}},
			[]float64{0.2, 0.201088336, 0.21132772, 0.25, 0.799398948, 0.79797145, 0.78680571, 0.745229151, 0.684181818, 0.314363636}},
	} {
		f := c.curve.Func()
		for i, x := range at {
			near(t, "curve", f(x), c.want[i], 1e-8)
		}
	}
}

// TestCurveNeverSwings: between two points it stays between their heights.
func TestCurveNeverSwings(t *testing.T) {
	c := Curve{{0, 0.1}, {0.1, 0.11}, {0.12, 0.9}, {0.5, 0.9}, {0.52, 0.3}, {1, 0.31}}
	f := c.Func()
	for i := range len(c) - 1 {
		lo, hi := min(c[i].Y, c[i+1].Y), max(c[i].Y, c[i+1].Y)
		for k := range 101 {
			if v := f(c[i].X + (c[i+1].X-c[i].X)*float64(k)/100); v < lo-1e-12 || v > hi+1e-12 {
				t.Fatalf("between points %d and %d the curve is at %v", i, i+1, v)
			}
		}
	}
}

func TestCurvePointsStayInOrder(t *testing.T) {
	c, i := Straight().Put(2, Point{0.5, 0.7})
	if i != 1 || len(c) != 3 {
		t.Fatalf("a new point is number %d of %v", i, c)
	}
	if c, _ = c.Put(1, Point{2, -1}); c[1].X >= 1 || c[1].Y != 0 {
		t.Errorf("dragged beyond its neighbour it is at %v", c[1])
	}
	if _, i = c.Put(3, c[1]); i != -1 {
		t.Error("two points at one place")
	}
}

func TestHuesAreColorsysAndBack(t *testing.T) {
	for _, c := range []struct {
		rgb  [3]uint8
		by   Shift
		want [3]float64
	}{
		{[3]uint8{130, 183, 14}, Shift{180, -0.5, -0.3}, [3]float64{0.227157, 0.154412, 0.386373}},
		{[3]uint8{80, 57, 190}, Shift{180, -0.5, 0.2}, [3]float64{0.660106, 0.698522, 0.476380}},
		{[3]uint8{52, 127, 6}, Shift{-75, 0.25, 0.2}, [3]float64{0.817255, 0.302249, 0.000000}},
		{[3]uint8{93, 199, 81}, Shift{30, -0.5, 0.2}, [3]float64{0.546667, 0.731765, 0.620392}},
		{[3]uint8{64, 67, 0}, Shift{30, -0.5, -0.3}, [3]float64{0.087843, 0.137941, 0.045980}},
		{[3]uint8{84, 85, 148}, Shift{120, -0.5, -0.3}, [3]float64{0.362353, 0.274510, 0.275882}},
	} {
		var p [3]float64
		for i, v := range c.rgb {
			p[i] = float64(v) / 255
		}
		got := Hues{All: c.by}.Change().Together(p)
		for i := range got {
			near(t, "hue", got[i], c.want[i], 2e-6)
		}
	}
	reds := Hues{Range: [6]Shift{{Saturation: -1}}}.Change().Together
	if got := reds([3]float64{0.8, 0.2, 0.2}); math.Abs(got[0]-got[1]) > 1e-9 {
		t.Errorf("red without saturation is %v", got)
	}
	if got := reds([3]float64{0.2, 0.2, 0.8}); got != [3]float64{0.2, 0.2, 0.8} {
		t.Errorf("reds changed a blue to %v", got)
	}
}

func TestBrightnessAndContrast(t *testing.T) {
	for _, c := range []struct{ v, brightness, contrast, want float64 }{
		{60, 0.2, 0.3, 0.317617}, {200, -0.4, -0.5, 0.487817}, {90, 0, 0.5, 0.144969}, {30, 0.1, 0, 0.205882},
	} {
		near(t, "contrast", Contrast{c.brightness, c.contrast}.Change().Each[0](c.v/255), c.want, 1e-6)
	}
}
