package editor

import (
	"context"
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
)

// TestRotatingKeepsSixteenBits: the export of a rotated picture has the samples of the file.
func TestRotatingKeepsSixteenBits(t *testing.T) {
	b := newBench(t)
	img := image.NewNRGBA64(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*7 + i/251)
		if i%8 > 5 {
			img.Pix[i] = 255
		}
	}
	b.openFile(written(t, "deep.png", img, file.Meaning{Profile: displayP3}))
	steps := b.steps()
	b.Do("image.right")
	b.idle()
	if b.steps() != steps+1 || b.State().Frame != image.Rect(0, 0, 30, 40) || b.Used() != b.State().Frame {
		t.Fatalf("%d steps, frame %v, picture %v", b.steps()-steps, b.State().Frame, b.Used())
	}
	p, err := file.Open(context.Background(), b.exportAll(), nil)
	if err != nil {
		t.Fatal(err)
	}
	out, ok := p.Exact().(*image.NRGBA64)
	if !ok || out.Rect != image.Rect(0, 0, 30, 40) || p.Space() == nil {
		t.Fatalf("exported %T", p.Exact())
	}
	for y := range 30 {
		for x := range 40 {
			if got, want := out.NRGBA64At(29-y, x), img.NRGBA64At(x, y); got != want {
				t.Fatalf("at %d, %d: %v, want %v", x, y, got, want)
			}
		}
	}
	b.Do("edit.undo")
	if b.State().Frame != image.Rect(0, 0, 40, 30) {
		t.Error("undo left the frame")
	}
}

// TestCropIsOneStepAndTheExport: the exported picture is the crop, and undo brings all back.
func TestCropIsOneStepAndTheExport(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 300, 200), 1))
	b.Do("layer.add")
	b.put(texture(image.Rect(100, -50, 180, 40), 2))
	r := image.Rect(70, 20, 211, 133)
	b.maskRect(r)
	before, steps := canvastest.Copy(b.State()), b.steps()
	want := render.Flatten(before, r, render.FlattenOptions{})
	b.Do("image.cropmask")
	b.idle()
	if b.steps() != steps+1 || b.State().Mask.Len() != 0 || b.State().Frame != r {
		t.Fatalf("%d steps, frame %v, mask %v", b.steps()-steps, b.State().Frame, b.State().MaskUsed())
	}
	p, err := file.Open(context.Background(), b.exportAll(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.NRGBA(); got.Rect.Size() != r.Size() || string(got.Pix) != string(want.Pix) {
		t.Errorf("exported %v, want the crop %v", got.Rect, r)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(250, -90, 900, 100)) })
	b.Do("image.cropframe")
	b.idle()
	if want := image.Rect(250, -50, 300, 100); b.State().Frame != want {
		t.Errorf("a frame beyond the picture was cropped to %v, want %v", b.State().Frame, want)
	}
	b.Do("edit.undo")
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(900, 900, 1000, 1000)) })
	b.Do("image.cropframe")
	b.idle()
	if len(b.failed) != 1 || b.Empty() {
		t.Errorf("a crop beside the picture: %v", b.failed)
	}
}

// TestPressedTwiceTurnsTwice: a turn that finds another picture than it began with is done
// of that one; with candidates waiting none is done.
func TestPressedTwiceTurnsTwice(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 70, 50), 1))
	before, steps := b.State(), b.steps()
	b.Do("image.right")
	b.Do("image.right")
	b.until("two turns", func() bool { return b.steps() == steps+2 })
	b.idle()
	if d := canvastest.Outside(before.Turned(canvas.TurnAround, image.Rect(0, 0, 70, 50)), b.State(), nil); d != "" {
		t.Error(d)
	}
	for _, id := range []string{"layer.fliph", "layer.flipv", "layer.right", "layer.left", "layer.around"} {
		steps = b.steps()
		b.Do(id)
		b.until(id, func() bool { return b.steps() == steps+1 })
	}
	b.arriveAt(image.Rect(0, 0, 64, 64), diffusion("kite", 1), 1)
	steps = b.steps()
	b.Do("image.fliph")
	b.idle()
	if b.steps() != steps || len(b.failed) != 1 {
		t.Errorf("turned under candidates: %v", b.failed)
	}
}

// TestImageSizeIsOneStep: the export has exactly that size; sixteen bits stay, and nothing is said.
func TestImageSizeIsOneStep(t *testing.T) {
	b := newBench(t)
	img := image.NewGray16(image.Rect(0, 0, 300, 200))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 5)
	}
	b.openFile(written(t, "grey.png", img, file.Meaning{}))
	before, steps := canvastest.Copy(b.State()), b.steps()
	b.said = nil
	b.ResizePicture(150, 100)
	b.idle()
	if b.steps() != steps+1 || b.State().Frame != image.Rect(0, 0, 150, 100) || b.Used() != b.State().Frame || len(b.said) != 0 {
		t.Fatalf("%d steps, frame %v, picture %v, said %q", b.steps()-steps, b.State().Frame, b.Used(), b.said)
	}
	p, err := file.Open(context.Background(), b.exportAll(), nil)
	if err != nil || p.Width != 150 || p.Height != 100 {
		t.Fatalf("exported %v, %v", p, err)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); d != "" {
		t.Error(d)
	}
	b.ResizePicture(0, 5)
	b.ResizePicture(300, 200)
	if b.steps() != steps+1 || len(b.failed) != 1 {
		t.Errorf("no pixels, and the same size: %d steps, %v", b.steps()-steps, b.failed)
	}
}

// TestAFillThatBeginsMeanwhileKeepsItsPicture: its place is where it was asked for.
func TestAFillThatBeginsMeanwhileKeepsItsPicture(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 70), 3))
	b.maskRect(image.Rect(20, 20, 40, 40))
	b.ResizePicture(45, 35)
	b.Fills.Fill()
	b.idle()
	if b.Used() != image.Rect(0, 0, 90, 70) || len(b.failed) != 1 || len(b.Fills.Stacks()) != 1 {
		t.Errorf("picture %v, failed %v, %d places", b.Used(), b.failed, len(b.Fills.Stacks()))
	}
}
