package tools_test

import (
	"image"
	"image/color"
	"math"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// device sends an event at a device pixel, as a window does: through the view as it is.
func device(h *toolstest.Host, event func(x, y float64), x, y float64) {
	event(h.View().ToDoc(x, y))
}

func TestPanKeepsThePictureUnderThePointer(t *testing.T) {
	for _, scale := range []float64{0.02, 1, 7.5} {
		h := toolstest.New("pan")
		h.SetView(tools.View{X: -33, Y: 12, Scale: scale, W: 1000, H: 800})
		before := h.View()
		wantX, wantY := before.ToDoc(400, 300)
		device(h, h.Press, 400, 300)
		for i := 1; i <= 20; i++ {
			device(h, h.Drag, 400+10*float64(i), 300-7*float64(i))
		}
		device(h, h.Release, 611, 157)
		x, y := h.View().ToDoc(611, 157)
		if math.Abs(x-wantX)+math.Abs(y-wantY) > 1e-6/scale {
			t.Errorf("scale %v: under the pointer is %v,%v, was %v,%v", scale, x, y, wantX, wantY)
		}
		device(h, h.Press, 400, 300)
		device(h, h.Drag, 0, 0)
		view := h.View()
		h.Cancel()
		if h.View() == view || math.Abs(h.View().X-(view.X-400/scale)) > 1e-6/scale {
			t.Errorf("scale %v: Cancel does not go back to the view before", scale)
		}
	}
}

func TestZoomClicksAndBoxes(t *testing.T) {
	h := toolstest.New("zoom")
	device(h, func(x, y float64) { h.Click(x, y) }, 250, 200)
	if v := h.View(); v.Scale != 2 {
		t.Fatalf("a click zooms to %v, want 2", v.Scale)
	}
	if x, y := h.View().ToDoc(250, 200); x != 250 || y != 200 {
		t.Errorf("the click's place went to %v,%v", x, y)
	}
	h.Mods = tools.Alt
	h.Click(100, 100)
	h.Mods, h.Button = 0, tools.Right
	h.Click(100, 100)
	if v := h.View(); v.Scale != 0.5 {
		t.Fatalf("going back twice zooms to %v, want 0.5", v.Scale)
	}
	h.Button = tools.Left
	h.Press(100, 100)
	h.Drag(120, 130)
	if o := h.Overlay(); len(o) != 1 || o[0].Kind != tools.Box {
		t.Errorf("while dragging, %v is shown, want a box", o)
	}
	h.Release(200, 150)
	v := h.View()
	if v.Scale != 10 {
		t.Errorf("a box of 100×50 in a view of 1000×800 zooms to %v, want 10", v.Scale)
	}
	if x, y := v.ToView(150, 125); math.Abs(x-500)+math.Abs(y-400) > 1e-6 {
		t.Errorf("the box's middle lies at %v,%v in the view", x, y)
	}
	for range 40 {
		h.Click(0, 0)
	}
	if h.View().Scale != tools.MaxScale {
		t.Errorf("zoom ends at %v, want %v", h.View().Scale, tools.MaxScale)
	}
}

func TestPickerTakesWhatIsSeen(t *testing.T) {
	h := toolstest.New("picker")
	e := h.Doc.Begin("layers")
	fill := func(id canvas.LayerID, c color.NRGBA) {
		img := image.NewNRGBA(image.Rect(0, 0, 10, 10))
		for i := 0; i < len(img.Pix); i += 4 {
			img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, c.A
		}
		e.Put(id, img, nil)
	}
	bottom := h.Doc.State().Active
	fill(bottom, color.NRGBA{200, 100, 50, 255})
	multiply := e.AddLayer("multiply", bottom)
	fill(multiply, color.NRGBA{128, 128, 128, 255})
	e.SetLayer(multiply, func(l *canvas.Layer) { l.Blend, l.Offset = blend.Multiply, image.Pt(5, 0) })
	hidden := e.AddLayer("hidden", multiply)
	fill(hidden, color.NRGBA{1, 2, 3, 255})
	e.SetLayer(hidden, func(l *canvas.Layer) { l.Visible = false })
	half := e.AddLayer("half", hidden)
	fill(half, color.NRGBA{0, 0, 0, 255})
	e.SetLayer(half, func(l *canvas.Layer) { l.Opacity, l.Offset = 128, image.Pt(0, 5) })
	e.Commit()
	steps := h.Steps()
	for _, c := range []struct {
		x, y float64
		want color.NRGBA
	}{
		{2.9, 2.9, color.NRGBA{200, 100, 50, 255}},
		{7, 2, color.NRGBA{100, 50, 25, 255}},
		{2, 7, color.NRGBA{100, 50, 25, 255}},
		{2, 12, color.NRGBA{0, 0, 0, 255}}, // half-transparent black over nothing is black
	} {
		h.Press(c.x, c.y)
		h.Release(c.x, c.y)
		got := h.Brush().Colour
		for _, d := range []int{int(got.R) - int(c.want.R), int(got.G) - int(c.want.G), int(got.B) - int(c.want.B), int(got.A) - int(c.want.A)} {
			if d < -1 || d > 1 {
				t.Errorf("at %v,%v the colour is %v, want %v", c.x, c.y, got, c.want)
				break
			}
		}
	}
	before := h.Brush()
	h.Click(-1, 2)
	if h.Brush() != before || h.Steps() != steps {
		t.Error("picking where nothing is changed the colour, or picking edits")
	}
}
