package ui

import (
	"math"
	"strconv"
	"testing"

	fynecanvas "fyne.io/fyne/v2/canvas"
)

// TestRulersNameThePixelsBelowThem: each number stands at the picture's pixel that it names,
// also in a mirrored view and one turned by a right angle; one turned askew has no rulers.
func TestRulersNameThePixelsBelowThem(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("view.rulers")
	check := func(how string) {
		t.Helper()
		w.view.settle()
		seen := 0
		for _, o := range w.view.rulers.objects {
			text, ok := o.(*fynecanvas.Text)
			if !ok || !text.Visible() || text.Position().Y > 2 {
				continue
			}
			n, err := strconv.Atoi(text.Text)
			if err != nil {
				t.Fatal(err)
			}
			x, y := w.ed.View().ToDoc(float64(text.Position().X-2)*float64(w.view.scale), float64(rulerWidth*w.view.scale))
			if w.view.across() {
				x = y
			}
			if math.Abs(x-float64(n)) > 0.51 {
				t.Errorf("%s: %d stands at %.2f", how, n, x)
			}
			seen++
		}
		if seen < 4 {
			t.Errorf("%s: %d numbers", how, seen)
		}
	}
	check("upright")
	w.ed.ZoomTo(3.3)
	check("at 330 %")
	w.ed.ZoomTo(0.07)
	check("at 7 %")
	w.ed.ZoomTo(1)
	w.ed.Do("view.mirror")
	check("mirrored")
	for range 6 {
		w.ed.Do("view.turnright")
	}
	check("mirrored and turned by 90°")
	w.ed.Do("view.turnright")
	check("mirrored and turned by 105°")
	w.ed.Do("view.straight")
	w.ed.Do("view.turnright")
	check("turned by 15°")
}

// TestTheGridIsSnappedTo while it is shown, and has few enough lines at any zoom.
func TestTheGridIsSnappedTo(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	before := len(w.ed.SnapTo(0).X)
	w.ed.Do("view.grid")
	for _, scale := range []float64{0.02, 1, 64} {
		w.ed.ZoomTo(scale)
		step, within := w.ed.GridSeen()
		lines := w.ed.SnapTo(0)
		if n := len(lines.X) - before; n < within.Dx()/step-1 || n > 2+w.view.fb.Rect.Dx()/12 {
			t.Errorf("at %v there are %d lines, %d pixels apart", scale, n, step)
		}
		for _, x := range lines.X[before:] {
			if math.Mod(x, 64) != 0 {
				t.Fatalf("a line at %v", x)
			}
		}
	}
	w.view.settle()
}
