package ui

import (
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

func TestAColourSurvivesTheWheel(t *testing.T) {
	for range 2000 {
		c := color.NRGBA{uint8(rand.Uint32()), uint8(rand.Uint32()), uint8(rand.Uint32()), 255}
		if got := hsvOf(c, hsv{}).rgb(); got != c {
			t.Fatalf("%v comes back as %v", c, got)
		}
	}
	last := hsv{0.4, 0.7, 0.5}
	if got := hsvOf(color.NRGBA{0, 0, 0, 255}, last); got != (hsv{0.4, 0.7, 0}) {
		t.Errorf("black forgets hue and saturation: %v", got)
	}
	if got := hsvOf(color.NRGBA{80, 80, 80, 255}, last); got.h != 0.4 || got.s != 0 {
		t.Errorf("grey forgets the hue: %v", got)
	}
}

func TestTheWheelChoosesTheBrushsColour(t *testing.T) {
	w := open(t)
	w.colours.reveal()
	wheel := w.colours.wheel
	press := func(x, y float32) color.NRGBA {
		wheel.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
		wheel.MouseUp(nil)
		return w.ed.Brush().Colour
	}
	mid := float32(wheelSide) / 2
	half := wheel.half()
	press(mid+half, mid-half) // full saturation and value
	for _, v := range []struct {
		angle float64
		want  color.NRGBA
	}{{0, color.NRGBA{255, 0, 0, 255}}, {120, color.NRGBA{0, 255, 0, 255}}, {240, color.NRGBA{0, 0, 255, 255}}} {
		sin, cos := math.Sincos(v.angle * math.Pi / 180)
		r := float64(mid - ringWidth/2)
		got := press(mid+float32(r*cos), mid-float32(r*sin))
		if far := max(dist(got.R, v.want.R), dist(got.G, v.want.G), dist(got.B, v.want.B)); far > 2 {
			t.Errorf("at %v degrees the wheel gives %v, want %v", v.angle, got, v.want)
		}
	}
	if got := press(mid-half, mid-half); got != (color.NRGBA{255, 255, 255, 255}) {
		t.Errorf("the upper left corner gives %v", got)
	}
	if got := press(mid, mid+half); got != (color.NRGBA{A: 255}) {
		t.Errorf("the lower edge gives %v", got)
	}
	if got := press(mid+half, mid-half); dist(got.B, 255) > 2 || got.R != 0 {
		t.Errorf("after black the hue was forgotten: %v", got)
	}
	w.colours.hex.SetText("12ab9F")
	if w.colours.hex.left(); w.ed.Brush().Colour != (color.NRGBA{0x12, 0xab, 0x9f, 255}) {
		t.Errorf("the hex field gives %v", w.ed.Brush().Colour)
	}
	w.colours.hex.SetText("nonsense")
	if w.colours.hex.left(); w.colours.hex.Text != "#12ab9f" {
		t.Errorf("nonsense leaves %q in the field", w.colours.hex.Text)
	}
	if path := os.Getenv("PENTIMENTO_SHOT"); path != "" {
		f, _ := os.Create(path)
		png.Encode(f, w.win.Canvas().Capture())
		f.Close()
	}
}

func dist(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
