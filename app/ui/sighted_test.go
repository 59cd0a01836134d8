package ui

import (
	"image"
	"strings"
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
	s.passes[0].sighted = &editor.Sighting{Found: []editor.Found{{Box: used.Inset(used.Dx() / 4), Class: "face", Score: 0.8}, {Box: used.Inset(used.Dx() / 3), Class: "face", Score: 0.4}}, Frame: used, Least: 0.3}
	s.passes[0].off = map[int]bool{}
	s.passes[0].Find.Confidence, s.passes[0].Find.Grow, s.passes[0].Blur = 0.5, 0, 0
	s.show()
	until(t, func() bool { return s.seen != nil && !s.busy })
	if all, on := s.count(); all != 1 || on != 1 || !strings.Contains(s.note.Text, "2: Hands") {
		t.Errorf("%d finds are sure enough, want 1; it says %q", all, s.note.Text)
	}
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

// TestFindsAreSeenBeforeTheyAreMasked: a search that fails says so and leaves nothing to press, Escape leaves no trace, and Enter
// masks what is on, in one step.
func TestFindsAreSeenBeforeTheyAreMasked(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	before := w.ed.State()
	s := newFindCard(w, editor.FinderOf("face"), false)
	if s.note.Text != "looking…" || !s.mask.Disabled() {
		t.Errorf("at first it says %q", s.note.Text)
	}
	until(t, func() bool { return s.looking == 0 }) // no network is here
	if s.note.Text == "looking…" || !s.mask.Disabled() || !s.choose.Disabled() {
		t.Errorf("a search that failed leaves %q", s.note.Text)
	}
	used := w.ed.Used()
	sight := func(s *findCard) {
		s.passes[0].sighted = &editor.Sighting{Found: []editor.Found{{Box: used.Inset(used.Dx() / 4), Class: "face", Score: 0.8}, {Box: used.Inset(used.Dx() / 3), Class: "face", Score: 0.4}}, Frame: used, Least: 0.3}
		s.passes[0].off = map[int]bool{}
		s.show()
		until(t, func() bool { return s.seen != nil && !s.busy })
	}
	sight(s)
	if _, on := s.count(); on != 2 || s.mask.Disabled() {
		t.Errorf("%d finds are on, and the note says %q", on, s.note.Text)
	}
	w.view.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.card != nil || w.view.sighted.seen != nil || w.view.onEnter != nil || w.ed.State() != before {
		t.Error("Escape left something")
	}
	s = newFindCard(w, editor.FinderOf("face"), false)
	until(t, func() bool { return s.looking == 0 })
	sight(s)
	s.turn(0, 0, false)
	s.passes[0].Find.Grow, s.passes[0].Blur = 0, 0
	w.view.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	until(t, func() bool { return w.ed.State() != before && w.ed.Jobs.Active(0) == 0 })
	mask := w.ed.State().MaskImage(used)
	for _, at := range []image.Point{{used.Dx() / 2, used.Dy() / 2}, {used.Dx()/4 + 3, used.Dy()/4 + 3}} {
		at = at.Add(used.Min)
		if want := at.In(used.Inset(used.Dx() / 3)); want != (mask.AlphaAt(at.X, at.Y).A > 0) {
			t.Errorf("at %v masked is %v", at, !want)
		}
	}
	if w.card != nil {
		t.Error("the card is still open")
	}
	w.ed.Do("edit.undo")
	if w.ed.State().Mask.Len() > 0 {
		t.Error("one undo did not take the mask away")
	}
	s = newFindCard(w, editor.FinderOf("face"), false)
	until(t, func() bool { return s.looking == 0 })
	w.ed.Do("edit.undo")
	if w.card != nil || !w.ed.Empty() {
		t.Error("the card of a picture that is gone is open")
	}
}
