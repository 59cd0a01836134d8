package ui

import (
	"bytes"
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/tools"
)

// TestAFrameWithoutNewsPaintsNothing: Fyne paints the whole window for whatever is refreshed, and
// a pointer that moves meanwhile waits for it.
func TestAFrameWithoutNewsPaintsNothing(t *testing.T) {
	w, _ := painted(t)
	seen, follow := 0, w.view.onView
	w.view.onView = func() { seen++; follow() }
	for i := range 5 {
		w.view.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(float32(50+i), 60)}})
		for range 2 * settleFrames {
			w.view.frame()
		}
	}
	if seen != 5 {
		t.Errorf("5 moves had the window laid out %d times", seen)
	}
}

// TestPaintIsUnderThePointerInTheNextFrame: the curve stays a sample behind, its tail is shown;
// and still frames change nothing, on the screen or in the stroke.
func TestPaintIsUnderThePointerInTheNextFrame(t *testing.T) {
	w, _ := painted(t)
	b := tools.DefaultBrush
	b.Size, b.Hardness, b.Smoothing = 20, 1, 0.5
	w.ed.SetBrush(b)
	h := hand{w}
	h.press(40, 60)
	w.view.frame()
	for _, x := range []float32{80, 140, 90} { // view pixels; the document's are 20 less
		h.drag(x, 60)
		w.view.frame()
		if got := w.ed.State().MaskUsed(); !image.Pt(int(x)-20, got.Min.Y+10).In(got) {
			t.Errorf("the stroke is %v, the pointer at %v", got, x-20)
		}
	}
	before := bytes.Clone(w.view.fb.Pix)
	for range settleFrames {
		w.view.frame()
	}
	if !bytes.Equal(before, w.view.fb.Pix) {
		t.Error("still frames have changed what is seen of a stroke")
	}
	steps, _ := w.ed.History()
	h.drag(140, 120)
	w.view.frame()
	h.drag(140, 180)
	w.view.DragEnd()
	w.view.settle()
	if after, _ := w.ed.History(); len(after) != len(steps)+1 {
		t.Errorf("%d steps, then %d", len(steps), len(after))
	}
	if r := w.ed.Committed().MaskUsed(); r.Max.Y < 168 || r.Max.X > 140 {
		t.Errorf("the mask is %v", r)
	}
}
