package editor

import (
	"image"
	"slices"
	"testing"

	"pentimento/app/fills"
	"pentimento/canvas"
	"pentimento/tools"
)

// A new region takes what is selected, else what is masked, in one step; without either it is painted.
func TestANewRegionTakesWhatIsChosen(t *testing.T) {
	b := newBench(t)
	b.maskRect(image.Rect(10, 10, 40, 40))
	b.Edit("select", func(ed *canvas.Edit) { ed.SetSelection(canvas.CoverRect(image.Rect(0, 0, 20, 20))) })
	before := b.Committed()
	for i, want := range []image.Rectangle{image.Rect(0, 0, 20, 20), image.Rect(10, 10, 40, 40), {}} {
		b.Do("region.add")
		s := b.Committed()
		all := b.Fills.Regions()
		if len(all) != i+1 || canvas.CoverUsed(s.Channels[i].Cover) != want {
			t.Fatalf("region %d: there are %v, it lies at %v, want %v", i+1, all, canvas.CoverUsed(s.Channels[i].Cover), want)
		}
		if painted := b.PaintedRegion() == all[i].Area; painted != want.Empty() {
			t.Errorf("region %d: that it is painted is %v", i+1, painted)
		}
	}
	if s := b.Committed(); s.Mask.Len()+s.Selection.Len() > 0 || !slices.Contains(b.Settings.Open, "regions") {
		t.Error("the mask or the selection is still there, or the list is folded")
	}
	for range 3 {
		b.Undo()
	}
	if b.Committed() != before || b.PaintedRegion() != "" {
		t.Error("undo does not bring back what was")
	}
}

// While a region is painted the tools of the mask paint it and nothing else, whatever they are set to make;
// Escape ends that, and so does the wish for a selection.
func TestToolsPaintTheRegion(t *testing.T) {
	b := newBench(t)
	b.maskRect(image.Rect(200, 200, 240, 240))
	b.Fills.AddRegion(canvas.Grid[canvas.MaskTile]{}, nil)
	area := b.Fills.AddRegion(canvas.CoverRect(image.Rect(0, 0, 30, 30)), nil)
	mask := b.Committed().Mask
	at := func() image.Rectangle { return canvas.CoverUsed(b.RegionCover(area)) }
	b.SetTool("brush")
	b.PaintRegion(area)
	if b.ToolName() != "mask" {
		t.Errorf("painting begins with the tool %s", b.ToolName())
	}
	for _, tool := range []string{"mask", "rectangle", "mask-eraser"} {
		b.SetTool(tool)
		b.Settings.Areas.Selects = []string{"rectangle"}
		before := b.RegionCover(area)
		b.drag(b.ToolName(), tools.Vec{X: 20, Y: 20}, tools.Vec{X: 90, Y: 60})
		s := b.Committed()
		if canvas.SameCover(before, b.RegionCover(area)) || !canvas.SameCover(s.Mask, mask) || s.Selection.Len() > 0 {
			t.Errorf("%s: the region lies at %v, the mask at %v, selected is %v", tool, at(), s.MaskUsed(), b.Selected())
		}
		if _, now := b.History(); now == 0 {
			t.Errorf("%s: no step", tool)
		}
	}
	b.SetTool("rectangle")
	brush := b.Brush()
	brush.Area.Selects = true
	if b.SetBrush(brush); b.PaintedRegion() != "" {
		t.Error("a selection is wanted, and the region still painted")
	}
	b.PaintRegion(area)
	if b.Key("Escape"); b.PaintedRegion() != "" {
		t.Error("Escape leaves the region painted")
	}
	b.SetTool("mask")
	before := b.RegionCover(area)
	if b.drag(b.ToolName(), tools.Vec{X: 20, Y: 20}, tools.Vec{X: 90, Y: 60}); !canvas.SameCover(before, b.RegionCover(area)) || canvas.SameCover(b.Committed().Mask, mask) {
		t.Error("afterwards the mask's brush does not paint the mask")
	}
}

// Regions turn and move with the picture, are no saved selections, and stay in their document.
func TestRegionsGoWithThePicture(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 100, 60), 1))
	area := b.Fills.AddRegion(canvas.CoverRect(image.Rect(0, 0, 30, 20)), nil)
	b.Fills.ChangeRegion(area, func(r *fills.Region) { r.Prompt = "a barn" })
	if len(b.SavedSelections()) != 0 {
		t.Errorf("a region is among the saved selections: %v", b.SavedSelections())
	}
	b.Do("image.fliph")
	b.idle()
	if r := canvas.CoverUsed(b.RegionCover(area)); r != image.Rect(70, 0, 100, 20) {
		t.Errorf("in the mirrored picture it lies at %v", r)
	}
	b.PaintRegion(area)
	b.New()
	if len(b.Fills.Regions()) != 0 || b.PaintedRegion() != "" {
		t.Error("a new document has the regions of another")
	}
}
