package people

import (
	"context"
	"errors"
	"math"
	"testing"

	"pentimento/pipeline/preprocess"
)

func blank(w, h int) preprocess.Picture {
	return preprocess.Picture{W: w, H: h, Channels: 3, Pix: make([]uint8, 3*w*h)}
}

func near(a, b point, most float64) bool { return math.Hypot(a.x-b.x, a.y-b.y) <= most }

// TestAnchors are as many as the networks give, and lie in the middles of cells.
func TestAnchors(t *testing.T) {
	if len(bodyAnchors) != 2254 || len(palmAnchors) != 2016 {
		t.Fatalf("%d and %d, want 2254 and 2016", len(bodyAnchors), len(palmAnchors))
	}
	for i, want := range map[int]point{0: {0.5 / 28, 0.5 / 28}, 1: {0.5 / 28, 0.5 / 28}, 2: {1.5 / 28, 0.5 / 28}, 28*28*2 + 2: {1.5 / 14, 0.5 / 14}, 2253: {6.5 / 7, 6.5 / 7}, 2254 - 6: {6.5 / 7, 6.5 / 7}, 2254 - 7: {5.5 / 7, 6.5 / 7}} {
		if !near(bodyAnchors[i], want, 1e-12) {
			t.Errorf("anchor %d is %v, want %v", i, bodyAnchors[i], want)
		}
	}
}

// TestPlacesOfATurnedSquareComeBack: a dot in the picture is seen in the cut where out says that it came from,
// upright, and beyond the picture it is black.
func TestPlacesOfATurnedSquareComeBack(t *testing.T) {
	p := blank(200, 120)
	for i := range p.Pix {
		p.Pix[i] = 60
	}
	dot := point{150, 40}
	for y := 38; y < 42; y++ {
		for x := 148; x < 152; x++ {
			copy(p.Pix[3*(y*200+x):], []uint8{255, 255, 255})
		}
	}
	for _, r := range []region{{100, 60, 160, 0}, {140, 50, 64, 0.7}, {120, 60, 300, -2}, {150, 40, 20, 3}} {
		const side = 96
		cut := r.cut(p, side, -1)
		var mass, x, y float64
		for i := range side * side {
			if v := float64(cut[3*i+1]) + 1; v > 0.6 {
				mass, x, y = mass+v, x+v*(float64(i%side)+0.5), y+v*(float64(i/side)+0.5)
			}
		}
		got := r.out(point{x / mass / side, y / mass / side})
		if !near(got, dot, r.side/side) {
			t.Errorf("%+v: the dot comes back to %v, want %v", r, got, dot)
		}
	}
	if cut := (region{0, 0, 100, 0}).cut(p, 10, -1); cut[0] != -1 || math.Abs(float64(cut[3*99])-(60.0/255*2-1)) > 1e-5 {
		t.Errorf("beyond the picture it is %g, within %g", cut[0], cut[3*99])
	}
}

// TestARegionStandsUpright: what lies to the right of a centre is above it in the region.
func TestARegionStandsUpright(t *testing.T) {
	r := between(point{50, 50}, point{80, 50})
	if r.side != 60 || !near(r.out(point{0.5, 0}), point{80, 50}, 1e-9) || !near(r.shifted(-0.5).out(point{0.5, 0.5}), point{80, 50}, 1e-9) {
		t.Errorf("%+v", r)
	}
	turned := region{angle: 0.5}.about(r.all([]float32{0, 0, 0, 10, 0, 0, 0, 20, 0, 10, 20, 0}, 4, 20))
	if math.Abs(turned.angle-0.5) > 1e-9 || turned.side < 60 {
		t.Errorf("about: %+v", turned)
	}
	for i := range 4 {
		corner := r.out(point{float64(i%2) / 2, float64(i / 2)})
		sin, cos := math.Sincos(-turned.angle)
		dx, dy := corner.x-turned.x, corner.y-turned.y
		if u, v := dx*cos-dy*sin, dx*sin+dy*cos; math.Max(math.Abs(u), math.Abs(v)) > turned.side/2+1e-9 {
			t.Errorf("corner %v is outside", corner)
		}
	}
}

// TestDetections are read from their anchors, unsure ones left out, and those on each other are one.
func TestDetections(t *testing.T) {
	anchors := []point{{0.5, 0.5}, {0.5, 0.5}, {0.1, 0.1}, {0.9, 0.9}}
	boxes := []float32{
		0, 0, 40, 40, 10, 0,
		4, 0, 40, 40, 14, 0,
		0, 0, 10, 10, 0, -5,
		0, 0, 10, 10, 0, 0,
	}
	found := suppress(decode(boxes, []float32{2, 2, 3, -1}, anchors, 100, sure))
	if len(found) != 2 || math.Abs(found[0].left-0.05) > 1e-6 || !near(found[0].points[0], point{0.1, 0.05}, 1e-6) {
		t.Fatalf("%+v", found)
	}
	if d := found[1]; math.Abs(d.left-0.32) > 1e-6 || math.Abs(d.right-0.72) > 1e-6 || !near(d.points[0], point{0.62, 0.5}, 1e-6) {
		t.Errorf("the mean of two is %+v", d)
	}
}

