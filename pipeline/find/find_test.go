package find

import (
	"bytes"
	"context"
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"pentimento/pipeline/people"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/preprocess"
)

var size = image.Pt(100, 80)

func boxed(score float64, x0, y0, x1, y1 int) Find {
	r := image.Rect(x0, y0, x1, y1)
	return Find{Box: r, Score: score, Class: "face", Mask: pixels.Full(r)}
}

func lefts(all []Find) (out []int) {
	for _, f := range all {
		out = append(out, f.Box.Min.X)
	}
	return out
}

// TestWhatCounts and in which order, as ADetailer has it.
func TestWhatCounts(t *testing.T) {
	all := []Find{boxed(0.9, 40, 30, 60, 50), boxed(0.5, 2, 2, 12, 12), boxed(0.7, 60, 5, 90, 35), boxed(0.2, 20, 60, 30, 70)}
	for _, c := range []struct {
		spec Spec
		want []int
	}{
		{Spec{}, []int{40, 2, 60}},
		{Spec{Confidence: 0.1}, []int{40, 2, 60, 20}},
		{Spec{Confidence: 0.6, Sort: FromLeft}, []int{40, 60}},
		{Spec{MinArea: 0.02}, []int{40, 60}},
		{Spec{MaxArea: 0.06}, []int{40, 2}},
		{Spec{Top: 1}, []int{60}},
		{Spec{Top: 2}, []int{40, 60}},
		{Spec{Top: 1, TopBy: ByScore}, []int{40}},
		{Spec{Sort: FromLeft}, []int{2, 40, 60}},
		{Spec{Sort: FromMid}, []int{40, 60, 2}},
		{Spec{Sort: BySize}, []int{60, 40, 2}},
		{Spec{X: 5, Y: -3}, []int{45, 7, 65}},
		{Spec{Grow: -40}, nil},
		{Spec{Merge: Merged}, []int{2}},
		{Spec{Merge: Invert}, []int{0}},
	} {
		if got := lefts(Arrange(all, c.spec, size)); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.spec, got, c.want)
		}
	}
	if r := all[0].Mask.Rect; r != image.Rect(40, 30, 60, 50) || lefts(all)[0] != 40 {
		t.Error("what was found has changed")
	}
	up := Arrange(all[:1], Spec{Y: 10}, size)[0].Box
	if up != image.Rect(40, 20, 60, 40) {
		t.Errorf("moved up it lies at %v", up)
	}
	if out := Arrange(all[:1], Spec{X: 55}, size); len(out) != 1 || out[0].Box != image.Rect(95, 30, 100, 50) {
		t.Errorf("moved over the edge it is %v", out)
	}
}

// TestMergeAndInvertPaintsTheRest, and nothing that was found.
func TestMergeAndInvertPaintsTheRest(t *testing.T) {
	all := []Find{boxed(0.9, 40, 30, 60, 50), boxed(0.5, 2, 2, 12, 12)}
	one, rest := Arrange(all, Spec{Merge: Merged}, size)[0], Arrange(all, Spec{Merge: Invert}, size)[0]
	for y := range size.Y {
		for x := range size.X {
			if in := one.Mask.AlphaAt(x, y).A > 0; in == (rest.Mask.AlphaAt(x, y).A > 0) || in != (image.Pt(x, y).In(all[0].Box) || image.Pt(x, y).In(all[1].Box)) {
				t.Fatalf("at %d, %d: merged %v", x, y, in)
			}
		}
	}
	if out := Arrange([]Find{boxed(1, 0, 0, 100, 80)}, Spec{Merge: Invert}, size); len(out) != 0 {
		t.Errorf("all but all is %v", out)
	}
}

// slow is a mask dilated or eroded pixel by pixel as OpenCV's documentation defines it: the place of a square of ones under
// which the largest (smallest) is taken is n/2, and beyond the picture nothing counts.
func slow(m *image.Alpha, by int) *image.Alpha {
	out, n := image.NewAlpha(m.Rect), max(by, -by)
	for y := range size.Y {
		for x := range size.X {
			v := uint8(0)
			if by < 0 {
				v = 255
			}
			for dy := range n {
				for dx := range n {
					at := image.Pt(x+dx-n/2, y+dy-n/2)
					if !at.In(m.Rect) {
						continue
					}
					if p := m.AlphaAt(at.X, at.Y).A; by > 0 {
						v = max(v, p)
					} else {
						v = min(v, p)
					}
				}
			}
			out.Pix[y*out.Stride+x] = v
		}
	}
	return out
}

// TestMasksGrowAndShrinkAsOpenCVs, of odd and even sides, at the picture's border and within a box.
func TestMasksGrowAndShrinkAsOpenCVs(t *testing.T) {
	rng, all := rand.New(rand.NewPCG(1, 2)), image.Rectangle{Max: size}
	for range 40 {
		m := image.NewAlpha(all)
		for range 3 {
			x, y := rng.IntN(90)-5, rng.IntN(70)-5
			pixels.Fill(m, image.Rect(x, y, x+1+rng.IntN(30), y+1+rng.IntN(30)), 255)
		}
		for _, by := range []int{1, 2, 3, 4, 7, 8, -2, -3, -4, -9} {
			got := image.NewAlpha(all)
			pixels.Raise(got, grown(trimmed(m), by, all))
			if !bytes.Equal(got.Pix, slow(m, by).Pix) {
				t.Fatalf("by %d it is another", by)
			}
		}
	}
}

