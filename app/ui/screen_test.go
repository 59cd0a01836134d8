package ui

import (
	"image"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
)

// TestTabLeavesThePictureAlone: panels and bars go together and come back, and the picture
// that was shown whole is shown whole in the room that it then has.
func TestTabLeavesThePictureAlone(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.Do("mask.all")
	w.ed.FitContent()
	w.view.settle()
	before, narrow := w.view.Size(), w.ed.View()
	if !w.bar.box.Visible() {
		t.Fatal("there is no bar at the mask")
	}
	tab := &fyne.KeyEvent{Name: fyne.KeyTab}
	if !w.view.AcceptsTab() {
		t.Fatal("Tab leaves the canvas")
	}
	w.view.TypedKey(tab)
	w.view.settle()
	for i, r := range w.regions {
		if r.Visible() {
			t.Errorf("part %d is still there", i)
		}
	}
	if w.status.content.Visible() {
		t.Error("the status bar is still there")
	}
	if got := w.view.Size(); got.Width < before.Width+columnWidth || got.Height < before.Height+50 {
		t.Errorf("the canvas is %v, was %v", got, before)
	}
	wide := w.ed.View()
	r := w.ed.Used()
	if mid := image.Pt(int(wide.X+float64(wide.W)/2), int(wide.Y+float64(wide.H)/2)); !mid.In(image.Rectangle{Min: r.Min.Add(r.Size().Div(2)).Sub(image.Pt(3, 3)), Max: r.Min.Add(r.Size().Div(2)).Add(image.Pt(3, 3))}) {
		t.Errorf("the view's middle is %v, the picture is %v", mid, r)
	}
	w.view.TypedKey(tab)
	w.view.settle()
	if !w.bar.box.Visible() || !w.status.content.Visible() || w.ed.View() != narrow {
		t.Errorf("not all is back: view %+v, was %+v", w.ed.View(), narrow)
	}
}

// TestAViewThatWasMovedStaysWhereItIs when the window changes.
func TestAViewThatWasMovedStaysWhereItIs(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	was := w.ed.View()
	w.win.Resize(fyne.NewSize(1100, 650))
	if now := w.ed.View(); now.X != was.X || now.Y != was.Y || now.Scale != was.Scale || now.W == was.W {
		t.Errorf("%+v, was %+v", now, was)
	}
}

// TestTheKeysGoRoundTheWindow: Ctrl+F6 visits every part that is there and ends on the canvas.
func TestTheKeysGoRoundTheWindow(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.focusCanvas()
	var visited []fyne.Focusable
	for range 12 {
		w.ed.Do("view.region")
		f := w.win.Canvas().Focused()
		if f == fyne.Focusable(w.view) {
			break
		}
		if f == nil || slices.Contains(visited, f) {
			t.Fatalf("after %d parts the keys are at %T", len(visited), f)
		}
		visited = append(visited, f)
	}
	if len(visited) != 4 || visited[0] != fyne.Focusable(w.prompt) && !eachFocusable(w.regions[2], func(f fyne.Focusable) bool { return f == visited[0] }) {
		t.Errorf("%d parts were visited", len(visited))
	}
	if w.win.Canvas().Focused() != fyne.Focusable(w.view) {
		t.Error("the walk doesn't end on the canvas")
	}
}
