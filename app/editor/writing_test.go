package editor

import (
	"image"
	"image/color"
	"path/filepath"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/lettering"
	"pentimento/tools"
)

// writeText clicks with the text tool and types.
func (b *bench) writeText(x, y float64, words string) {
	b.t.Helper()
	b.clicks("text", x, y)
	if _, _, ok := b.Writing(); !ok {
		b.t.Fatal("a click with the text tool begins no text")
	}
	b.Rewrite(func(t *lettering.Text) { t.Family, t.Size, t.Words = lettering.Own, 40, words })
}

func textsOf(s *canvas.State) (out []string) {
	for _, l := range s.Layers {
		if t, err := lettering.Decode(l.Text); l.Text != nil && err == nil {
			out = append(out, t.Words)
		}
	}
	return out
}

func TestATextIsOneStepAndStaysEditable(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.SetColour(color.NRGBA{200, 10, 20, 255})
	before, steps := b.Committed(), len(history(b))
	b.writeText(40, 100, "H")
	b.Rewrite(func(t *lettering.Text) { t.Words = "Hello\nyou" })
	if b.Committed() != before || len(b.State().Layers) != 2 {
		t.Fatalf("while it is typed the document has a step, or shows %d layers", len(b.State().Layers))
	}
	if !b.Key("Escape") {
		t.Fatal("Esc does not end it")
	}
	first := b.Committed()
	l := first.Layers[1]
	if len(history(b)) != steps+1 || l.Name != "Hello" || len(textsOf(first)) != 1 || l.Used().Empty() {
		t.Fatalf("%d steps, layer %q, texts %q", len(history(b))-steps, l.Name, textsOf(first))
	}
	b.SetActive(first.Layers[0].ID)
	b.SetColour(color.NRGBA{A: 255})
	at := l.Used()
	b.clicks("text", float64(at.Min.X+5), float64(at.Min.Y+5))
	got, _, ok := b.Writing()
	if !ok || got.Words != "Hello\nyou" || b.Brush().Colour != (color.NRGBA{200, 10, 20, 255}) || b.Committed().Active != l.ID {
		t.Fatalf("a click on it edits %q, with %v", got.Words, b.Brush().Colour)
	}
	b.Rewrite(func(t *lettering.Text) { t.Words = "Bye" })
	b.SetColour(color.NRGBA{0, 0, 250, 255}) // the colour that is chosen is the text's
	b.SetTool("brush")                       // another tool keeps it
	second := b.Committed()
	if len(second.Layers) != 2 || len(textsOf(second)) != 1 || textsOf(second)[0] != "Bye" || second.Layers[1].Name != "Bye" {
		t.Fatalf("%d layers, texts %q", len(second.Layers), textsOf(second))
	}
	if c, _ := lettering.Decode(second.Layers[1].Text); c.Colour != [4]uint8{0, 0, 250, 255} {
		t.Errorf("its colour is %v", c.Colour)
	}
	b.Undo()
	if !canvas.Same(b.Committed(), &canvas.State{Layers: first.Layers, Active: l.ID, Frame: first.Frame}) {
		t.Error("undo did not bring the first words back")
	}
	b.Undo()
	if b.Undo(); len(b.Committed().Layers) != 1 {
		t.Error("undo did not take the text away")
	}
}

func TestWhatIsTypedIsDroppedOnlyWhenAsked(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	before, steps := b.Committed(), len(history(b))
	b.writeText(40, 100, "gone")
	b.Do("text.drop")
	b.writeText(40, 100, "gone")
	b.Undo()
	b.clicks("text", 50, 50) // begun, and nothing typed
	b.Key("Escape")
	b.writeText(40, 100, "   ")
	b.Key("Escape")
	if !canvas.Same(b.Committed(), before) || len(history(b)) != steps {
		t.Fatalf("%d steps are left of texts that were dropped", len(history(b))-steps)
	}
	for name, other := range map[string]func(){
		"a click elsewhere": func() { b.clicks("text", 200, 20) },
		"a new layer":       b.AddLayer,
		"another tool":      func() { b.SetTool("brush") },
		"a place":           func() { b.GoTo(0) },
	} {
		b.writeText(40, 100, "kept")
		other()
		b.EndText(true)
		found := false
		all, _ := b.doc.Moments()
		for _, m := range all {
			found = found || len(textsOf(m.State)) > 0
		}
		if !found {
			t.Errorf("%s lost what was typed", name)
		}
		b.GoTo(steps - 1)
	}
}