// TestWidenedIsACircle: a pixel becomes all that are no farther than that from it.
func TestWidenedIsACircle(t *testing.T) {
	all := image.Rectangle{Max: size}
	f := boxed(1, 5, 40, 6, 41).Widened(9, all)
	f2 := boxed(1, 5, 40, 30, 45).Widened(4, all)
	for y := range size.Y {
		for x := range size.X {
			if want := (x-5)*(x-5)+(y-40)*(y-40) <= 81; (f.Mask.AlphaAt(x, y).A > 0) != want {
				t.Fatalf("at %d, %d: want %v", x, y, want)
			}
			dx, dy := max(5-x, x-29, 0), max(40-y, y-44, 0)
			if want := dx*dx+dy*dy <= 16; (f2.Mask.AlphaAt(x, y).A > 0) != want {
				t.Fatalf("of a rectangle at %d, %d: want %v", x, y, want)
			}
		}
	}
}

// TestShapes: lines that cross leave a hole, a hull holds all places, two shapes make one mask.
func TestShapes(t *testing.T) {
	line := []people.Place{{X: 10, Y: 10}, {X: 30, Y: 10}, {X: 30, Y: 30}, {X: 10, Y: 30}}
	m := polygon(size, line, []people.Place{{X: 50, Y: 10}, {X: 60, Y: 10}, {X: 60, Y: 20}})
	if m.Rect != image.Rect(10, 10, 60, 30) || m.AlphaAt(10, 10).A != 255 || m.AlphaAt(29, 29).A != 255 || m.AlphaAt(40, 15).A != 0 || m.AlphaAt(58, 12).A != 255 || m.AlphaAt(52, 18).A != 0 {
		t.Errorf("the mask of %v is wrong", m.Rect)
	}
	out := hull([]people.Place{{X: 0, Y: 0}, {X: 4, Y: 4}, {X: 8, Y: 0}, {X: 8, Y: 8}, {X: 0, Y: 8}, {X: 3, Y: 5}, {X: 4, Y: 0}})
	if len(out) != 4 {
		t.Errorf("the hull is %v, want the four corners", out)
	}
	if off := polygon(size, []people.Place{{X: -20, Y: -20}, {X: 500, Y: -20}, {X: 500, Y: 400}, {X: -20, Y: 400}}); off.Rect != (image.Rectangle{Max: size}) || off.AlphaAt(99, 79).A != 255 {
		t.Errorf("beyond the picture it covers %v", off.Rect)
	}
}

// TestPeopleApartAreTwoFinds of the map of all people, and those that are specks are none.
func TestPeopleApartAreTwoFinds(t *testing.T) {
	p := preprocess.Picture{W: 512, H: 256, Channels: 3, Pix: make([]uint8, 3*512*256)}
	eval := func(_ context.Context, network string, side int, in []float32) ([][]float32, error) {
		out := make([]float32, side*side)
		for y := 50; y < 200; y++ {
			for x := 20; x < 60; x++ {
				out[y*side+x], out[y*side+x+150] = 0.95, 0.6
			}
		}
		out[3] = 1
		return [][]float32{out}, nil
	}
	found, err := Look(t.Context(), p, Spec{What: "person"}, Networks{Eval: eval})
	if err != nil || len(found) != 2 || found[0].Class != "person" {
		t.Fatalf("%d found, %v, want 2", len(found), err)
	}
	if b := found[0].Box; b.Min.X < 38 || b.Max.X > 122 || b.Dx() < 78 || b.Dy() < 148 {
		t.Errorf("the first lies at %v, want about 40,50 to 120,200", b)
	}
	if found, err := Look(t.Context(), p, Spec{What: "person", Confidence: 0.8}, Networks{Eval: eval}); err != nil || len(found) != 1 {
		t.Errorf("%d are surer than 0.8, %v, want 1", len(found), err)
	}
}

// TestWrongSpecsAreRefused, with what there is.
func TestWrongSpecsAreRefused(t *testing.T) {
	for _, s := range []Spec{{}, {What: "face", Confidence: 2}, {What: "face", Top: -1}, {What: "face", Sort: "size"}, {What: "face", Merge: "none"}, {What: "face", MinArea: -1}, {What: "face", TopBy: "x"}, {What: "face", Grow: 1 << 20}} {
		if s.Check() == nil {
			t.Errorf("%+v is right", s)
		}
	}
	if _, err := Named("fases"); err == nil {
		t.Error("an unknown name is none")
	}
	if row, err := Named("mediapipe_face_mesh_eyes_only"); err != nil || row.Name != "eyes" {
		t.Errorf("ADetailer's eyes are %q, %v", row.Name, err)
	}
	if row, ok := InsteadOf("hand_yolov8n.pt"); !ok || row.Name != "hand" {
		t.Errorf("instead of a hand's YOLO there is %q", row.Name)
	}
	if _, ok := InsteadOf("deepfashion2_yolov8s-seg.pt"); ok {
		t.Error("there is something instead of clothes")
	}
}
