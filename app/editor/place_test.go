package editor

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"testing"

	"pentimento/app/settings"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/tools"
)

// TestSpacePanKeepsTheShiftLine holds that the tool before a held key is the same one
// after it: a Shift+click after a pan goes on from where the last stroke ended.
func TestSpacePanKeepsTheShiftLine(t *testing.T) {
	b := newBench(t)
	b.SetTool("mask")
	b.SetBrush(tools.BrushSettings{Size: 4, Hardness: 1, Opacity: 1})
	at := func(x, y float64, m tools.Mods) tools.Pointer {
		return tools.Pointer{X: x, Y: y, Pressure: 1, Mods: m}
	}
	b.Press(at(10, 10, 0))
	b.Release(at(10, 10, 0))
	b.Hold("pan")
	b.Press(at(50, 50, 0))
	b.Drag(at(55, 52, 0))
	b.Release(at(55, 52, 0))
	b.Unhold()
	b.Press(at(90, 10, tools.Shift))
	b.Release(at(90, 10, tools.Shift))
	if m := b.Committed().MaskImage(image.Rect(0, 0, 100, 20)); m.AlphaAt(50, 10).A != 255 {
		t.Error("there is no line between the two clicks")
	}
}

// TestTheFirstFrameIsThePicture: right after opening there is nothing to extend, whatever the
// size, and a picture that has grown has a frame that grew with it.
func TestTheFirstFrameIsThePicture(t *testing.T) {
	b, _ := beginner(t)
	for _, size := range []image.Point{{451, 300}, {600, 400}, {1000, 90}} {
		at := image.Rectangle{Max: size}
		var buf bytes.Buffer
		if err := png.Encode(&buf, flat(at, color.NRGBA{50, 60, 70, 255})); err != nil {
			t.Fatal(err)
		}
		p, err := file.Decode(context.Background(), bytes.NewReader(buf.Bytes()), nil)
		if err != nil {
			t.Fatal(err)
		}
		b.openPicture(arrived(p, nil), "", nil)
		if f := b.Committed().Frame; f != at {
			t.Errorf("a picture of %v has the frame %v", size, f)
		}
		if out := b.Fills.Outline(); !out.Idle {
			t.Errorf("content-aware would %s right after opening %v", out.Task, size)
		}
		b.SetFill(diffusing)
		if out := b.Fills.Outline(); out.Task != pipeline.Refine {
			t.Errorf("diffusion would %s right after opening %v", out.Task, size)
		}
		b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
	}
}

// TestAPlacedPictureCoversNothingByItsSize: one larger than the picture there is scaled to fit
// and stands between handles; a smaller one stays as large as it is. One undo step.
func TestAPlacedPictureCoversNothingByItsSize(t *testing.T) {
	for _, c := range []struct{ size, want image.Point }{
		{image.Pt(400, 300), image.Pt(200, 150)}, {image.Pt(100, 900), image.Pt(17, 150)}, {image.Pt(80, 60), image.Pt(80, 60)}, {image.Pt(200, 150), image.Pt(200, 150)},
	} {
		b := newBench(t)
		b.put(texture(image.Rect(0, 0, 200, 150), 1))
		b.SetView(tools.View{Scale: 1, W: 800, H: 600, X: -300, Y: -200})
		before := b.Committed()
		b.place("new", texture(image.Rectangle{Max: c.size}, 2), image.Pt(100, 75), true)
		s := b.Committed()
		if l := s.Layer(s.Active); l.Used().Size() != c.want || c.size != c.want && !l.Used().In(image.Rect(0, 0, 200, 150)) {
			t.Errorf("a picture of %v lies at %v, want %v", c.size, l.Used(), c.want)
		}
		tool := "move"
		if c.size != c.want {
			tool = "transform"
		}
		if b.ToolName() != tool {
			t.Errorf("a picture of %v is in the hand of %q, want %q", c.size, b.ToolName(), tool)
		}
		if b.Undo(); b.Committed() != before {
			t.Error("it is more than one step")
		}
	}
}
