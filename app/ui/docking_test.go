package ui

import (
	"fmt"
	"image"
	"testing"

	"fyne.io/fyne/v2"

	"pentimento/canvas"
)

// TestTheBarNeverCoversWhatIsMasked, unless that fills the view, and is never cut: in small
// windows, with masks at every edge and corner, tall and wide ones, in turned views.
func TestTheBarNeverCoversWhatIsMasked(t *testing.T) {
	for _, size := range []fyne.Size{{Width: 900, Height: 600}, {Width: 1366, Height: 768}} {
		w := open(t)
		w.win.Resize(size)
		paintTestPicture(w)
		w.ed.Settings.Fill.Model = "a model" // with the prompt it is longest
		for _, turn := range []int{0, 2, 6} {
			w.ed.Do("view.straight")
			for range turn {
				w.ed.Do("view.turnright")
			}
			for _, scale := range []float64{1, 2.4} {
				w.ed.ZoomTo(scale)
				w.ed.FitContent()
				v := w.ed.View()
				w.ed.ZoomTo(v.Scale * scale)
				seen := w.ed.View().Visible().Inset(2)
				for _, m := range []image.Point{{24, 24}, {24, seen.Dy()}, {seen.Dx(), 24}, {seen.Dx() / 3, seen.Dy() / 3}, {60, seen.Dy() * 3 / 4}} {
					for _, ax := range []int{0, 1, 2} {
						for _, ay := range []int{0, 1, 2} {
							at := seen.Min.Add(image.Pt((seen.Dx()-m.X)*ax/2, (seen.Dy()-m.Y)*ay/2))
							checkBar(t, w, image.Rectangle{Min: at, Max: at.Add(m)}, fmt.Sprintf("%v turned %d at %v %%, mask %v at %d %d", size, turn*15, int(100*w.ed.View().Scale), m, ax, ay))
						}
					}
				}
			}
		}
	}
}

func checkBar(t *testing.T, w *window, mask image.Rectangle, where string) {
	t.Helper()
	e := w.ed.Begin("mask")
	e.ClearMask()
	e.SetCover(canvas.CoverRect(mask))
	w.ed.Changed(e.Commit(), 0)
	w.bar.dock()
	room, q := w.view.Size(), w.bar.quad(w.bar.place)
	if !w.bar.box.Visible() || !w.bar.texts.Visible() {
		t.Fatal(where, "no bar, or no prompt in it")
	}
	a, s := w.bar.box.Position(), w.bar.box.Size()
	b := a.AddXY(s.Width, s.Height)
	if a.X < 0 || a.Y < 0 || b.X > room.Width || b.Y > room.Height {
		t.Errorf("%s: the bar from %v to %v is cut by the view %v", where, a, b, room)
	}
	lo, hi := q.box()
	wide, high := min(hi.X, room.Width)-max(lo.X, 0), min(hi.Y, room.Height)-max(lo.Y, 0)
	fills := wide > room.Width*0.55 && high > room.Height*0.7
	if !fills && q.meets(a, s) {
		t.Errorf("%s: the bar from %v to %v covers %v of %v", where, a, b, q, room)
	}
}

// TestOverlapOfATurnedPlace: seen pixel by pixel.
func TestOverlapOfATurnedPlace(t *testing.T) {
	q := quad{{X: 50, Y: 0}, {X: 100, Y: 50}, {X: 50, Y: 100}, {X: 0, Y: 50}} // a square on its corner
	for _, c := range []struct {
		at   fyne.Position
		want bool
	}{{fyne.NewPos(0, 0), false}, {fyne.NewPos(40, 40), true}, {fyne.NewPos(85, 85), false}, {fyne.NewPos(30, -5), true}, {fyne.NewPos(-20, 45), false}, {fyne.NewPos(-15, 45), true}} {
		if got := q.meets(c.at, fyne.NewSize(20, 20)); got != c.want {
			t.Errorf("a box of 20 at %v: %v, want %v", c.at, got, c.want)
		}
	}
}
