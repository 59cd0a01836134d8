package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"pentimento/tools"
)

// TestTheWheelOverTheLayersScrollsTheColumn where all layers are seen, by more than a line a
// notch; a longer list takes the wheel first.
func TestTheWheelOverTheLayersScrollsTheColumn(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.win.Resize(fyne.NewSize(900, 500))
	w.ed.Unfold("numbers")
	down := &fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -notch)}
	over := func() fyne.Scrollable { // the last one under the pointer is Fyne's choice
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.layers.rows).AddXY(20, 10)
		var found fyne.Scrollable
		for _, o := range test.LaidOutObjects(w.win.Content()) {
			p, s := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
			if x, ok := o.(fyne.Scrollable); ok && at.X >= p.X && at.Y >= p.Y && at.X < p.X+s.Width && at.Y < p.Y+s.Height {
				found = x
			}
		}
		return found
	}
	x := over()
	if x == nil {
		t.Fatal("nothing takes the wheel there")
	}
	if x.Scrolled(down); w.column.scroll.Offset.Y < 2*notch {
		t.Errorf("the column went by %v", w.column.scroll.Offset.Y)
	}
	for range 20 {
		w.ed.AddLayer()
	}
	w.layers.content.Resize(w.layers.content.MinSize())
	column, list := w.column.scroll.Offset, w.layers.scroll.Offset
	if over().Scrolled(down); w.layers.scroll.Offset.Y <= list.Y || w.column.scroll.Offset != column {
		t.Errorf("the list went from %v to %v, the column from %v to %v", list, w.layers.scroll.Offset, column, w.column.scroll.Offset)
	}
}

// TestTheGripsOfTheEdgeBelongToTheToolsThatPaint: they go where another tool is taken, and
// where a drag began in them.
func TestTheGripsOfTheEdgeBelongToTheToolsThatPaint(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	grips := func() (n int) {
		for _, s := range w.ed.Shapes() {
			if s.Kind == tools.Handle {
				n++
			}
		}
		return n
	}
	w.ed.SetTool("ellipse")
	near := tools.Pointer{X: 40, Y: 3, Pressure: 1}
	if w.ed.Hover(near); grips() != 8 {
		t.Fatalf("%d grips at the edge", grips())
	}
	w.view.pointer.pending = append(w.view.pointer.pending, pointerEvent{kind: 'h', p: near}) // for the next frame
	w.view.MouseOut()
	if w.view.frame(); grips() != 0 {
		t.Errorf("the pointer has left, and there are %d grips", grips())
	}
	w.ed.Hover(near)
	if w.ed.SetTool("move"); grips() != 0 {
		t.Errorf("the move tool shows %d grips of the picture's edge", grips())
	}
	w.ed.SetTool("ellipse")
	w.ed.Hover(near)
	w.ed.Press(near)
	w.ed.Drag(tools.Pointer{X: 128, Y: 128, Pressure: 1})
	w.ed.Release(tools.Pointer{X: 128, Y: 128, Pressure: 1})
	if grips() != 0 {
		t.Errorf("after a drag to the middle there are %d grips", grips())
	}
}
