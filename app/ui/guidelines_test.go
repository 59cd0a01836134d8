package ui

import (
	"image"
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/canvas"
)

// pull drags with the left button from one place of the canvas to another.
func pull(v *canvasView, from, to fyne.Position) {
	v.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: from}, Button: desktop.MouseButtonPrimary})
	for _, p := range []fyne.Position{fyne.NewPos((from.X+to.X)/2, (from.Y+to.Y)/2), to} {
		v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: p}})
	}
	v.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: to}, Button: desktop.MouseButtonPrimary})
	v.DragEnd()
	v.settle()
}

// TestGuideLinesComeOutOfTheRulers in any view, and each is one step.
func TestGuideLinesComeOutOfTheRulers(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("view.rulers")
	w.view.settle()
	for _, turn := range []int{0, 1, 5, 6, 9, 12} { // by 15° each
		for _, mirror := range []bool{false, true} {
			w.ed.Do("view.straight")
			for range turn {
				w.ed.Do("view.turnright")
			}
			if mirror {
				w.ed.Do("view.mirror")
			}
			v, s := w.view, w.view.Size()
			mid := fyne.NewPos(s.Width/2+7, s.Height/2-11)
			for _, out := range []fyne.Position{{X: s.Width / 2, Y: 5}, {X: 5, Y: s.Height / 2}} {
				pull(v, out, mid)
				lines := w.ed.State().GuideLines
				if len(lines) != 1 {
					t.Fatalf("turned %d, mirrored %v: %v", turn, mirror, lines)
				}
				x, y := w.ed.View().ToDoc(float64(mid.X*v.scale)+0.5, float64(mid.Y*v.scale)+0.5)
				want, upright := y, (out.X == 5) != v.across()
				if upright {
					want = x
				}
				if l := lines[0]; l.Upright != upright || math.Abs(float64(l.At)-want) > 6/w.ed.View().Scale+0.5 {
					t.Errorf("turned %d, mirrored %v: %v, want %v at %.1f", turn, mirror, l, upright, want)
				}
				if w.ed.Undo(); len(w.ed.State().GuideLines) != 0 {
					t.Error("it is more than one step")
				}
			}
		}
	}
}

// TestGuideLinesAreMovedRemovedAndPlaced by pointer and by number, and stay when they are locked.
func TestGuideLinesAreMovedRemovedAndPlaced(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("view.rulers")
	w.ed.ZoomTo(1)
	w.ed.SetGuideLine(-1, &canvas.GuideLine{Upright: true, At: 40})
	w.view.settle()
	v := w.view
	at := func(x, y float64) fyne.Position {
		vx, vy := w.ed.View().ToView(x, y)
		return fyne.NewPos(float32(vx)/v.scale, float32(vy)/v.scale)
	}
	line := func() canvas.GuideLine { return append(w.ed.State().GuideLines, canvas.GuideLine{})[0] }
	w.ed.SetTool("brush")
	before := w.ed.State().Layers[0]
	pull(v, fyne.NewPos(at(40, 0).X, 6), fyne.NewPos(at(151, 0).X, 90)) // by its mark in the ruler
	if l := line(); l.At != 151 || w.ed.State().Layers[0] != before {
		t.Fatalf("dragged in the ruler: %v", w.ed.State().GuideLines)
	}
	w.ed.SetTool("move")
	pull(v, at(151, 100), at(97, 130))
	if l := line(); l.At != 97 || w.ed.State().Layers[0].Offset != before.Offset {
		t.Fatalf("dragged with the move tool: %v, layer at %v", l, w.ed.State().Layers[0].Offset)
	}
	w.ed.Do("view.linelock")
	if i, _, ok := v.guideAt(at(97, 100)); ok {
		t.Errorf("a locked line is taken: %d", i)
	}
	w.ed.Do("view.linelock")
	w.ed.SetTool("rectangle")
	pull(v, at(95, 50), at(160, 120)) // snaps
	if r := w.ed.State().MaskUsed(); r.Min.X != 97 {
		t.Errorf("the mask is %v, want it to begin at the line 97", r)
	}
	w.ed.SetTool("move")
	v.guide.last = v.guide.last.Add(-twice)
	pull(v, at(97, 100), fyne.NewPos(4, 100))
	if len(w.ed.State().GuideLines) != 0 {
		t.Errorf("dragged into the ruler it stays: %v", w.ed.State().GuideLines)
	}
	w.ed.Undo()
	if w.ed.Do("view.lines"); len(w.ed.GuideLines()) != 0 || len(w.ed.State().GuideLines) != 1 {
		t.Error("hidden lines are shown, or gone")
	}
	for text, want := range map[string]int{"240": 240, " -3 ": -3, "50 %": 110, "12,4": 12} {
		if n, ok := place(text, 10, 200); !ok || n != want {
			t.Errorf("%q: %d %v, want %d", text, n, ok, want)
		}
	}
	if _, ok := place("wide", 0, 1); ok {
		t.Error("a word is a place")
	}
}

// TestAToolsPictureTurnsWithTheView: its corner lies where the view takes it.
func TestAToolsPictureTurnsWithTheView(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetTool("gradient")
	for _, how := range []string{"view.mirror", "view.turnright", "view.turnright"} {
		w.ed.Do(how)
		w.view.settle()
		v := w.view
		fx, fy := w.ed.View().ToView(40, 40)
		tx, ty := w.ed.View().ToView(200, 170)
		from, to := fyne.NewPos(float32(fx)/v.scale, float32(fy)/v.scale), fyne.NewPos(float32(tx)/v.scale, float32(ty)/v.scale)
		v.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: from}, Button: desktop.MouseButtonPrimary})
		v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: to}})
		v.settle()
		i := slices.IndexFunc(v.overlay.objects, func(o fyne.CanvasObject) bool { _, ok := o.(*fynecanvas.Image); return ok && o.Visible() })
		if i < 0 {
			t.Fatalf("%s: no preview", how)
		}
		img := v.overlay.objects[i].(*fynecanvas.Image)
		pix := img.Image.(*image.NRGBA)
		at := func(p fyne.Position) uint8 { // of the preview, on the screen
			x := int((p.X - img.Position().X) / img.Size().Width * float32(pix.Rect.Dx()))
			y := int((p.Y - img.Position().Y) / img.Size().Height * float32(pix.Rect.Dy()))
			return pix.NRGBAAt(x, y).R
		}
		b := w.ed.Brush()
		if a, z := at(from), at(to); math.Abs(float64(a)-float64(b.Colour.R)) > 30 || math.Abs(float64(z)-float64(b.Back.R)) > 30 {
			t.Errorf("%s: %d where it begins, %d where it ends; want %d and %d", how, a, z, b.Colour.R, b.Back.R)
		}
		w.ed.CancelTool()
		v.pointer.down = false
	}
}
