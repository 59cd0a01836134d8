package tools_test

import (
	"image"
	"image/color"
	"math"
	"testing"

	"pentimento/canvas"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

func gradientHost(b tools.BrushSettings, base color.NRGBA, r image.Rectangle) *toolstest.Host {
	h := toolstest.New("gradient")
	e := h.Doc.Begin("picture")
	e.Put(h.State().Active, flat(r, base), nil)
	e.SetFrame(r)
	e.Commit()
	h.SetBrush(b)
	return h
}

// TestAGradientIsRightOnTheMean: over squares of 8 pixels, which even the dither out, it is the
// run of colours to a quarter of a level, and every pixel to less than one.
func TestAGradientIsRightOnTheMean(t *testing.T) {
	for _, radial := range []bool{false, true} {
		b := tools.DefaultBrush
		b.Colour, b.Back, b.Radial = color.NRGBA{20, 40, 60, 255}, color.NRGBA{60, 44, 60, 255}, radial
		h := gradientHost(b, color.NRGBA{9, 9, 9, 255}, image.Rect(0, 0, 512, 96))
		h.Stroke(tools.Vec{X: 100, Y: 48}, tools.Vec{X: 400, Y: 48})
		pix := make([]uint8, 4*512*96)
		h.State().Layers[0].Read(pix, 4*512, image.Rect(0, 0, 512, 96))
		for y := 0; y < 96; y += 8 {
			for x := 0; x < 512; x += 8 {
				var mean, want [4]float64
				for i := range 64 {
					px, py := x+i%8, y+i/8
					f := (float64(px) + 0.5 - 100) / 300
					if radial {
						f = math.Hypot(float64(px)+0.5-100, float64(py)+0.5-48) / 300
					}
					f = min(max(f, 0), 1)
					for c, v := range [4][2]float64{{20, 60}, {40, 44}, {60, 60}, {255, 255}} {
						w, got := v[0]*(1-f)+v[1]*f, float64(pix[4*(py*512+px)+c])
						if math.Abs(w-got) >= 1.02 {
							t.Fatalf("radial %v: pixel %d,%d channel %d is %v, want %v", radial, px, py, c, got, w)
						}
						mean[c] += got / 64
						want[c] += w / 64
					}
				}
				for c := range mean {
					if math.Abs(mean[c]-want[c]) > 0.25 {
						t.Fatalf("radial %v: the square at %d,%d has %v, want %v", radial, x, y, mean, want)
					}
				}
			}
		}
	}
}

// TestAGradientHasNoBands: along a run of 4 levels over 400 pixels no row holds one level for
// the quarter of the way.
func TestAGradientHasNoBands(t *testing.T) {
	b := tools.DefaultBrush
	b.Colour, b.Back = color.NRGBA{100, 100, 100, 255}, color.NRGBA{104, 104, 104, 255}
	h := gradientHost(b, color.NRGBA{}, image.Rect(0, 0, 400, 64))
	h.Stroke(tools.Vec{X: 0, Y: 32}, tools.Vec{X: 400, Y: 32})
	pix := make([]uint8, 4*400)
	h.State().Layers[0].Read(pix, 4*400, image.Rect(0, 20, 400, 21))
	run, longest := 1, 1
	for x := 1; x < 400; x++ {
		if run++; pix[4*x] != pix[4*x-4] {
			run = 1
		}
		longest = max(longest, run)
	}
	if longest > 50 {
		t.Errorf("%d pixels of one level in a row: a band", longest)
	}
}

func TestAGradientThatFadesKeepsWhatIsUnderIt(t *testing.T) {
	b := tools.DefaultBrush
	b.Colour, b.Fades = color.NRGBA{250, 0, 0, 255}, true
	base := color.NRGBA{17, 34, 51, 255}
	h := gradientHost(b, base, image.Rect(0, 0, 300, 100))
	h.Stroke(tools.Vec{X: 50, Y: 50}, tools.Vec{X: 200, Y: 50})
	if got := h.Pixel(20, 20); got != [4]uint8{250, 0, 0, 255} {
		t.Errorf("before its beginning: %v", got)
	}
	for x := 201; x < 300; x++ {
		if got := h.Pixel(x, 40); got != [4]uint8{17, 34, 51, 255} {
			t.Fatalf("behind its end pixel %d is %v", x, got)
		}
	}
	before := h.State()
	if h.Click(40, 40); h.State() != before {
		t.Error("a click is a gradient")
	}
}

func TestAGradientIsLimitedToTheSelection(t *testing.T) {
	b := tools.DefaultBrush
	b.Colour, b.Back = color.NRGBA{250, 0, 0, 255}, color.NRGBA{0, 0, 250, 255}
	h := gradientHost(b, color.NRGBA{17, 34, 51, 255}, image.Rect(0, 0, 300, 200))
	e := h.Doc.Begin("select")
	sel := image.NewAlpha(image.Rect(70, 30, 200, 150))
	for i := range sel.Pix {
		sel.Pix[i] = 255
	}
	e.SetSelection(canvas.Cover(sel))
	e.Commit()
	before := h.State()
	h.Press(0, 0)
	h.Drag(300, 200)
	if got := len(h.Overlay()); got != 4 || h.State() != before {
		t.Errorf("while it is dragged %d shapes stand there, the picture edited: %v", got, h.State() != before)
	}
	h.Release(300, 200)
	for y := range 200 {
		for x := range 300 {
			if in := image.Pt(x, y).In(sel.Rect); (h.Pixel(x, y) == [4]uint8{17, 34, 51, 255}) == in {
				t.Fatalf("pixel %d,%d, selected: %v, is %v", x, y, in, h.Pixel(x, y))
			}
		}
	}
	if h.Undo(); !canvas.Same(h.State(), before) {
		t.Error("it is not one step")
	}
}

func BenchmarkGradient24MP(b *testing.B) {
	h := gradientHost(tools.DefaultBrush, color.NRGBA{200, 100, 50, 255}, image.Rect(0, 0, 6000, 4000))
	for b.Loop() {
		h.Stroke(tools.Vec{X: 100, Y: 100}, tools.Vec{X: 5000, Y: 3000})
		h.Undo()
	}
}
