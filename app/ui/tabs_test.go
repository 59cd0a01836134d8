package ui

import (
	"image"
	"math"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
)

// at is the middle of a tab in the window.
func (t *tab) middle() fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(t).AddXY(t.Size().Width/2, tabHeight/2)
}

// TestTheRowOfTabs is there for several documents only, says which is shown and which unsaved, and
// its tabs are clicked, moved, closed and taken as the goal of a layer.
func TestTheRowOfTabs(t *testing.T) {
	w := open(t)
	w.win.Show()
	r := w.tabs
	paintTestPicture(w)
	w.ed.Edit("more", func(ed *canvas.Edit) { ed.AddLayer("", 0) })
	if r.content.Visible() {
		t.Error("one document has a tab")
	}
	top := func() float32 { return fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view).Y }
	was := top()
	w.ed.New()
	w.view.settle()
	if !r.content.Visible() || len(r.row.Objects) != 2 || top() < was+tabHeight {
		t.Fatalf("visible %v, %d tabs, the canvas begins at %v, before at %v", r.content.Visible(), len(r.row.Objects), top(), was)
	}
	first, second := r.row.Objects[0].(*tab), r.row.Objects[1].(*tab)
	if !first.mark.Visible() || second.mark.Visible() || first.line.Visible() || !second.line.Visible() || first.Size().Height != tabHeight {
		t.Errorf("unsaved %v and %v, shown %v and %v, %v high", first.mark.Visible(), second.mark.Visible(), first.line.Visible(), second.line.Visible(), first.Size().Height)
	}
	picture := w.ed.Committed()
	if first.Tapped(&fyne.PointEvent{Position: fyne.NewPos(30, 10)}); w.ed.Committed() == picture || w.ed.Empty() || !first.line.Visible() {
		t.Error("a click on the first tab does not show it")
	}
	w.ed.ShowTab(1)
	w.ed.Edit("put", func(ed *canvas.Edit) {
		ed.Put(ed.State().Active, canvastest.Texture(image.Rect(0, 0, 40, 40), 1), nil)
	})
	n := len(w.ed.Committed().Layers)

	// A layer is dragged onto the other tab, and not onto its own.
	row := w.layers.row(0)
	row.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: second.middle()}})
	if r.aimed != -1 {
		t.Error("a document's own tab takes its layer")
	}
	row.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: first.middle()}})
	if r.aimed != 0 {
		t.Errorf("over the first tab the layer is aimed at %d", r.aimed)
	}
	before := w.ed.Committed()
	row.DragEnd()
	if w.ed.Tab() != 0 || len(w.ed.Committed().Layers) != 3 || r.aimed != -1 {
		t.Errorf("dropped: tab %d with %d layers", w.ed.Tab(), len(w.ed.Committed().Layers))
	}
	w.ed.ShowTab(1)
	if w.ed.Committed() != before || len(before.Layers) != n {
		t.Error("the document that the layer is from has changed")
	}

	// Moved, it is another's place.
	first.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: second.middle()}})
	first.DragEnd()
	if w.ed.Tab() != 0 || w.ed.Committed() != before || !first.line.Visible() {
		t.Error("dragging a tab did not change the order")
	}
	// With all panels hidden it is gone, too.
	w.ed.ToggleBare()
	if r.content.Visible() {
		t.Error("the row stays when all panels are hidden")
	}
	w.ed.ToggleBare()
	// An empty one is closed by its cross at once.
	w.ed.New()
	w.view.settle()
	third := r.row.Objects[1].(*tab)
	if third.Tapped(&fyne.PointEvent{Position: fyne.NewPos(third.Size().Width-5, 10)}); len(w.ed.Tabs()) != 2 {
		t.Errorf("%d documents after the cross", len(w.ed.Tabs()))
	}
	w.ed.New()
	r.row.Objects[w.ed.Tab()].(*tab).MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonTertiary})
	if len(w.ed.Tabs()) != 2 {
		t.Errorf("%d documents after a middle click", len(w.ed.Tabs()))
	}
}

// TestTheRingStaysAtThePointer when the row of tabs appears and the canvas moves under it.
func TestTheRingStaysAtThePointer(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.view.settle()
	home := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view)
	at := home.AddXY(200, 150)
	w.view.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{AbsolutePosition: at, Position: at.Subtract(home)}})
	w.view.settle()
	seen := func() fyne.Position {
		c := w.view.overlay.ring[0]
		if !c.Visible() {
			t.Fatal("there is no ring")
		}
		return fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view).Add(c.Position()).AddXY(c.Size().Width/2, c.Size().Height/2)
	}
	before := seen()
	w.ed.New()
	w.ed.Do("file.sample")
	for range 50 {
		w.view.settle()
		time.Sleep(5 * time.Millisecond)
	}
	if now := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view); now == home || !w.tabs.content.Visible() {
		t.Fatalf("the canvas has not moved: %v", now)
	}
	if after := seen(); math.Abs(float64(after.X-before.X))+math.Abs(float64(after.Y-before.Y)) > 1 {
		t.Errorf("the ring went from %v to %v", before, after)
	}
}
