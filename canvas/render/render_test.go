package render

import (
	"image"
	"math"
	"testing"
)

func TestRenderAtFullSizeIsFlatten(t *testing.T) {
	d := bigDocument(512)
	r := New(Options{Budget: math.MaxInt})
	r.SetState(d.State(), image.Rectangle{})
	fb := image.NewRGBA(image.Rect(0, 0, 300, 200))
	if !r.Render(fb, fb.Rect, View{X: 30, Y: 40, Scale: 1}, Smooth) {
		t.Fatal("not complete in spite of an unbounded budget")
	}
	want := Flatten(d.State(), image.Rect(30, 40, 330, 240), FlattenOptions{Mask: DefaultLook.Mask})
	for y := range 200 {
		for x := range 300 {
			a, b := fb.RGBAAt(x, y), want.NRGBAAt(x+30, y+40)
			if b.A != 255 || a.R != b.R || a.G != b.G || a.B != b.B {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, a, b)
			}
		}
	}
}
