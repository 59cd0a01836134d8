package editor

import (
	"image"
	"testing"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// The box around the selection is refined, where it lies in the frame; the selection is gone, the box goes with the frame, and another document
// has none.
func TestTheSelectionIsRefined(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(40, 0, 140, 100), 1))
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(40, 0, 140, 100)) })
	b.SetFill(diffusing)
	b.Edit("select", func(ed *canvas.Edit) { ed.SetSelection(canvas.CoverRect(image.Rect(60, 10, 90, 120))) })
	b.Do("select.refine")
	if r := b.RefinedBox(); r != image.Rect(60, 10, 90, 100) || b.Settings.Fill.Get("refine_box") != "20,10,30,90" || b.State().Selection.Len() != 0 {
		t.Errorf("the box is %v, %q; selected: %v", r, b.Settings.Fill.Get("refine_box"), b.State().Selection.Len() != 0)
	}
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 100, 100)) })
	if r := b.RefinedBox(); r != image.Rect(20, 10, 50, 100) {
		t.Errorf("in another frame it is %v", r)
	}
	b.RefineNothing()
	b.Edit("mask", func(ed *canvas.Edit) { ed.SetCover(canvas.CoverRect(image.Rect(10, 10, 30, 40))) })
	b.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Content) })
	if b.Do("select.refine"); b.Settings.Fill.Get("refine_box") != "" || b.State().Mask.Len() == 0 {
		t.Errorf("without a model the box is %q", b.Settings.Fill.Get("refine_box"))
	}
	b.SetFill(diffusing)
	b.Do("select.refine")
	if r := b.RefinedBox(); r != image.Rect(10, 10, 30, 40) || b.State().Mask.Len() > 0 {
		t.Errorf("of what is masked the box is %v", r)
	}
	b.New()
	if r := b.RefinedBox(); !r.Empty() {
		t.Errorf("a new document has the box %v", r)
	}
}
