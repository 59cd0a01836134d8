package tools_test

import (
	"image"
	"math"
	"testing"

	"pentimento/canvas"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

func TestLassoFillsTheInside(t *testing.T) {
	h := toolstest.New("lasso")
	h.Press(-50, -50)
	h.Drag(150, -50)
	if h.Doc.Editing() {
		t.Error("the lasso edits before Release")
	}
	h.Drag(150, 100)
	h.Release(-50, 100)
	want := image.Rect(-50, -50, 150, 100)
	if got := h.State().MaskUsed(); got != want {
		t.Fatalf("mask covers %v, want %v", got, want)
	}
	for _, p := range []image.Point{{-50, -50}, {149, 99}, {0, 0}, {63, 64}} {
		if h.Mask(p.X, p.Y) != 255 {
			t.Errorf("inside at %v the mask is %d", p, h.Mask(p.X, p.Y))
		}
	}
	h.Mods = tools.Alt
	h.Stroke(tools.Vec{X: 0, Y: 0}, tools.Vec{X: 40, Y: 0}, tools.Vec{X: 40, Y: 40}, tools.Vec{X: 0, Y: 40})
	if h.Mask(20, 20) != 0 || h.Mask(-20, 20) != 255 {
		t.Error("a lasso with Alt does not take its inside out of the mask")
	}
	h.Mods, h.Button = 0, tools.Right
	h.Stroke(tools.Vec{X: 100, Y: 0}, tools.Vec{X: 140, Y: 0}, tools.Vec{X: 140, Y: 40}, tools.Vec{X: 100, Y: 40})
	if h.Mask(120, 20) != 0 || h.Steps() != 4 {
		t.Error("a lasso with the right button does not take its inside out of the mask")
	}
}

// TestLassoEdgesAreTheAreaCovered compares a disc and a slanted edge with the exact area.
func TestLassoEdgesAreTheAreaCovered(t *testing.T) {
	h := toolstest.New("lasso")
	h.Stroke(tools.Vec{X: 0, Y: 0}, tools.Vec{X: 300, Y: 100}, tools.Vec{X: 0, Y: 100})
	sum := 0.0
	for _, v := range h.State().MaskImage(image.Rect(0, 0, 300, 100)).Pix {
		sum += float64(v) / 255
	}
	if math.Abs(sum-15000) > 15 {
		t.Errorf("a triangle of 15000 px² covers %.1f", sum)
	}
	if v := h.Mask(150, 50); v < 100 || v > 250 { // the edge crosses it: below 50+1/6.. of 51
		t.Errorf("the pixel on the edge is %d", v)
	}
}

func TestLassoIsTheSameEverywhere(t *testing.T) {
	shape := []tools.Vec{{X: 3.2, Y: 5.1}, {X: 250.7, Y: 40.3}, {X: 90.9, Y: 199.5}, {X: 20, Y: 150}, {X: 180.4, Y: 20.6}}
	at := func(dx, dy int) *image.Alpha {
		h := toolstest.New("lasso")
		for i, p := range shape {
			x, y := math.Round(p.X*256)/256+float64(dx), math.Round(p.Y*256)/256+float64(dy)
			if i == 0 {
				h.Press(x, y)
			} else {
				h.Drag(x, y)
			}
		}
		h.Release(shape[4].X+float64(dx), shape[4].Y+float64(dy))
		return h.State().MaskImage(image.Rect(0, 0, 260, 210).Add(image.Pt(dx, dy)))
	}
	want := at(0, 0)
	for _, d := range []image.Point{{1, 1}, {-1000, 333}, {77777, -88888}} {
		got := at(d.X, d.Y)
		for i, v := range want.Pix {
			if got.Pix[i] != v {
				t.Fatalf("shifted by %v: mask pixel %d is %d, want %d", d, i, got.Pix[i], v)
			}
		}
	}
}

// TestLassoAddsToWhatIsThere also checks that a knot counts once.
func TestLassoAddsToWhatIsThere(t *testing.T) {
	h := toolstest.New("lasso")
	for range 2 { // twice round in one outline
		h.Stroke(tools.Vec{X: 0, Y: 0}, tools.Vec{X: 50, Y: 0}, tools.Vec{X: 50, Y: 50}, tools.Vec{X: 0, Y: 50}, tools.Vec{X: 0, Y: 0},
			tools.Vec{X: 50, Y: 0}, tools.Vec{X: 50, Y: 50}, tools.Vec{X: 0, Y: 50})
	}
	if h.Mask(25, 25) != 255 || h.Mask(60, 25) != 0 {
		t.Error("an outline wound twice is not filled once")
	}
	if h.Steps() != 2 {
		t.Error("filling the same area again leaves a step of history")
	}
}

func TestRectangleLiesOnWholePixels(t *testing.T) {
	h := toolstest.New("rectangle")
	h.Press(-70.4, -10.6)
	h.Drag(0, 0)
	h.Release(129.6, 89.4)
	want := image.Rect(-70, -11, 130, 89)
	if got := h.State().MaskUsed(); got != want {
		t.Fatalf("mask covers %v, want %v", got, want)
	}
	for _, v := range h.State().MaskImage(want).Pix {
		if v != 255 {
			t.Fatal("a rectangle is not full everywhere inside")
		}
	}
	h.Mods = tools.Shift | tools.Alt
	h.Stroke(tools.Vec{X: 10, Y: 10}, tools.Vec{X: 30, Y: 15})
	if h.Mask(29, 29) != 0 || h.Mask(31, 29) != 255 || h.Mask(29, 31) != 255 {
		t.Error("Shift+Alt does not take a square out")
	}
}

// TestTooLargeAnAreaIsRefused: the work of one event is bounded, and the user is told.
func TestTooLargeAnAreaIsRefused(t *testing.T) {
	for _, name := range []string{"lasso", "rectangle"} {
		h := toolstest.New(name)
		h.Press(-8e6, -8e6)
		h.Drag(8e6, -8e6)
		h.Drag(8e6, 8e6)
		told := false
		for _, s := range h.Overlay() {
			told = told || s.Kind == tools.Label && s.Text == "too large"
		}
		if !told {
			t.Errorf("%s: an area of 10^14 pixels is not called too large", name)
		}
		h.Release(-8e6, 8e6)
		if h.Steps() != 1 {
			t.Errorf("%s: an area of 10^14 pixels was laid", name)
		}
	}
}

func TestClickWithAnAreaToolDoesNothing(t *testing.T) {
	for _, name := range []string{"lasso", "rectangle"} {
		h := toolstest.New(name)
		h.Click(33.3, 44.4)
		if h.Steps() != 1 || h.State().Mask.Len() != 0 || len(h.Overlay()) != 0 {
			t.Errorf("%s: a click left something", name)
		}
	}
}

func BenchmarkLasso(b *testing.B) {
	for b.Loop() {
		h := toolstest.New("lasso")
		h.Press(2000, 1000)
		for i := range 400 {
			a := float64(i) / 400 * 2 * math.Pi
			h.Drag(1000+1000*math.Cos(a), 1000+1000*math.Sin(a))
		}
		h.Release(2000, 1000)
		if h.State().Mask.At(canvas.TileKey{X: 15, Y: 15}) == nil {
			b.Fatal("nothing was filled")
		}
	}
}
