package ui

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"fyne.io/fyne/v2"
)

// TestASplitLineShowsOldAndNew: in any view the picture as it was is at the line's left, what is
// compared at its right, wherever it is dragged; it ends with what was compared.
func TestASplitLineShowsOldAndNew(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	place := image.Rect(10, 20, 118, 110) // in a field of one colour
	img := image.NewNRGBA(place)
	draw.Draw(img, place, image.NewUniform(color.NRGBA{200, 20, 20, 255}), image.Point{}, draw.Src)
	if w.ed.Do("candidate.split") {
		t.Error("there is a line and nothing to compare")
	}
	w.ed.Fills.LookAt(img)
	if !w.ed.Do("candidate.split") || !w.ed.Fills.Splitting() {
		t.Fatal("no line")
	}
	v := w.view
	for i, how := range []string{"", "view.mirror", "view.turnright", "view.turnright", "view.turnright", "view.turnright", "view.turnright", "view.turnright"} {
		if w.ed.Do(how); how == "" {
			w.ed.FitContent()
		}
		v.settle()
		for _, share := range []float64{0.5, 0.4, 0.6} {
			p, q := v.splitEnds()
			grip := fyne.NewPos((p.X+q.X)/2, (p.Y+q.Y)/2)
			a, b := v.overlay.span(float64(place.Min.X), float64(place.Min.Y), float64(place.Max.X), float64(place.Max.Y))
			pull(v, grip, fyne.NewPos(a.X+(b.X-a.X)*float32(share), grip.Y))
			p, q = v.splitEnds()
			grip = fyne.NewPos((p.X+q.X)/2, (p.Y+q.Y)/2)
			for side, isNew := range map[float32]bool{-6: false, 6: true} {
				c := v.fb.RGBAAt(int((grip.X+side)*v.scale), int(grip.Y*v.scale))
				if got := c.R > 150 && c.G < 60; got != isNew {
					t.Errorf("view %d at %v: %v beside the line at %v, new %v", i, share, c, side, isNew)
				}
			}
		}
	}
	before := w.ed.State()
	if w.ed.Fills.LookAt(nil); w.ed.Fills.Splitting() || v.split.on {
		t.Error("the line is still there")
	}
	if before != w.ed.State() || before.Mask.Len() > 0 {
		t.Error("dragging the line has changed the picture")
	}
}
