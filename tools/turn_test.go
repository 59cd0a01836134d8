package tools_test

import (
	"image"
	"math"
	"testing"

	"pentimento/tools"
)

// TestViewsThereAndBack: both ways of a view undo each other, the place under a pixel stays
// there in a zoom and a turn, and a fitted rectangle is in the middle and in the view.
func TestViewsThereAndBack(t *testing.T) {
	for _, turn := range []float64{0, 15, 90, 133.5, 270} {
		for _, mirror := range []bool{false, true} {
			v := tools.View{X: 3, Y: -70, Scale: 0.7, W: 800, H: 600, Turn: turn, Mirror: mirror}
			near := func(what string, v tools.View, dx, dy, x, y float64) {
				t.Helper()
				if gx, gy := v.ToView(dx, dy); math.Hypot(gx-x, gy-y) > 1e-6 {
					t.Errorf("%v, mirrored %v, %s: %v, %v is at %v, %v, want %v, %v", turn, mirror, what, dx, dy, gx, gy, x, y)
				}
			}
			dx, dy := v.ToDoc(120, 340)
			near("back", v, dx, dy, 120, 340)
			near("zoomed", v.Zoomed(3, 120, 340), dx, dy, 120, 340)
			near("turned", v.Turned(turn-500, !mirror, 120, 340), dx, dy, 120, 340)
			near("panned", v.Panned(20, -10), dx, dy, 100, 350)
			r := image.Rect(-500, 40, 900, 1400)
			f := v.Fit(r)
			near("fitted", f, 200, 720, 400, 300)
			if !r.In(f.Visible()) {
				t.Errorf("%v: %v is not within %v", turn, r, f.Visible())
			}
			if got := v.Turned(-30, mirror, 0, 0).Turn; got != 330 {
				t.Errorf("turned by -30° it is at %v", got)
			}
		}
	}
}
