package editor

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
)

func TestStartFromCoversTheFrameAndIsRefined(t *testing.T) {
	b, _ := beginner(t)
	b.SetFill(diffusing)
	wide := flat(image.Rect(0, 0, 200, 50), color.NRGBA{10, 200, 30, 255})
	for y := range 50 { // red ends, which a square frame cuts off
		wide.SetNRGBA(0, y, color.NRGBA{255, 0, 0, 255})
		wide.SetNRGBA(199, y, color.NRGBA{255, 0, 0, 255})
	}
	b.AddReference("wide", wide)
	if n := len(b.said); n == 0 || !strings.Contains(b.said[n-1], "“wide”") {
		t.Errorf("that it was kept, and where, is not said: %q", b.said)
	}
	b.setFrame(image.Rect(64, -64, 192, 64))
	if out := b.Fills.Outline(); out.Task != pipeline.Generate {
		t.Fatalf("over a blank frame the task is %q", out.Task)
	}
	steps, _ := b.History()
	b.StartFrom(b.Committed().References[0])
	if got := b.Used(); got != b.Committed().Frame {
		t.Errorf("the start covers %v, want the frame", got)
	}
	if again, _ := b.History(); len(again) != len(steps)+1 {
		t.Error("it is not one step of history")
	}
	b.SetFill(func(f *settings.Fill) { f.Strength = 0.5 })
	if out := b.Fills.Outline(); out.Task != pipeline.Refine || out.Err != nil {
		t.Errorf("then the task is %q (%v), want refine", out.Task, out.Err)
	}
}

func TestMaskFileIsReadByAlphaOrBrightness(t *testing.T) {
	b := newBench(t)
	b.put(flat(image.Rect(100, 50, 164, 114), color.NRGBA{90, 90, 90, 255}))
	b.setFrame(image.Rect(0, 0, 64, 64))
	grey := flat(image.Rect(0, 0, 64, 64), color.NRGBA{0, 0, 0, 255})
	for i := range 64 {
		grey.SetNRGBA(i, 3, color.NRGBA{255, 255, 255, 255})
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	clear.SetNRGBA(0, 0, color.NRGBA{0, 0, 0, 255})
	for _, c := range []struct {
		name string
		img  *image.NRGBA
		want image.Rectangle
	}{
		{"grey of the picture's size", grey, image.Rect(100, 53, 164, 54)},
		{"alpha of another size", clear, image.Rect(0, 0, 2, 2)},
	} {
		var buf bytes.Buffer
		if err := png.Encode(&buf, c.img); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "mask.png")
		if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		b.ClearMask()
		b.MaskFile(path)
		b.idle()
		got := b.Committed().MaskUsed()
		if !c.want.In(got) || got.Dx() > c.want.Dx()+4 || got.Dy() > c.want.Dy()+4 {
			t.Errorf("%s: masked %v, want %v", c.name, got, c.want)
		}
	}
}

func TestFrameKeepsItsMiddleWhenResized(t *testing.T) {
	b := newBench(t)
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(100, 100, 612, 612)) })
	for _, c := range []struct {
		w, h int
		want image.Rectangle
	}{{768, 512, image.Rect(-28, 100, 740, 612)}, {1, 512, image.Rect(324, 100, 388, 612)}} {
		b.ResizeFrame(c.w, c.h)
		if got := b.State().Frame; got != c.want {
			t.Errorf("%d × %d gives %v, want %v", c.w, c.h, got, c.want)
		}
	}
	before := b.Committed()
	if b.ResizeFrame(64, 512); b.Committed() != before {
		t.Error("the same size made a step of history")
	}
}
