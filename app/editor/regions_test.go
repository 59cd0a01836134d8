package editor

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
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

// A picture that was made with regions gives them to another document with all its settings, where they lay;
// so does its text alone, as other programs would keep it.
func TestRegionsComeWithARecipe(t *testing.T) {
	b := newBench(t)
	frame := image.Rect(40, 0, 140, 100)
	b.put(texture(frame, 1))
	b.SetFill(func(f *settings.Fill) { f.Engine = "diffusion" })
	sky := canvas.CoverImage(canvas.CoverRect(image.Rect(50, 10, 120, 40)), frame)
	q := diffusion("a meadow", 1)
	q.Frame, q.Width, q.Height, q.RegionBase = frame, 100, 100, 0.25
	q.Regions = []pipeline.Region{{Name: "sky", Prompt: "clouds", Negative: "birds", Weight: 1.5, Feather: 4, Mask: sky}}
	b.accept(frame, q, 2)
	path := filepath.Join(t.TempDir(), "out.png")
	done := false
	b.ExportTo(path, Export{Rect: b.Used()}, func(error) { done = true })
	b.until("the export", func() bool { return done })
	texts, err := file.ReadTexts(path)
	i := slices.IndexFunc(texts, func(t file.Text) bool { return t.Key == metadata.ParametersKey })
	if err != nil || i < 0 {
		t.Fatalf("%v: %v", err, texts)
	}
	for how, show := range map[string]func(c *bench){
		"picture": func(c *bench) { c.Provenance.RecipeOf(path, image.Point{}, nil) },
		"text": func(c *bench) {
			text := filepath.Join(t.TempDir(), "recipe.txt")
			if err := os.WriteFile(text, []byte(texts[i].Text), 0o600); err != nil {
				t.Fatal(err)
			}
			c.Provenance.RecipeOf(text, image.Point{}, nil)
		},
	} {
		c := newBench(t)
		c.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 100, 100)) })
		show(c)
		c.until("the recipe", func() bool { return c.Provenance.Card() != nil })
		c.Provenance.UseAll()
		c.until("the regions", func() bool { return len(c.Fills.Regions()) > 0 })
		all, s := c.Fills.Regions(), c.Committed()
		if len(all) != 1 || all[0].Name != "sky" || all[0].Prompt != "clouds" || all[0].Negative != "birds" || all[0].Weight != 1.5 || all[0].Feather != 4 || c.Fills.Regional().Base != 0.25 {
			t.Fatalf("%s: the regions are %+v at a share of %v", how, all, c.Fills.Regional().Base)
		}
		if r := canvas.CoverUsed(c.RegionCover(all[0].Area)).Sub(s.Frame.Min); r != image.Rect(10, 10, 80, 40) {
			t.Errorf("%s: in its frame it lies at %v", how, r)
		}
	}
}
