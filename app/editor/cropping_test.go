package editor

import (
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/tools"
)

// cropTo chooses the crop tool and gives it a rectangle.
func (b *bench) cropTo(r image.Rectangle) {
	b.SetTool("brush")
	if !b.Key("C") || b.ToolName() != "crop" {
		b.t.Fatal("C does not choose the crop tool")
	}
	b.tool.(tools.Cropper).SetRect(b, r)
}

func TestEnterCropsAndEscLeaves(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.maskRect(image.Rect(5, 5, 9, 9)) // Enter is the crop's all the same
	before := b.Committed()
	r := image.Rect(20, 30, 220, 130)
	b.cropTo(r)
	b.Key("Escape")
	if b.ToolName() != "brush" || b.Committed() != before {
		t.Fatalf("Esc left %s, changed: %v", b.ToolName(), b.Committed() != before)
	}
	b.cropTo(r)
	b.Key("Enter")
	b.idle()
	if b.Used() != r || b.Committed().Frame != r || b.ToolName() != "brush" {
		t.Fatalf("Enter left %v, frame %v, with %s", b.Used(), b.Committed().Frame, b.ToolName())
	}
	was, is := render.Flatten(before, r, render.FlattenOptions{}), render.Flatten(b.Committed(), r, render.FlattenOptions{})
	if string(was.Pix) != string(is.Pix) {
		t.Error("what is inside changed")
	}
	if b.Undo(); !canvas.Same(b.Committed(), before) {
		t.Error("it is not one undo step")
	}
}

func TestACropOutwardGrowsThePicture(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 96, 64), 1))
	before := b.Committed()
	r := image.Rect(-10, 10, 120, 64)
	b.cropTo(r)
	b.Do("crop.apply")
	b.idle()
	if s := b.Committed(); s.Frame != r || b.Used() != image.Rect(0, 10, 96, 64) {
		t.Errorf("frame %v, picture %v", s.Frame, b.Used())
	}
	b.Undo()
	if !canvas.Same(b.Committed(), before) {
		t.Error("undo did not bring the picture back")
	}
	set := b.Brush()
	set.CropFills = true
	b.SetBrush(set)
	r = image.Rect(0, 10, 128, 64)
	b.cropTo(r)
	b.Do("crop.apply")
	b.until("a candidate for the new area", func() bool { return hasCandidate(b.Editor) })
	if got := b.Used(); got != image.Rect(0, 10, 96, 64) {
		t.Errorf("the part that goes was not cut off first: %v", got)
	}
	b.Fills.Accept()
	if got := b.Used(); got != r {
		t.Errorf("filled to %v, want %v", got, r)
	}
}
