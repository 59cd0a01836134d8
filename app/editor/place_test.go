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