// stage is a fake of the networks: the detector sees one person whose hips lie in the middle of what it is
// shown, twice; the landmarks lie at fixed places of their square.
func stage(ctx context.Context, network string, side int, in []float32) ([][]float32, error) {
	if len(in) != 3*side*side {
		return nil, errors.New("another size")
	}
	switch network {
	case preprocess.PoseDetector:
		boxes, scores := make([]float32, 12*2254), make([]float32, 2254)
		for i := range scores {
			scores[i] = -9
		}
		// The cell at 14, 14 of 28 is centred 4 pixels beyond the middle; its points are the hips and 56 pixels above.
		for _, i := range []int{2 * (14*28 + 14), 2*(14*28+14) + 1} {
			scores[i] = 4
			copy(boxes[12*i:], []float32{-4, -4, 100, 100, -4, -4, -4, -60})
		}
		return [][]float32{boxes, scores}, nil
	case preprocess.PoseLandmarks:
		v := make([]float32, 195)
		for i := range 39 {
			copy(v[5*i:], []float32{float32(100 + i), float32(60 + 2*i), 0, 9, 9})
		}
		v[5*16+3] = -9 // the right wrist is hidden
		v[5*27] = 1e4  // the left ankle is out of the picture
		return [][]float32{v, {0.9}}, nil
	}
	return nil, errors.New("asked for " + network)
}

// TestPeopleAreGivenAsOpenPoseNamesThem: in parts of the picture, hidden places nil, each person once.
func TestPeopleAreGivenAsOpenPoseNamesThem(t *testing.T) {
	found, err := Find(t.Context(), blank(448, 448), preprocess.PoseParts{Body: true}, stage)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d people, %v", len(found), err)
	}
	// The region is 2 × 112 × 1.25 pixels about the middle of 448.
	at := func(i int) point {
		k := 280.0 / 256
		return point{(224 - 140 + k*float64(100+i)) / 448, (224 - 140 + k*float64(60+2*i)) / 448}
	}
	for i, from := range map[int]int{0: 0, 2: 12, 3: 14, 5: 11, 6: 13, 7: 15, 8: 24, 9: 26, 10: 28, 11: 23, 12: 25, 14: 5, 15: 2, 16: 8, 17: 7} {
		if p := found[0].Body[i]; p == nil || !near(point{p.X, p.Y}, at(from), 1e-6) {
			t.Errorf("place %d is %v, want %v", i, p, at(from))
		}
	}
	neck := point{(at(11).x + at(12).x) / 2, (at(11).y + at(12).y) / 2}
	if p := found[0].Body[1]; p == nil || !near(point{p.X, p.Y}, neck, 1e-6) {
		t.Errorf("the neck is %v, want %v", p, neck)
	}
	if found[0].Body[4] != nil || found[0].Body[13] != nil {
		t.Error("a hidden wrist and an ankle out of the picture are shown")
	}
	wide, err := Find(t.Context(), blank(896, 448), preprocess.PoseParts{Body: true}, stage)
	if err != nil || len(wide) != 4 { // one in each half over half, and one twice as large in the whole
		t.Errorf("%d people in a wide picture, %v", len(wide), err)
	}
}

// TestOneHeadIsOnePerson, however the rest of the body was guessed, and two heads are two.
func TestOneHeadIsOnePerson(t *testing.T) {
	body := func(x, hips float64) []landmark {
		all := make([]landmark, 39)
		for i := range all {
			all[i] = landmark{x + float64(i), hips, 1}
		}
		for i := range 11 {
			all[i].y = 20
		}
		all[7].x, all[8].x = x+40, x-20
		return all
	}
	if !same(body(100, 90), body(110, 400), 500) || same(body(100, 90), body(180, 90), 500) || !same(body(100, 90), body(135, 90), 500) {
		t.Error("heads that lie on each other are two, or those beside each other one")
	}
}

// TestNetworksThatLie give errors, and an ended context ends it.
func TestNetworksThatLie(t *testing.T) {
	for name, eval := range map[string]Eval{
		"fail":  func(context.Context, string, int, []float32) ([][]float32, error) { return nil, errors.New("broken") },
		"short": func(context.Context, string, int, []float32) ([][]float32, error) { return [][]float32{{1}, {2}}, nil },
		"none":  func(context.Context, string, int, []float32) ([][]float32, error) { return nil, nil },
		"NaN": func(ctx context.Context, n string, side int, in []float32) ([][]float32, error) {
			outs, err := stage(ctx, n, side, in)
			outs[1][0] = float32(math.NaN())
			return outs, err
		},
	} {
		if _, err := Find(t.Context(), blank(64, 64), preprocess.PoseParts{Body: true}, eval); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Find(ctx, blank(64, 64), preprocess.PoseParts{Body: true}, stage); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := Find(t.Context(), preprocess.Picture{W: 2, H: 2, Channels: 3}, preprocess.PoseParts{}, stage); err == nil {
		t.Error("no error for a picture without pixels")
	}
}

// TestTheFacesPlaces are of the mesh, and none is there twice.
func TestTheFacesPlaces(t *testing.T) {
	mesh := make([]landmark, 468)
	for i := range mesh {
		mesh[i] = landmark{float64(i), float64(i), 1}
	}
	got := finder{p: blank(1000, 1000)}.facePoints(mesh)
	if len(got) != 70 {
		t.Fatalf("%d places, want 70", len(got))
	}
	seen := map[preprocess.Point]bool{}
	for _, p := range got {
		if p == nil || seen[*p] {
			t.Errorf("%v", p)
			continue
		}
		seen[*p] = true
	}
}
