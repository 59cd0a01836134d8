package canvas_test

import (
	"context"
	"image"
	"slices"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// edges is a picture whose opaque pixels end at guide lines.
func edges(t *testing.T, r image.Rectangle) *canvas.Document {
	t.Helper()
	d := canvas.New()
	e := d.Begin("edges")
	pic := image.NewNRGBA(r)
	for i := range pic.Pix {
		pic.Pix[i] = 255
	}
	e.Put(e.State().Active, pic, nil)
	e.SetGuideLines([]canvas.GuideLine{{true, r.Min.X}, {true, r.Max.X}, {false, r.Min.Y}, {false, r.Max.Y}})
	e.Commit()
	return d
}

// holds says whether the guide lines lie at the edges of what is opaque.
func holds(s *canvas.State) bool {
	r := s.Used()
	for _, want := range []canvas.GuideLine{{true, r.Min.X}, {true, r.Max.X}, {false, r.Min.Y}, {false, r.Max.Y}} {
		if !slices.Contains(s.GuideLines, want) {
			return false
		}
	}
	return len(s.GuideLines) == 4
}

// TestGuideLinesGoWithThePicture: however it is flipped, turned, scaled or cropped, they lie at
// the same edges in it.
func TestGuideLinesGoWithThePicture(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 20 {
		r := canvastest.Area(rng, 120)
		s := edges(t, r).State()
		page := r.Union(canvastest.Area(rng, 120))
		for turn := canvas.FlipHorizontal; turn <= canvas.TurnAround; turn++ {
			if out := s.Turned(turn, page); !holds(out) {
				t.Errorf("turn %d of %v in %v: opaque in %v, lines %v", turn, r, page, out.Used(), out.GuideLines)
			}
		}
		out, err := s.Scaled(context.Background(), r, image.Pt(3*r.Dx(), 2*r.Dy()), nil, func(float64) {})
		if err != nil || !holds(out) {
			t.Errorf("scaled %v: %v, opaque in %v, lines %v", r, err, out.Used(), out.GuideLines)
		}
		if out := s.Cropped(r.Inset(-7)); !holds(out) {
			t.Errorf("cropped %v: lines %v", r, out.GuideLines)
		}
	}
}

// TestGuideLinesAreAStepOfTheHistory that changes not a pixel.
func TestGuideLinesAreAStepOfTheHistory(t *testing.T) {
	d := edges(t, image.Rect(3, 5, 40, 60))
	before := d.State()
	e := d.Begin("Guide line")
	e.SetGuideLines(append(before.GuideLines, canvas.GuideLine{Upright: true, At: 20}))
	if dirty := e.Commit(); !dirty.Empty() {
		t.Errorf("to repaint: %v", dirty)
	}
	if n := len(d.State().GuideLines); n != 5 || len(before.GuideLines) != 4 || canvas.Same(before, d.State()) {
		t.Fatalf("%d lines, %d before", n, len(before.GuideLines))
	}
	if d.Undo(); d.State() != before {
		t.Fatal("undo did not bring the State before")
	}
}
