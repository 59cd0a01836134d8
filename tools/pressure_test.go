package tools_test

import (
	"image"
	"math"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/tools"
	"pentimento/tools/toolstest"
)

// penned draws a straight stroke with a pen on an empty layer and returns its pixels.
func penned(t *testing.T, b tools.BrushSettings, sample func(part float64) (pressure, tilt float64)) *image.NRGBA {
	t.Helper()
	h := toolstest.New("brush")
	h.SetBrush(b)
	at := func(i int) tools.Pointer {
		p, l := sample(float64(i) / 50)
		return tools.Pointer{X: 40 + 6*float64(i), Y: 100, Time: float64(i) / 100, Pressure: p, Tilt: l}
	}
	h.Tool.Press(h, at(0))
	for i := 1; i <= 50; i++ {
		h.Tool.Drag(h, at(i))
	}
	h.Tool.Release(h, at(50))
	return render.Flatten(h.State(), image.Rect(0, 0, 400, 200), render.FlattenOptions{})
}

// column is how many pixels of a column are painted at all, and the alpha in its middle.
func column(img *image.NRGBA, x int) (width int, alpha uint8) {
	for y := range img.Rect.Dy() {
		if img.NRGBAAt(x, y).A > 8 {
			width++
		}
	}
	return width, img.NRGBAAt(x, 100).A
}

// TestAPenThatPressesHarderPaintsWider, denser, both or neither, as the person chose.
func TestAPenThatPressesHarderPaintsWider(t *testing.T) {
	rising := func(part float64) (float64, float64) { return part, 0 }
	for _, v := range []struct {
		pressure     tools.Pressure
		wide, strong bool
	}{{0, false, false}, {tools.PressureSize, true, false}, {tools.PressureOpacity, false, true}, {tools.PressureSize | tools.PressureOpacity, true, true}} {
		b := tools.DefaultBrush
		b.Size, b.Hardness, b.Smoothing, b.Pressure = 60, 1, 0, v.pressure
		img := penned(t, b, rising)
		w1, a1 := column(img, 115) // a quarter
		w3, a3 := column(img, 265) // three quarters
		if wide := w3 > w1+12; wide != v.wide || !v.wide && w1 != w3 {
			t.Errorf("pressure %d: %d and %d pixels wide", v.pressure, w1, w3)
		}
		if v.wide && (math.Abs(float64(w1)-60*(0.25+0.75*0.25)) > 3 || math.Abs(float64(w3)-60*(0.25+0.75*0.75)) > 3) {
			t.Errorf("pressure %d: %d and %d pixels wide, want 26 and 49", v.pressure, w1, w3)
		}
		if strong := int(a3) > int(a1)+60; strong != v.strong || !v.strong && a1 != 255 {
			t.Errorf("pressure %d: alpha %d and %d", v.pressure, a1, a3)
		}
	}
}

// TestFirmness: a firm curve wants a stronger hand, and no pressure and all of it stay what they are.
func TestFirmness(t *testing.T) {
	alpha := func(gamma, pressure float64) uint8 {
		b := tools.DefaultBrush
		b.Size, b.Hardness, b.Smoothing, b.Pressure, b.Gamma = 60, 1, 0, tools.PressureOpacity, gamma
		_, a := column(penned(t, b, func(float64) (float64, float64) { return pressure, 0 }), 200)
		return a
	}
	for gamma, want := range map[float64]float64{tools.MinGamma: 0.8409, 1: 0.5, 0: 0.5, 2: 0.25, tools.MaxGamma: 0.0625} {
		if got := alpha(gamma, 0.5); math.Abs(float64(got)-255*want) > 1.5 {
			t.Errorf("gamma %v: half the pressure gives %d, want %.0f", gamma, got, 255*want)
		}
		if got := alpha(gamma, 1); got != 255 {
			t.Errorf("gamma %v: all of it gives %d", gamma, got)
		}
	}
	var firmness tools.Option
	for _, o := range tools.Options {
		if o.ID == "firmness" {
			firmness = o
		}
	}
	for _, v := range []float64{-100, -50, 0, 25, 100} {
		var b tools.BrushSettings
		if firmness.Set(&b, v); firmness.Get(b) != v {
			t.Errorf("firmness %v comes back as %v (gamma %v)", v, firmness.Get(b), b.Gamma)
		}
	}
}

