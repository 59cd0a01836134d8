package editor

import (
	"image"
	"strings"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
	"pentimento/pipeline"
)

// TestReplacedBackgroundLosesNothing: the selected subject lies behind a layer mask over the new background, the layer as it was
// stays, hidden; it is one step, an export says how, and undo brings back what was there.
func TestReplacedBackgroundLosesNothing(t *testing.T) {
	b := newBench(t)
	r, subject := image.Rect(10, 20, 90, 80), image.Rect(30, 30, 60, 60)
	b.put(texture(r, 3))
	was := b.State().Layer(b.State().Active)
	how := NewBackground{Backdrop: Backdrop{By: ByColour, Colour: "#00ff00"}, Shadow: 1}
	b.ReplaceBackground(how) // nothing is selected
	if b.idle(); len(b.failed) != 1 {
		t.Errorf("without a subject: %v", b.failed)
	}
	b.Edit("lock", func(ed *canvas.Edit) {
		ed.SetLayer(was.ID, func(l *canvas.Layer) { l.Lock = canvas.LockPixels })
	})
	b.ReplaceBackground(how)
	if b.idle(); len(b.failed) != 2 {
		t.Errorf("of a locked layer: %v", b.failed)
	}
	b.Do("edit.undo")
	b.Edit("select", func(ed *canvas.Edit) {
		m := image.NewAlpha(subject)
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		ed.SetSelection(canvas.Cover(m))
	})
	before, steps := canvastest.Copy(b.State()), b.steps()
	b.ReplaceBackground(how)
	b.idle()
	s := b.State()
	top := s.Layer(s.Active)
	if b.steps() != steps+1 || len(s.Layers) != len(before.Layers)+3 || len(b.failed) != 2 {
		t.Fatalf("%d steps, %d layers, failed %v", b.steps()-steps, len(s.Layers), b.failed)
	}
	if top.Mask == nil || top.Mask.Used().Add(top.Offset) != subject || top.Used() != r {
		t.Errorf("the subject covers %v behind %+v", top.Used(), top.Mask)
	}
	if old := s.Layer(was.ID); old.Visible || old.Used() != r {
		t.Error("the layer as it was is not kept hidden")
	}
	img := render.Flatten(s, r, render.FlattenOptions{})
	if p := img.NRGBAAt(12, 22); p.G != 255 || p.R != 0 {
		t.Errorf("behind the subject is %v", p)
	}
	old := render.Flatten(before, r, render.FlattenOptions{})
	if img.NRGBAAt(45, 45) != old.NRGBAAt(45, 45) {
		t.Error("the subject changed, and nothing was to be harmonised")
	}
	if texts := b.Provenance.Texts(s, r, 0); len(texts) == 0 || !strings.Contains(texts[0].Text, "Background: colour") {
		t.Errorf("an export says %q", texts)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
}

// TestAHarmonyOfShadowAlone leaves colours and edge as they are, whatever the two sliders say of each other.
func TestAHarmonyOfShadowAlone(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct{ strength, shadow float64 }{{0, 0.5}, {0.5, 0.25}, {1, 0}, {0, 0}} {
		q, err := b.backgroundRequest(NewBackground{Backdrop: Backdrop{By: pipeline.ByBlur}, Strength: c.strength, Shadow: c.shadow})
		if err != nil {
			t.Fatal(err)
		}
		l := q.Backdrop.Look
		if got := l.Shadow * l.Strength; got != c.shadow || l.Check() != nil || c.strength == 0 && l.Colour+l.Seam != 0 && l.Strength > 0 {
			t.Errorf("strength %g, shadow %g: %+v", c.strength, c.shadow, l)
		}
	}
}
