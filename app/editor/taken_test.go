package editor

import (
	"bytes"
	"image"
	"image/color"
	"slices"
	"testing"

	"pentimento/app/fills"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// A layer that is used as a guide is followed at once and no part of the picture; taken back it is one
// again, by the menu, by undo or by the strip.
func TestALayerIsUsedAsAGuideAndTakenBack(t *testing.T) {
	b := newBench(t)
	b.put(flat(image.Rect(0, 0, 64, 64), color.NRGBA{90, 90, 90, 255}))
	used := b.Used()
	b.PaintGuide()
	id := b.State().Active
	if r := b.doc.State().GuideOf(id); r == nil || !b.Fills.Attachment(r).On || b.ToolName() != "brush" {
		t.Fatalf("strip %v, tool %s", b.State().References, b.ToolName())
	}
	b.put(flat(image.Rect(0, 0, 200, 200), color.NRGBA{255, 255, 255, 255}))
	if b.Used() != used || len(layersToExport(b.doc.State())) != 1 {
		t.Errorf("the picture is %v of %d layers, want %v of one", b.Used(), len(layersToExport(b.doc.State())), used)
	}
	for _, way := range []struct {
		name string
		back func()
	}{{"menu", b.GuideLayer}, {"strip", func() { b.RemoveReference(b.doc.State().GuideOf(id)) }}, {"undo", func() { b.Undo(); b.Undo() }}} {
		way.back()
		if l := b.doc.State().Layer(id); l != nil && l.Guide || len(b.doc.State().References) != 0 {
			t.Errorf("%s: layer %v, strip %v", way.name, l, b.doc.State().References)
		}
		b.Undo()
	}
}

// The map of what is under the frame becomes a guide layer at its place, which is followed as it is with the
// same numbers; the canvas no longer is.
func TestAMapBecomesALayerToPaintOn(t *testing.T) {
	b := newBench(t)
	pic := texture(image.Rect(0, 0, 64, 64), 7)
	b.put(pic)
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(pic.Rect) })
	b.FollowCanvas()
	r := b.State().References[0]
	b.Fills.Follow(r, pipeline.GuideControl)
	a := b.Fills.Attachment(r)
	a.Weight, a.Module, a.Model = 0.6, "invert", "/nets/canny.safetensors"
	attach(b, r, a)
	at := b.Fills.MapPlace()
	b.MapLayer(r)
	b.until("the layer", func() bool { return len(b.State().References) == 2 })
	s := b.doc.State()
	l := s.Layer(s.References[1].Layer)
	got, want := onBlack(s, l.ID, pic.Rect), slices.Clone(flatten(s, pic.Rect).Pix)
	for i := range want {
		if i%4 != 3 {
			want[i] = 255 - want[i]
		}
	}
	if !l.Guide || at != pic.Rect || !bytes.Equal(got, want) {
		t.Errorf("the layer is no exact negative of the picture at %v", at)
	}
	if b.Fills.Attachment(r).On {
		t.Error("the canvas is followed beside its map")
	}
	if now := b.Fills.Attachment(s.References[1]); !now.On || now.Module != "none" || now.Weight != 0.6 || now.Model != a.Model {
		t.Errorf("the map is followed as %+v", now)
	}
	b.Undo()
	if len(b.doc.State().References) != 1 || b.doc.State().Layer(l.ID) != nil {
		t.Error("undo leaves something of the map")
	}
	if now := b.Fills.Attachment(r); !now.On || now.Weight != 0.6 {
		t.Errorf("with the map gone the canvas is followed as %+v, want as before", now)
	}
	b.Redo()
	attach(b, r, func() fills.Attachment { a := b.Fills.Attachment(r); a.Weight = 0.7; return a }())
	if b.Fills.Attachment(r).On {
		t.Error("another number attaches what its map stands for")
	}
	if b.Undo(); !b.Fills.Attachment(r).On || b.Fills.Attachment(r).Weight != 0.7 {
		t.Errorf("undone again it is followed as %+v", b.Fills.Attachment(r))
	}
}

func attach(b *bench, r *canvas.Reference, to fills.Attachment) {
	b.Fills.Attach(r, func(a *fills.Attachment) { *a = to })
}
