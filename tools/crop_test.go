package tools_test

import (
	"image"
	"image/color"
	"math"
	"testing"

	"pentimento/canvas/canvastest"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

func cropHost(t *testing.T, r image.Rectangle) (*toolstest.Host, tools.Cropper) {
	h := toolstest.New("crop")
	e := h.Doc.Begin("picture")
	e.Put(h.State().Active, flat(r, color.NRGBA{9, 99, 199, 255}), nil)
	e.Commit()
	c, ok := h.Tool.(tools.Cropper)
	if !ok {
		t.Fatal("the crop tool is no Cropper")
	}
	return h, c
}

func TestCropBeginsWithThePictureAndEditsNothing(t *testing.T) {
	r := image.Rect(100, 80, 700, 480)
	h, c := cropHost(t, r)
	before := h.State()
	if c.Rect(h) != r {
		t.Errorf("it begins with %v, want %v", c.Rect(h), r)
	}
	h.Stroke(tools.Vec{X: 100, Y: 80}, tools.Vec{X: 150, Y: 130}) // the upper left handle
	if want := image.Rect(150, 130, 700, 480); c.Rect(h) != want {
		t.Errorf("the handle gives %v, want %v", c.Rect(h), want)
	}
	h.Stroke(tools.Vec{X: 400, Y: 300}, tools.Vec{X: 390, Y: 290})
	if want := image.Rect(140, 120, 690, 470); c.Rect(h) != want {
		t.Errorf("moved to %v, want %v", c.Rect(h), want)
	}
	h.Stroke(tools.Vec{X: 690, Y: 295}, tools.Vec{X: 900, Y: 295}) // outward: it may grow
	if want := image.Rect(140, 120, 900, 470); c.Rect(h) != want {
		t.Errorf("grown to %v, want %v", c.Rect(h), want)
	}
	h.Press(400, 300)
	h.Drag(500, 400)
	h.Cancel()
	if want := image.Rect(140, 120, 900, 470); c.Rect(h) != want {
		t.Errorf("Esc leaves %v, want %v", c.Rect(h), want)
	}
	h.Click(20, 20)
	if want := image.Rect(140, 120, 900, 470); c.Rect(h) != want {
		t.Errorf("a click outside leaves %v, want %v", c.Rect(h), want)
	}
	h.Stroke(tools.Vec{X: 950, Y: 700}, tools.Vec{X: 930, Y: 650})
	if want := image.Rect(930, 650, 950, 700); c.Rect(h) != want {
		t.Errorf("a new one is %v, want %v", c.Rect(h), want)
	}
	if h.State() != before {
		t.Error("the picture was edited")
	}
}

// TestCropHoldsItsProportions for every choice, whatever is dragged.
func TestCropHoldsItsProportions(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 300 {
		h, c := cropHost(t, image.Rect(100, 80, 700, 480))
		b := h.Brush()
		b.Ratio = rng.IntN(len(tools.CropRatios))
		h.SetBrush(b)
		row := tools.CropRatios[b.Ratio]
		q := row.W / row.H
		if row.W < 0 {
			q = 1.5
		}
		for range 4 {
			r := c.Rect(h)
			if far := math.Abs(float64(r.Dx()) - float64(r.Dy())*q); row.W != 0 && far > math.Max(q, 1) {
				t.Fatalf("%s: %v is %d × %d", row.Name, r, r.Dx(), r.Dy())
			}
			if r.Empty() {
				t.Fatalf("%s: nothing is left", row.Name)
			}
			from := tools.Vec{X: float64(r.Min.X), Y: float64(r.Max.Y)}
			if rng.IntN(2) == 0 {
				from = tools.Vec{X: 1000 * rng.Float64(), Y: 800 * rng.Float64()}
			}
			h.Stroke(from, tools.Vec{X: 1000 * rng.Float64(), Y: 800 * rng.Float64()})
		}
	}
}

func TestCropTakesNumbers(t *testing.T) {
	h, c := cropHost(t, image.Rect(0, 0, 600, 400))
	c.SetRect(h, image.Rect(-10, -10, 40, 40))
	want := image.Rect(-10, -10, 40, 40)
	for _, bad := range []image.Rectangle{{}, image.Rect(0, 0, 1<<17, 4), image.Rect(1<<25, 0, 1<<25+5, 5)} {
		if c.SetRect(h, bad); c.Rect(h) != want {
			t.Errorf("%v was taken: %v", bad, c.Rect(h))
		}
	}
	c.SetRect(h, image.Rect(40, 40, 90, 90))
	shades := 0
	for _, s := range h.Overlay() {
		if s.Kind == tools.Shade {
			shades++
		}
	}
	if shades != 4 {
		t.Errorf("%d sides are dark, want 4", shades)
	}
}
