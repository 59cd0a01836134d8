package people

import (
	"context"
	"math"
	"testing"

	"pentimento/pipeline/preprocess"
)

// TestAFaceSeenInManyViewsIsOneFind: a detector that sees a white square as a face, in each view that holds it, gives one
// face, where the square is; a mesh that isn't sure is none.
func TestAFaceSeenInManyViewsIsOneFind(t *testing.T) {
	p := blank(400, 300)
	for y := 100; y < 120; y++ {
		for x := 260; x < 280; x++ {
			copy(p.Pix[3*(y*400+x):], []uint8{255, 255, 255})
		}
	}
	d := faceDetectors[1]
	views := 0
	eval := func(_ context.Context, network string, side int, in []float32) ([][]float32, error) {
		if network == preprocess.FaceLandmarks {
			return [][]float32{make([]float32, 3*meshPlaces), {-9}}, nil
		}
		views++
		low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
		for i := range side * side {
			if in[3*i] > 0 {
				x, y := float64(i%side), float64(i/side)
				low, high = point{min(low.x, x), min(low.y, y)}, point{max(high.x, x+1), max(high.y, y+1)}
			}
		}
		boxes, scores := make([]float32, 16*len(d.anchors)), make([]float32, len(d.anchors))
		for i := range scores {
			scores[i] = -20
		}
		if high.x > low.x {
			mid := point{(low.x + high.x) / 2, (low.y + high.y) / 2}
			k := int(mid.y)/4*48 + int(mid.x)/4
			a := d.anchors[k]
			scores[k] = float32(1 - 0.01*(high.x-low.x)) // the largest isn't the surest
			v := boxes[16*k:]
			v[0], v[1], v[2], v[3] = float32(mid.x-a.x*float64(side)), float32(mid.y-a.y*float64(side)), float32(high.x-low.x), float32(high.y-low.y)
		}
		return [][]float32{boxes, scores}, nil
	}
	found, err := Faces(context.Background(), p, FaceFull, 0.3, true, eval)
	if err != nil || len(found) != 1 || views < 5 {
		t.Fatalf("%d faces in %d views, %v, want one in several", len(found), views, err)
	}
	f := found[0]
	if f.Mesh != nil || math.Abs(f.Left-260) > 3 || math.Abs(f.Top-100) > 3 || math.Abs(f.Right-280) > 3 || math.Abs(f.Bottom-120) > 3 {
		t.Errorf("the face lies at %g, %g to %g, %g, want 260, 100 to 280, 120; mesh of %d", f.Left, f.Top, f.Right, f.Bottom, len(f.Mesh))
	}
	if found, err := Faces(context.Background(), p, FaceFull, 0.9, false, eval); err != nil || len(found) != 0 {
		t.Errorf("%d faces that are surer than 0.9, %v, want none", len(found), err)
	}
	if _, err := Faces(context.Background(), p, "other", 0.5, false, eval); err == nil {
		t.Error("an unknown detector is no error")
	}
}

// TestFaceDetectorsHaveTheirAnchors: as many as the networks give.
func TestFaceDetectorsHaveTheirAnchors(t *testing.T) {
	if a, b := len(faceDetectors[0].anchors), len(faceDetectors[1].anchors); a != 896 || b != 2304 {
		t.Errorf("%d and %d, want 896 and 2304", a, b)
	}
}

// TestFivePlaces of a face without a mesh stand level with its eyes.
func TestFivePlaces(t *testing.T) {
	f := Face{Points: [6]Place{{100, 100}, {200, 100}, {150, 150}, {150, 200}}}
	at, ok := f.Five()
	if ok || at[3].Y != 200 || at[4].Y != 200 || at[3].X >= 150 || at[4].X <= 150 {
		t.Errorf("the five are %v", at)
	}
	f.Mesh = make([]Place, meshPlaces)
	f.Mesh[61], f.Mesh[291] = Place{120, 210}, Place{180, 212}
	if at, ok = f.Five(); !ok || at[3] != f.Mesh[61] || at[4] != f.Mesh[291] {
		t.Errorf("with a mesh the five are %v", at)
	}
}
