package stroke

import (
	"image"
	"math/rand/v2"
	"testing"
)

// TestAWrappedStrokeIsThePlainOneFolded: every pixel has the maximum of what the stroke without
// edges has at all places whole tiles apart, nothing lies outside, and what was shown ahead of the
// curve leaves no trace.
func TestAWrappedStrokeIsThePlainOneFolded(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		b, samples := brushes(rng), wander(rng, 14)
		tile := image.Rect(0, 0, 9+rng.IntN(150), 9+rng.IntN(150)).Add(image.Pt(rng.IntN(300)-150, rng.IntN(300)-150))
		want := map[image.Point]uint16{}
		for p, c := range gathered(run(b, samples)) {
			p = p.Mod(tile)
			want[p] = max(want[p], c)
		}
		s := New(b)
		s.Wrap(tile)
		shown := map[image.Point]uint16{}
		show := func() {
			s.Flush(func(k Key, t *Tile, r image.Rectangle) {
				for y := r.Min.Y; y < r.Max.Y; y++ {
					for x := r.Min.X; x < r.Max.X; x++ {
						shown[image.Pt(int(k.X)*TileSize+x, int(k.Y)*TileSize+y)] = t.Cov[y*TileSize+x]
					}
				}
			})
		}
		for _, p := range samples {
			s.Add(p)
			if rng.IntN(2) == 0 {
				s.Tail()
			}
			show()
		}
		s.End()
		show()
		got := gathered(s)
		for p := range shown {
			if shown[p] != got[p] {
				t.Fatalf("stroke %d: pixel %v is shown with %d, covered with %d", i, p, shown[p], got[p])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("stroke %d %+v in %v covers %d pixels, the folded one %d", i, b, tile, len(got), len(want))
		}
		for p, c := range want {
			if got[p] != c {
				t.Fatalf("stroke %d %+v in %v: pixel %v has %d, folded %d", i, b, tile, p, got[p], c)
			}
		}
	}
}

// TestALongLineRoundATinyTileIsSwept: the work goes with the line, not with the box around it.
func TestALongLineRoundATinyTileIsSwept(t *testing.T) {
	s := New(Brush{Size: 4, Hardness: 1})
	s.Wrap(image.Rect(0, 0, 8, 8))
	s.Line(Sample{X: 4, Y: 4, Pressure: 1})
	s.Line(Sample{X: 80004, Y: 80004, Pressure: 1})
	s.End()
	got := gathered(s)
	if got[image.Pt(7, 7)] != Full || got[image.Pt(7, 0)] != Full || got[image.Pt(7, 3)] != 0 {
		t.Errorf("a diagonal round a tile of 8 pixels gives %d on it, %d at its corner, %d beside; want full, full, nothing", got[image.Pt(7, 7)], got[image.Pt(7, 0)], got[image.Pt(7, 3)])
	}
}