// TestAPenLaidFlatPaintsWider where that is chosen, and else as before, bit for bit.
func TestAPenLaidFlatPaintsWider(t *testing.T) {
	leaning := func(part float64) (float64, float64) { return 1, part }
	b := tools.DefaultBrush
	b.Size, b.Hardness, b.Smoothing = 20, 1, 0
	upright := penned(t, b, func(float64) (float64, float64) { return 1, 0 })
	if got := penned(t, b, leaning); string(got.Pix) != string(upright.Pix) {
		t.Error("tilt shows though it is off")
	}
	b.Tilt = true
	img := penned(t, b, leaning)
	for x, want := range map[int]float64{60: 20 * (1 + 2*20.0/300), 190: 40, 320: 20 * (1 + 2*280.0/300)} {
		if w, _ := column(img, x); math.Abs(float64(w)-want) > 3 {
			t.Errorf("at %d the stroke is %d wide, want %.0f", x, w, want)
		}
	}
	b.Size = 1000
	penned(t, b, leaning) // there is no wider brush
}

// TestThePenLeavesTheMaskWhole: a light touch masks less, but what is masked is masked.
func TestThePenLeavesTheMaskWhole(t *testing.T) {
	h := toolstest.New("mask")
	b := tools.DefaultBrush
	b.Size, b.Hardness, b.Smoothing = 40, 1, 0
	h.SetBrush(b)
	p := tools.Pointer{X: 50, Y: 50, Pressure: 0.2}
	h.Tool.Press(h, p)
	p.X = 90
	h.Tool.Drag(h, p)
	h.Tool.Release(h, p)
	tile := h.State().Mask.At(canvas.TileKey{X: 1, Y: 0})
	if tile == nil || tile.Pix[50*canvas.TileSize+70-64] != 255 {
		t.Error("the mask is not whole under a light pen")
	}
	if r := h.State().MaskUsed(); r.Dy() > 20 {
		t.Errorf("a light touch masks %v", r)
	}
}

// TestPinchedFingersKeepTheirPlaces: what lay under each finger still does.
func TestPinchedFingersKeepTheirPlaces(t *testing.T) {
	for _, v := range []tools.View{{X: -20, Y: 35, Scale: 1.5, W: 800, H: 600}, {X: 7, Y: 9, Scale: 0.4, Turn: 350, W: 800, H: 600}, {X: 7, Y: 9, Scale: 2, Turn: 30, Mirror: true, W: 800, H: 600}} {
		a, b, c, d := tools.Vec{X: 200, Y: 300}, tools.Vec{X: 420, Y: 280}, tools.Vec{X: 150, Y: 260}, tools.Vec{X: 500, Y: 380}
		turn := (math.Atan2(d.Y-c.Y, d.X-c.X) - math.Atan2(b.Y-a.Y, b.X-a.X)) * 180 / math.Pi
		now := v.Pinched(a, b, c, d, turn)
		for _, f := range [][2]tools.Vec{{a, c}, {b, d}} {
			x, y := v.ToDoc(f[0].X, f[0].Y)
			if x, y = now.ToView(x, y); math.Hypot(x-f[1].X, y-f[1].Y) > 1e-6 {
				t.Errorf("%+v: what was at %v is at %.2f, %.2f, the finger at %v", v, f[0], x, y, f[1])
			}
		}
		if now.Turn < 0 || now.Turn >= 360 || now.Mirror != v.Mirror {
			t.Errorf("%+v", now)
		}
	}
	v := tools.View{Scale: 1, W: 800, H: 600}
	if got := v.Pinched(tools.Vec{X: 5}, tools.Vec{X: 5}, tools.Vec{X: 5}, tools.Vec{X: 50}, 0); got.Scale != 1 {
		t.Errorf("fingers on one pixel: scale %v", got.Scale)
	}
	if got := v.Pinched(tools.Vec{}, tools.Vec{X: 1}, tools.Vec{}, tools.Vec{X: 5000}, 0); got.Scale != tools.MaxScale {
		t.Errorf("scale %v", got.Scale)
	}
}
