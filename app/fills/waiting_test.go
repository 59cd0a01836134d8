package fills

import (
	"image"
	"image/color"
	"testing"

	"pentimento/pipeline"
)

// The guides of a recipe wait for their pictures with all that the recipe says of them, and are followed so once
// they have one; what the window doesn't make or the library lacks is named.
func TestGuidesOfARecipeWaitForTheirPictures(t *testing.T) {
	b, _ := studio(t)
	b.Await([]pipeline.Guide{
		{Kind: pipeline.GuideControl, Preprocessor: "canny", Model: "control_canny", Weight: 0.8, Start: 0.1, End: 0.6, Mode: pipeline.ModeControl},
		{Kind: pipeline.GuideControl, Preprocessor: "depth_leres", Model: "union", Weight: 1, End: 1, Type: "depth"},
		{Kind: pipeline.GuideReference, Preprocessor: pipeline.ReferenceBoth, Fidelity: 0.7, Weight: 1, End: 1},
		{Kind: pipeline.GuideReference, End: 1}, // off
	}, nil)
	all := b.Waiting()
	if len(all) != 3 {
		t.Fatalf("there wait %+v", all)
	}
	if w := all[0]; w.Name != "canny" || w.File != "control_canny" || w.Made != "" || w.Weight != 0.8 || w.Start != 0.1 || w.End != 0.6 || w.Mode != pipeline.ModeControl {
		t.Errorf("the first waits as %+v", w)
	}
	if w := all[1]; w.Made != "depth_leres" || w.Module != "none" || w.Type != "depth" {
		t.Errorf("what the window doesn't make waits as %+v", w)
	}
	if len(b.Attached()) != 0 {
		t.Error("what waits is followed")
	}
	b.refer("photo", flat(image.Rect(0, 0, 40, 30), color.NRGBA{1, 2, 3, 255}))
	r := b.Committed().References[0]
	b.Give(all[2].Number, r)
	if a := b.Attachment(r); !a.On || a.Module != pipeline.ReferenceBoth || a.Fidelity != 0.7 || len(b.Waiting()) != 2 {
		t.Errorf("given its picture it is followed as %+v, %d wait", a, len(b.Waiting()))
	}
	b.Forgo(all[0].Number)
	if b.Give(all[0].Number, r); len(b.Waiting()) != 1 || b.Attachment(r).Module != pipeline.ReferenceBoth {
		t.Error("what waits no longer takes a picture")
	}
	if b.reset(); len(b.Waiting()) != 0 {
		t.Error("another document has what waited for this one")
	}
}

// A network's file is found by the name that a recipe has of it.
func TestAFileIsFoundByItsName(t *testing.T) {
	files := []string{"/a/Control_Canny.pth", "/b/union.safetensors", "/b/v1.1_canny.safetensors"}
	for name, want := range map[string]string{"control_canny": files[0], "union.safetensors": files[1], "v1.1_canny": files[2], "canny": "", "": ""} {
		if got := fileCalled(files, name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
