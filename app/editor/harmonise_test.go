package editor

import (
	"image"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/tools"
)

// thingOver is a bench with a picture and a layer over it, which is active.
func thingOver(t *testing.T) (*bench, canvas.LayerID) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	var id canvas.LayerID
	b.Edit("lay", func(ed *canvas.Edit) {
		id = ed.AddLayer("Thing", ed.State().Active)
		ed.Put(id, texture(image.Rect(90, 40, 170, 150), 2), nil)
	})
	b.SetView(tools.View{Scale: 1, W: 400, H: 300})
	return b, id
}

// TestHarmoniseIsOneStep: tried it leaves no trace, made it is what was shown, in one step, with
// the shadow in a layer of its own; the layer's outline and the picture below keep every bit, and
// undo brings all of it back.
func TestHarmoniseIsOneStep(t *testing.T) {
	b, id := thingOver(t)
	before, steps := b.State(), b.steps()
	h := NewHarmony()
	h.Keep = true
	b.Do("layer.harmonise")
	b.Harmonise("Harmonise", h)
	shown := b.shown()
	b.Key("Escape")
	if b.State() != before || b.steps() != steps {
		t.Fatal("Escape left a trace")
	}
	b.Harmonise("Harmonise", h)
	b.shown()
	b.Key("Enter")
	b.idle()
	s := b.State()
	if b.steps() != steps+1 || len(s.Layers) != len(before.Layers)+2 || s.Active != id {
		t.Fatalf("%d steps, %d layers, active %d", b.steps()-steps, len(s.Layers), s.Active)
	}
	ids := map[canvas.LayerID]bool{}
	for _, l := range s.Layers {
		if ids[l.ID] || l.ID > 1000 {
			t.Errorf("%q has the ID %d", l.Name, l.ID)
		}
		ids[l.ID] = true
	}
	if s.Layers[0] != before.Layers[0] {
		t.Error("the picture below was touched")
	}
	now, was := s.Layer(id), before.Layer(id)
	if now.Used() != was.Used() || canvastest.Outside(before, s, nil) == "" {
		t.Error("the layer did not change, or not only in its colours")
	}
	if d := canvastest.Outside(shown, s, nil); d != "" {
		t.Error("the preview at 100 % is not the result:", d)
	}
	if kept := s.Layers[1]; kept.Visible || kept.Tiles.Len() != was.Tiles.Len() || kept.Tiles.At(canvas.TileKey{X: 2, Y: 1}) != was.Tiles.At(canvas.TileKey{X: 2, Y: 1}) {
		t.Error("the layer as it was is not kept")
	}
	if dark := s.Layers[2]; dark.Used().Empty() || !dark.Used().In(image.Rect(0, 0, 300, 200)) {
		t.Errorf("the shadow is at %v", dark.Used())
	}
	if texts := b.Provenance.Texts(s, b.Used(), 0); len(texts) == 0 || !strings.Contains(texts[0].Text, "Harmonise: strength 1 colour 0.5") && !strings.Contains(texts[0].Text, "Harmonise: \"strength 1 colour 0.5") {
		t.Errorf("an export says %q", texts)
	}
	added := b.steps()
	b.AddLayer()
	if n := b.State().Active; ids[n] || b.steps() != added+1 {
		t.Errorf("a layer that comes later has the ID %d of another", n)
	}
	b.Do("edit.undo")
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
}

// TestHarmoniseKeepsToTheSelection, and has nothing to do where nothing is below.
func TestHarmoniseKeepsToTheSelection(t *testing.T) {
	b, id := thingOver(t)
	m := image.NewAlpha(image.Rect(90, 40, 130, 150))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	b.Edit("select", func(ed *canvas.Edit) { ed.SetMask(m); ed.SetSelection(ed.State().Mask); ed.ClearMask() })
	before := b.State()
	out, err := NewHarmony().trying()(t.Context(), before, id, image.Rectangle{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := canvastest.Outside(before, out, m); d != "" {
		t.Error("beside the selection:", d)
	}
	if canvastest.Outside(before, out, nil) == "" {
		t.Error("nothing changed in the selection")
	}
	b.Edit("first", func(ed *canvas.Edit) { ed.SetActive(before.Layers[0].ID) })
	b.Do("layer.harmonise")
	if b.Trying() != "" || len(b.failed) == 0 {
		t.Error("a layer over nothing is harmonised")
	}
}
