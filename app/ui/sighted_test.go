package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"pentimento/app/editor"
)

// TestFindsAreSwitchedOnTheCanvas: each is seen there with its number, a click turns it and its tick, those of another pass are
// kept apart, and Escape takes the card and the finds away.
func TestFindsAreSwitchedOnTheCanvas(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	before := w.ed.State()
	s := newDetailSheet(w)
	s.open()
	s.add()
	s.text.SetText("rings on all fingers")
	if len(s.passes) != 2 || s.passes[0].Prompt != "" || s.passes[1].Prompt != "rings on all fingers" || s.passes[0].Find.What == s.passes[1].Find.What {
		t.Fatalf("the passes are %+v", s.passes)
	}
	used := w.ed.Used()
	seen := editor.Seen{Passes: []editor.Detailing{{Found: []editor.Found{{Box: used.Inset(used.Dx() / 4), Class: "face"}}}, {}}, Frame: used, Size: image.Pt(4, 4), Masks: [][]*image.Alpha{{image.NewAlpha(image.Rect(1, 1, 3, 3))}, nil}}
	s.arrived(seen)
	w.view.overlay.refresh()
	if lines := visible(w.view.overlay.labels.all); lines == 0 || s.redo.Disabled() {
		t.Errorf("%d numbers are seen, Redo is off: %v", lines, s.redo.Disabled())
	}
	x, y := w.ed.View().ToView(float64(used.Min.X+used.Dx()/2), float64(used.Min.Y+used.Dy()/2))
	at := fyne.NewPos(float32(x)/w.view.scale, float32(y)/w.view.scale)
	w.view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary})
	if !s.seen.Passes[0].Found[0].Off || s.ticks[[2]int{0, 0}].Checked || !s.redo.Disabled() || w.ed.Pressed() {
		t.Error("the click did not switch it off, or a tool took it")
	}
	w.view.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.card != nil || w.view.sighted.seen != nil || w.ed.State() != before || !s.gone {
		t.Error("Escape left something")
	}
}
