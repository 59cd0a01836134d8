package cutout

import (
	"context"
	"image"
	"testing"
)

// TestThresholdAndShiftMoveTheEdge outward and inward, by as many pixels as were asked for, and leave what is certain.
func TestThresholdAndShiftMoveTheEdge(t *testing.T) {
	guide := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	rough := &Matte{W: 40, H: 30, A: make([]float32, 40*30)}
	for y := range 30 {
		for x := range 40 {
			rough.A[y*40+x] = min(max(float32(x-10)/20, 0), 1) // certain from 30 on
		}
	}
	count := func(o Refining) (n int) {
		o.Radius = -1
		m, err := Refine(context.Background(), guide, rough, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range m.A {
			if a >= 0.5 {
				n++
			}
			if x := i % 40; o.Shift == 0 && (x <= 10 && a != 0 || x >= 30 && a != 1) {
				t.Fatalf("%+v: the share at %d is %g", o, x, a)
			}
		}
		return n / 30
	}
	if few, usual, many := count(Refining{Threshold: 0.8}), count(Refining{}), count(Refining{Threshold: 0.2}); few != 14 || usual != 20 || many != 26 {
		t.Errorf("%d, %d and %d columns at thresholds of 0.8, ½ and 0.2, want 14, 20 and 26", few, usual, many)
	}
	if in, out := count(Refining{Shift: -3}), count(Refining{Shift: 5}); in != 17 || out != 25 {
		t.Errorf("%d and %d columns, want 17 and 25", in, out)
	}
}
