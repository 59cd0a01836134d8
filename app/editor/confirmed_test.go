package editor

import (
	"image"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/warp"
	"pentimento/tools"
)

// TestWhatWasConfirmedIsTransformed: what is selected, or undone, after Enter and before the result
// is there changes neither which pixels go nor how far; a selection made since stays.
func TestWhatWasConfirmedIsTransformed(t *testing.T) {
	for name, later := range map[string]func(*bench){
		"nothing is selected":  func(b *bench) { b.Do("select.none") },
		"other is selected":    func(b *bench) { b.selects("Select", canvas.CoverRect(image.Rect(100, 80, 150, 110))) },
		"selecting was undone": func(b *bench) { _, at := b.History(); b.GoTo(at - 1) }, // Ctrl+Z would undo the transform
	} {
		for _, how := range []string{"by its box", "by the move tool"} {
			b := newBench(t)
			b.put(texture(image.Rect(0, 0, 160, 120), 1))
			b.Apply(func() { b.Settings.Loose = true })
			b.SetView(tools.View{Scale: 1, W: 400, H: 300})
			b.selects("Select", canvas.CoverRect(image.Rect(20, 30, 60, 70)))
			before := b.doc.State()
			if how == "by its box" {
				b.Key("Ctrl+T")
				at, _ := b.Transform()
				at.X += 40
				b.SetTransform(at)
				b.Key("Enter")
			} else {
				b.SetTool("move")
				b.at("press", 40, 50, 0)
				b.at("release", 80, 50, 0)
			}
			later(b)
			selected := b.doc.State().Selection
			b.idle()
			want, err := warp.Selected(t.Context(), before, before.Active, warp.Move(40, 0), warp.Options{})
			if err != nil {
				t.Fatal(err)
			}
			w := *want
			w.Selection = selected
			if d := canvastest.Difference(&w, b.doc.State()); d != "" || len(b.failed) > 0 {
				t.Errorf("%s, %s: %s %v", how, name, d, b.failed)
			}
		}
	}
}

// TestALayerThatWasChangedStaysAsItIs where it was to be transformed, and that is said.
func TestALayerThatWasChangedStaysAsItIs(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 160, 120), 1))
	was := b.doc.State()
	b.put(texture(image.Rect(20, 20, 300, 200), 2))
	b.Key("Ctrl+T")
	at, _ := b.Transform()
	at.X += 40
	b.SetTransform(at)
	b.Key("Enter")
	_, step := b.History()
	b.GoTo(step - 1) // Ctrl+Z would undo the transform
	b.idle()
	if d := canvastest.Difference(was, b.doc.State()); d != "" || len(b.failed) != 1 || b.trial != nil {
		t.Errorf("%v: %s", b.failed, d)
	}
}

// TestAMoveWaitsForNoFill: what is dragged is there though the queue is held for long.
func TestAMoveWaitsForNoFill(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 160, 120), 1))
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	b.selects("Select", canvas.CoverRect(image.Rect(20, 30, 60, 70)))
	b.SetTool("move")
	block, steps := make(chan struct{}), b.steps()
	defer close(block)
	b.Jobs.Add("a fill", 0, waitFor(block))
	b.at("press", 40, 50, 0)
	b.at("release", 80, 50, 0)
	b.until("the move", func() bool { return b.steps() == steps+1 && b.trial == nil })
}

// TestAPlacedPictureIsTransformedAsAWhole, whatever is selected, and keeps its original; so it is
// said.
func TestAPlacedPictureIsTransformedAsAWhole(t *testing.T) {
	for name, selected := range map[string]image.Rectangle{"beside it": image.Rect(700, 500, 760, 560), "a part of it": image.Rect(20, 20, 90, 60)} {
		b := newBench(t)
		b.put(texture(image.Rect(0, 0, 200, 150), 1))
		b.SetView(tools.View{Scale: 1, W: 800, H: 600, X: -300, Y: -200})
		b.selects("Select", canvas.CoverRect(selected))
		b.place("new", texture(image.Rect(0, 0, 400, 300), 2), image.Pt(100, 75), true)
		l := b.layer()
		at, ok := b.Transform()
		if !ok || at.Rect != l.Used() {
			t.Fatalf("selected %s: the box is %v, want %v", name, at.Rect, l.Used())
		}
		at.X, at.Y, at.W, at.H = 50, 45, 100, 90
		b.SetTransform(at)
		b.shown()
		if b.TakesSelection() {
			t.Errorf("selected %s: the selection's edge is taken for the box", name)
		}
		b.Key("Enter")
		b.idle()
		if now := b.layer(); now.Placed == nil || now.Placed.Source != l.Placed.Source || now.Used() != image.Rect(0, 0, 100, 90) {
			t.Fatalf("selected %s: the layer is at %v, placed %v", name, now.Used(), now.Placed)
		}
		b.said = nil
		if b.Key("Ctrl+T"); !strings.Contains(strings.Join(b.said, "\n"), "as a whole") {
			t.Errorf("selected %s: it was said %q", name, b.said)
		}
	}
}

// TestTheMoveToolLeavesATextItsWords where all of it is selected, by a drag and by an arrow key.
func TestTheMoveToolLeavesATextItsWords(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.Apply(func() { b.Settings.Loose = true })
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	b.writeText(50, 100, "words")
	b.Key("Escape")
	b.Do("select.all")
	b.SetTool("move")
	was := b.layer()
	if was.Text == nil {
		t.Fatal("no text is active")
	}
	b.at("press", 60, 95, 0)
	b.at("release", 90, 115, 0)
	b.Key("Right")
	b.Key("Enter")
	b.idle()
	if now := b.layer(); now.Text == nil || now.Used() != was.Used().Add(image.Pt(31, 20)) {
		t.Errorf("the text is at %v, was at %v; its words are kept: %v", now.Used(), was.Used(), now.Text != nil)
	}
}

// TestAnAdjustmentKeepsWithinWhatWasSelected when it was confirmed.
func TestAnAdjustmentKeepsWithinWhatWasSelected(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 160, 120), 1))
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	b.selects("Select", canvas.CoverRect(image.Rect(20, 30, 60, 70)))
	before := b.doc.State()
	b.Adjust("Levels", lighter())
	b.Key("Enter")
	b.Do("select.none")
	b.idle()
	want, err := adjusting(lighter())(t.Context(), before, before.Active, image.Rectangle{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := *want
	w.Selection = canvas.Grid[canvas.MaskTile]{}
	if d := canvastest.Difference(&w, b.doc.State()); d != "" {
		t.Error(d)
	}
}
