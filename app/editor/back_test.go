package editor

import (
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/adjust"
	"pentimento/canvas/lettering"
	"pentimento/tools"
)

// TestTransformGoesBackToTheToolBefore: the command's, with Enter and Escape, changed or not; one
// that was chosen as a tool stays.
func TestTransformGoesBackToTheToolBefore(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 120, 90), 1))
	b.SetTool("eraser")
	for _, key := range []string{"Enter", "Escape"} {
		for _, change := range []bool{false, true} {
			steps := len(history(b))
			b.Key("Ctrl+T")
			if b.ToolName() != "transform" {
				t.Fatalf("Ctrl+T took %q", b.ToolName())
			}
			if at, ok := b.Transform(); ok && change {
				b.Hold("pan") // and the hand goes between
				b.Unhold()
				at.X += 12
				b.SetTransform(at)
			}
			if b.Key(key); b.ToolName() != "eraser" {
				t.Errorf("%s, changed %v: %q is in hand", key, change, b.ToolName())
			}
			b.idle()
			if made := len(history(b)) - steps; made != map[bool]int{true: 1}[change && key == "Enter"] {
				t.Errorf("%s, changed %v: %d steps", key, change, made)
			}
		}
	}
	b.SetTool("transform")
	if b.Key("Enter"); b.ToolName() != "transform" {
		t.Errorf("chosen as a tool it gave way to %q", b.ToolName())
	}
}

// TestTheWordToWaitGoesWithWhatIsWaitedFor.
func TestTheWordToWaitGoesWithWhatIsWaitedFor(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 120, 90), 1))
	for _, end := range []string{"Escape", "Enter"} {
		l := adjust.NewLevels()
		l.All = adjust.Range{Black: 0.1, White: 0.9, Gamma: 1.5, High: 1}
		b.Adjust("Levels", l.Change())
		b.clicks("brush", 10, 10)
		if n := len(b.said); n == 0 || !strings.Contains(b.said[n-1], "First apply the change (Enter)") {
			t.Fatalf("a tool was not told to wait: %q", b.said)
		}
		b.Key(end)
		b.idle()
		if last := b.said[len(b.said)-1]; last != "" {
			t.Errorf("after %s it still says %q", end, last)
		}
	}
}

// TestTheStampKeepsItsSource through other tools.
func TestTheStampKeepsItsSource(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 120, 90), 1))
	b.SetTool("stamp")
	b.Press(tools.Pointer{X: 20, Y: 20, Mods: tools.Control, Pressure: 1})
	b.Release(tools.Pointer{X: 20, Y: 20, Mods: tools.Control, Pressure: 1})
	b.SetTool("eraser")
	b.SetTool("brush")
	b.SetTool("stamp")
	before := b.Committed()
	b.Press(tools.Pointer{X: 80, Y: 60, Pressure: 1})
	b.Release(tools.Pointer{X: 80, Y: 60, Pressure: 1})
	if b.Committed() == before {
		t.Errorf("it paints nothing: %q", b.said)
	}
	b.Reset(canvas.New(), "")
	b.SetTool("brush")
	b.SetTool("stamp")
	if s := b.tool.(tools.Sourcer); s.HasSource() {
		t.Error("a new document has a source")
	}
}

// TestALongTextIsDrawnBesideTheWindow: a key is answered at once, and the last letter is kept.
func TestALongTextIsDrawnBesideTheWindow(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 60, 40), 1))
	b.writeText(5, 20, "a")
	words := strings.Repeat("The quick brown fox jumps over the lazy dog\n", 230)
	b.Rewrite(func(t *lettering.Text) { t.Size, t.Words = 12, words })
	b.until("the text", func() bool { return slices.Contains(textsOf(b.State()), words) })
	begun := time.Now()
	b.Rewrite(func(t *lettering.Text) { t.Words += "!" })
	if took := time.Since(begun); slices.Contains(textsOf(b.State()), words+"!") || took > 100*time.Millisecond {
		t.Errorf("it was drawn at once, in %v", took)
	}
	b.Rewrite(func(t *lettering.Text) { t.Words += "?" })
	if b.Key("Escape"); !slices.Contains(textsOf(b.Committed()), words+"!?") {
		t.Error("the last letters are lost")
	}
	for len(b.posted) > 0 {
		(<-b.posted)()
	}
	if now := textsOf(b.Committed()); len(now) != 1 || now[0] != words+"!?" {
		t.Errorf("what was drawn late has changed the text: %d texts", len(now))
	}
}

// TestTransformSaysWhereNothingIsSelected of the layer, and where its locks keep what is selected
// from being cut out; then nothing changes.
func TestTransformSaysWhereNothingIsSelected(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 120, 90), 1))
	said := func(what string) bool { return strings.Contains(strings.Join(b.said, "\n"), what) }
	for _, take := range []func(){func() { b.SetTool("transform") }, func() { b.Key("Ctrl+T") }} {
		b.SetTool("eraser")
		b.said = nil
		b.selects("Select", canvas.CoverRect(image.Rect(10, 10, 60, 60)))
		if take(); said("selected") {
			t.Errorf("something is selected: %q", b.said)
		}
		b.SetTool("eraser")
		b.selects("Select", canvas.CoverRect(image.Rect(300, 10, 360, 60)))
		if take(); !said("Nothing of this layer is selected") {
			t.Errorf("nothing is selected here, and nothing says so: %q", b.said)
		}
	}
	if _, ok := b.Transform(); ok {
		t.Error("there is a box around nothing")
	}
	b.selects("Select", canvas.CoverRect(image.Rect(10, 10, 60, 60)))
	b.Do("layer.lockalpha")
	b.said = nil
	at, _ := b.Transform()
	at.X += 20
	if b.SetTransform(at); b.Trying() != "" || !said("protected") {
		t.Errorf("tries %q, says %q", b.Trying(), b.said)
	}
}