// TestPaintMakesPixelsOfAText: what is painted, turned or scaled is no text any more; what is
// moved, copied or hidden is.
func TestPaintMakesPixelsOfAText(t *testing.T) {
	for name, v := range map[string]struct {
		act  func(b *bench)
		want int
	}{
		"painting": {func(b *bench) { b.clicks("brush", 60, 90) }, 0},
		"turning":  {func(b *bench) { b.Do("layer.right"); b.idle() }, 0},
		"flipping": {func(b *bench) { b.Do("image.fliph"); b.idle() }, 0},
		"scaling":  {func(b *bench) { b.ResizePicture(150, 100); b.idle() }, 0},
		"bucket":   {func(b *bench) { b.clicks("bucket", 200, 180); b.until("it", func() bool { return !b.Working() }) }, 0},
		"hiding":   {func(b *bench) { b.ShowLayer(b.Committed().Active, false) }, 1},
		"copying":  {(*bench).duplicate, 2},
		"moving": {func(b *bench) {
			b.SetTool("move")
			b.Press(tools.Pointer{X: 60, Y: 90, Pressure: 1})
			b.Drag(tools.Pointer{X: 90, Y: 70, Pressure: 1})
			b.Release(tools.Pointer{X: 90, Y: 70, Pressure: 1})
		}, 1},
		"cropping beside it": {func(b *bench) { b.crop(image.Rect(0, 0, 290, 190), false); b.idle() }, 1},
		"cropping it":        {func(b *bench) { b.crop(image.Rect(60, 0, 290, 190), false); b.idle() }, 0},
	} {
		b := newBench(t)
		b.put(texture(image.Rect(0, 0, 300, 200), 1))
		b.writeText(40, 100, "Hull")
		b.EndText(true)
		if v.act(b); len(textsOf(b.Committed())) != v.want {
			t.Errorf("after %s %d layers are texts, want %d", name, len(textsOf(b.Committed())), v.want)
		}
	}
}

func (b *bench) duplicate() { b.DuplicateLayer() }

func TestAMovedTextIsEditedWhereItIs(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.writeText(40, 100, "H")
	b.EndText(true)
	l := b.Committed().Layer(b.Committed().Active)
	was := l.Used()
	b.Edit("move", func(ed *canvas.Edit) { ed.SetLayer(l.ID, func(l *canvas.Layer) { l.Offset = image.Pt(70, 30) }) })
	b.clicks("text", float64(was.Min.X+75), float64(was.Min.Y+40))
	b.Rewrite(func(t *lettering.Text) { t.Words = "HH" })
	b.EndText(true)
	if got := b.Committed().Layer(l.ID).Used(); got.Min != was.Min.Add(image.Pt(70, 30)) {
		t.Errorf("it lies at %v, was at %v before it was moved by 70, 30", got, was)
	}
}

func TestATextComesBackFromTheProjectFile(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.writeText(40, 100, "Grüße\n\"an\" <alle>")
	b.EndText(true)
	want := b.Committed()
	b.save = filepath.Join(t.TempDir(), "text.ora")
	b.Do("file.saveas")
	b.until("saved", func() bool { return !b.Keeping.Unsaved() })
	c := newBench(t)
	c.Open(b.save)
	c.until("opened", func() bool { return len(c.Committed().Layers) == 2 })
	if got := textsOf(c.Committed()); len(got) != 1 || got[0] != textsOf(want)[0] {
		t.Errorf("the file gives %q", got)
	}
	if string(c.Committed().Layers[1].Text) != string(want.Layers[1].Text) {
		t.Error("its settings are others")
	}
}
