package ui

import (
	"bytes"
	"image"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/tools"
)

// TestAStrokeLandsUnderThePointerInATurnedView: what is drawn on the screen is where the
// pointer went, the mask is where the view says, and ants, ring and bars don't fall over.
func TestAStrokeLandsUnderThePointerInATurnedView(t *testing.T) {
	for _, c := range []struct {
		turn   float64
		mirror bool
	}{{0, true}, {90, false}, {30, false}, {210, true}} {
		w := open(t)
		paintTestPicture(w)
		w.ed.FitContent()
		if c.mirror {
			w.ed.Do("view.mirror")
		}
		for w.ed.View().Turn != c.turn {
			w.ed.Do("view.turnright")
		}
		w.ed.SetTool("mask")
		w.ed.SetBrush(tools.BrushSettings{Size: 12, Hardness: 1, Opacity: 1})
		w.view.settle()
		before := append([]byte(nil), w.view.fb.Pix...)
		size := w.view.Size()
		at := fyne.NewPos(size.Width/2-40, size.Height/2-30)
		w.view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary})
		w.view.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(50, 0)}})
		w.view.DragEnd()
		w.view.frame()
		var changed image.Rectangle
		for y := range w.view.fb.Rect.Dy() {
			for x := range w.view.fb.Rect.Dx() {
				if i := w.view.fb.PixOffset(x, y); [4]byte(before[i:]) != [4]byte(w.view.fb.Pix[i:]) {
					changed = changed.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		want := image.Rect(int(at.X)-6, int(at.Y)-6, int(at.X)+56, int(at.Y)+6)
		if !changed.In(want.Inset(-3)) || !want.Inset(3).In(changed) {
			t.Errorf("turned by %v, mirrored %v: the screen changed in %v, want about %v", c.turn, c.mirror, changed, want)
		}
		x, y := w.ed.View().ToDoc(float64(at.X)+25, float64(at.Y))
		mid := image.Pt(int(math.Floor(x)), int(math.Floor(y)))
		if got := w.ed.Committed().MaskUsed(); !mid.In(got) || got.Dx() > 64 || got.Dy() > 64 {
			t.Errorf("turned by %v, mirrored %v: the mask is %v, want it about %v", c.turn, c.mirror, got, mid)
		}
		w.view.settle()
		if len(w.view.ants.at) < 60 {
			t.Errorf("turned by %v: %d ants", c.turn, len(w.view.ants.at))
		}
		for _, i := range w.view.ants.at {
			if p := image.Pt(int(i)%w.view.fb.Stride/4, int(i)/w.view.fb.Stride); !p.In(want.Inset(-3)) {
				t.Fatalf("turned by %v: an ant at %v, beyond %v", c.turn, p, want)
			}
		}
		w.ed.Do("view.straight")
		if !w.ed.View().Upright() {
			t.Error("the view is not straight")
		}
	}
}

// TestTheTurnToolGoesWithThePointer round the view's middle.
func TestTheTurnToolGoesWithThePointer(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.SetTool("turn")
	mid := fyne.NewPos(w.view.Size().Width/2, w.view.Size().Height/2)
	x, y := w.ed.View().ToDoc(float64(mid.X), float64(mid.Y))
	w.view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: mid.AddXY(100, 0)}, Button: desktop.MouseButtonPrimary})
	for i := 1; i <= 8; i++ { // several in one frame
		s, c := math.Sincos(float64(i) * math.Pi / 16)
		w.view.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: mid.AddXY(float32(100*c), float32(100*s))}})
	}
	w.view.DragEnd()
	w.view.frame()
	v := w.ed.View()
	if math.Abs(v.Turn-90) > 1 {
		t.Errorf("a quarter round the middle turned the view by %v°", v.Turn)
	}
	if px, py := v.ToView(x, y); math.Hypot(px-float64(mid.X), py-float64(mid.Y)) > 1 {
		t.Errorf("the middle went to %v, %v", px, py)
	}
}

// TestCursorsPointAlongWhatTheySize, also in a turned view.
func TestCursorsPointAlongWhatTheySize(t *testing.T) {
	for _, c := range []struct {
		is   tools.Cursor
		turn float64
		mirr bool
		want tools.Cursor
	}{{tools.ResizeEW, 0, false, tools.ResizeEW}, {tools.ResizeEW, 90, false, tools.ResizeNS}, {tools.ResizeNS, 270, true, tools.ResizeEW}, {tools.ResizeNWSE, 0, true, tools.ResizeNESW}, {tools.ResizeNS, 45, false, tools.ResizeNESW}, {tools.Hand, 90, false, tools.Hand}} {
		if got := asSeen(c.is, tools.View{Turn: c.turn, Mirror: c.mirr}); got != c.want {
			t.Errorf("%s turned by %v, mirrored %v, is %s, want %s", c.is, c.turn, c.mirr, got, c.want)
		}
	}
}

// TestCropDarkensWhatGoesInATurnedView: outside the rectangle, wherever it is dragged, and nothing
// once the tool is left.
func TestCropDarkensWhatGoesInATurnedView(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.FitContent()
	w.ed.Do("view.mirror")
	w.ed.Do("view.turnright")
	w.view.settle()
	plain := bytes.Clone(w.view.fb.Pix)
	w.ed.SetTool("crop")
	for _, r := range []image.Rectangle{image.Rect(20, 30, 120, 90), image.Rect(70, 60, 200, 230)} {
		tool, _ := w.ed.Tool()
		tool.(tools.Cropper).SetRect(w.ed, r)
		w.view.settle()
		for y := range w.view.fb.Rect.Dy() {
			for x := range w.view.fb.Rect.Dx() {
				i := w.view.fb.PixOffset(x, y)
				dx, dy := w.ed.View().ToDoc(float64(x)+0.5, float64(y)+0.5)
				want := plain[i+1]
				if !inBox(r, dx, dy) {
					want = uint8((int(want)*(255-int(inkDark.A)) + 127) / 255)
				}
				if got := w.view.fb.Pix[i+1]; got != want {
					t.Fatalf("crop %v: at %d,%d of the screen is %d, want %d", r, x, y, got, want)
				}
			}
		}
	}
	w.ed.SetTool("pan")
	w.view.settle()
	if !bytes.Equal(w.view.fb.Pix, plain) {
		t.Error("the shade stays when the tool is left")
	}
}
