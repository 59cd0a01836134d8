package preprocess

import (
	"context"
	"image"
	"testing"
)

// TestLinesOfMLSD: of the scores and ends that the network gives, lines are drawn that are likely
// and long enough, at the picture's size.
func TestLinesOfMLSD(t *testing.T) {
	scores, ends := Plane{1, 64, 64, make([]float32, 64*64)}, Plane{4, 64, 64, make([]float32, 4*64*64)}
	put := func(x, y int, score, dx float32) {
		scores.Data[y*64+x] = score
		ends.Data[0*64*64+y*64+x], ends.Data[2*64*64+y*64+x] = -dx, dx
	}
	put(32, 16, 0.9, 10) // from 22 to 42 in row 16 of 64
	put(33, 16, 0.8, 30) // not the likeliest of its neighbours
	put(32, 40, 0.05, 10)
	put(32, 50, 0.9, 1)
	m, err := Find("mlsd")
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.RunNetwork(t.Context(), newPicture(128, 128, 3), Params{Res: 128, A: 0.1, B: 5}, image.Pt(64, 64), func(_ context.Context, in Plane) ([]Plane, error) {
		if in.C != 4 || in.W != 64 || in.H != 64 || in.Data[3*64*64] != 1 {
			t.Errorf("it is shown %d channels of %d × %d", in.C, in.W, in.H)
		}
		return []Plane{ends, scores}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for y := range 128 {
		for x := range 128 {
			if want := y == 32 && x >= 44 && x <= 84; want != (got.Pix[3*(y*128+x)] == 255) {
				t.Fatalf("pixel %d, %d is %d", x, y, got.Pix[3*(y*128+x)])
			}
		}
	}
}

// TestNetworksAreShownPictures as each was trained on them, and what they say is read as each means
// it.
func TestNetworksAreShownPictures(t *testing.T) {
	p := newPicture(64, 64, 3)
	for i := range p.Pix {
		p.Pix[i] = []uint8{255, 0, 51}[i%3]
	}
	for name, c := range map[string]struct {
		size  image.Point
		first float32 // of the first channel
		says  float32
		grey  uint8
	}{
		"depth_midas": {image.Pt(64, 64), 1, 7, 0}, "depth_anything": {image.Pt(518, 518), (1 - 0.485) / 0.229, 7, 0}, "softedge_hed": {image.Pt(64, 64), 255, 0, 127},
		"softedge_pidinet": {image.Pt(64, 64), 0.2, 0.5, 127}, "lineart_realistic": {image.Pt(64, 64), 1, 1, 0}, "lineart_anime": {image.Pt(64, 64), 1, -1, 255},
	} {
		m, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.RunNetwork(t.Context(), p, Params{Res: 64}, image.Point{}, func(_ context.Context, in Plane) ([]Plane, error) {
			if image.Pt(in.W, in.H) != c.size || in.Data[0] != c.first {
				t.Errorf("%s is shown %d × %d that begins with %g, want %v and %g", name, in.W, in.H, in.Data[0], c.size, c.first)
			}
			out := Plane{1, in.H, in.W, make([]float32, in.W*in.H)}
			for i := range out.Data {
				out.Data[i] = c.says
			}
			return []Plane{out}, nil
		})
		if err != nil || got.W != 64 || got.H != 64 || got.Pix[9] != c.grey {
			t.Errorf("%s: %d × %d, %v, %v, want %d", name, got.W, got.H, got.Pix[:3], err, c.grey)
		}
	}
}
