package canvas_test

import (
	"image"
	"testing"

	"pentimento/canvas/canvastest"
)

// TestReducedIsTheMean of all pixels, and shares everything at level 0.
func TestReducedIsTheMean(t *testing.T) {
	rng := canvastest.Chance(t)
	s := canvastest.Document(rng).State()
	for i, l := range s.Reduced(0).Layers {
		if l.Offset != s.Layers[i].Offset || canvastest.Outside(s, s.Reduced(0), nil) != "" {
			t.Fatal("level 0 is another picture")
		}
	}
	for level := 1; level < 4; level++ {
		side := 1 << level
		low := s.Reduced(level)
		for i, l := range s.Layers {
			r := l.Used()
			for range 100 {
				if r.Empty() {
					break
				}
				p := image.Pt(r.Min.X-side+rng.IntN(r.Dx()+2*side), r.Min.Y-side+rng.IntN(r.Dy()+2*side))
				q := image.Pt(p.X>>level, p.Y>>level)
				buf := make([]uint8, 4*side*side)
				l.Read(buf, 4*side, image.Rectangle{q.Mul(side), q.Mul(side).Add(image.Pt(side, side))})
				sum := [4]int{}
				for k, v := range buf {
					sum[k%4] += int(v)
				}
				got := pixel(low.Layers[i], q)
				for c, v := range sum {
					if want := uint8((v + side*side/2) / (side * side)); got[c] != want {
						t.Fatalf("level %d layer %d at %v: %v, want %d in channel %d", level, i, q, got, want, c)
					}
				}
			}
		}
	}
}
