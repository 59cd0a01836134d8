package ui

import (
	"image"
	"image/color"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/tools"
)

// TestTheMaskIsSeenOnItsOwnColour: a red picture is not masked in red, and a tint that shows
// is kept.
func TestTheMaskIsSeenOnItsOwnColour(t *testing.T) {
	w := open(t)
	fill := func(c color.NRGBA) {
		img := image.NewNRGBA(image.Rect(0, 0, 128, 128))
		for i := 0; i < len(img.Pix); i += 4 {
			copy(img.Pix[i:], []uint8{c.R, c.G, c.B, c.A})
		}
		w.ed.Edit("a field", func(ed *canvas.Edit) { ed.Put(ed.State().Active, img, nil) })
		m := image.NewAlpha(image.Rect(20, 20, 60, 60))
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		w.ed.Edit("a mask", func(ed *canvas.Edit) { ed.ClearMask(); ed.SetMask(m) })
	}
	for _, c := range []color.NRGBA{{200, 40, 40, 255}, {20, 180, 200, 255}, {240, 220, 40, 255}, {128, 128, 128, 255}} {
		fill(c)
		if d := apart(w.view.tint, c); d < seen*seen {
			t.Errorf("on %v the mask is %v", c, w.view.tint)
		}
	}
	fill(color.NRGBA{90, 140, 60, 255})
	before := w.view.tint
	fill(color.NRGBA{100, 150, 70, 255})
	if w.view.tint != before {
		t.Errorf("the tint went from %v to %v though it showed", before, w.view.tint)
	}
}

// TestAntsStandOnTheEdgeAndLeaveNoTrace: at rest the mask's edge has dashes and nothing else
// does; when the view moves or the mask goes, every pixel is as without them.
func TestAntsStandOnTheEdgeAndLeaveNoTrace(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetTool("mask")
	m := image.NewAlpha(image.Rect(30, 40, 90, 100))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	w.ed.Edit("a mask", func(ed *canvas.Edit) { ed.SetMask(m) })
	w.view.settle()
	if n := len(w.view.ants.at); n != 4*60-4 {
		t.Fatalf("%d pixels of ants, want the 236 of the edge", n)
	}
	for _, at := range w.view.ants.at {
		if c := w.view.fb.Pix[at]; c != 0 && c != 255 {
			t.Fatalf("an ant is %d", c)
		}
	}
	v := w.ed.View()
	w.ed.SetView(tools.View{X: v.X + 7, Y: v.Y - 5, Scale: v.Scale, W: v.W, H: v.H})
	w.view.settle()
	w.ed.ClearMask()
	w.view.settle()
	got := append([]uint8(nil), w.view.fb.Pix...)
	w.view.whole = true
	w.view.settle()
	if string(got) != string(w.view.fb.Pix) {
		t.Error("the ants left something behind")
	}
}

// TestAWindowLeftAloneDrawsNothing: the ants stop.
func TestAWindowLeftAloneDrawsNothing(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	m := image.NewAlpha(image.Rect(30, 40, 90, 100))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	w.ed.Edit("a mask", func(ed *canvas.Edit) { ed.SetMask(m) })
	w.view.settle()
	w.view.ants.until = time.Now()
	time.Sleep(2 * antStep)
	for len(posted) > 0 {
		(<-posted)()
	}
	phase := w.view.ants.phase
	time.Sleep(2 * antStep)
	if len(posted) > 0 || w.view.ants.phase != phase || w.view.ants.walks {
		t.Error("the ants walk on")
	}
}
