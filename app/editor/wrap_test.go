package editor

import (
	"image"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/canvastest"
	"pentimento/tools"
)

// TestAWrappedStrokeChangesTheFrameAlone, comes in on the other side, is one step that undo takes
// back whole, and is in the journal with the view that repeats.
func TestAWrappedStrokeChangesTheFrameAlone(t *testing.T) {
	folder := t.TempDir()
	b := newKeptBench(t, folder)
	b.Resize(800, 600)
	b.put(texture(image.Rect(-20, -20, 150, 120), 1))
	frame := image.Rect(0, 0, 101, 77)
	b.setFrame(frame)
	b.Do("view.wrap")
	if !b.Wraps() || b.View().Tile != frame {
		t.Fatalf("it repeats %v, want %v", b.View().Tile, frame)
	}
	before, steps := b.Committed(), b.steps()
	b.drag("brush", tools.Vec{X: 98, Y: 74}, tools.Vec{X: 330, Y: 290}) // far into copies
	after := b.Committed()
	if b.steps() != steps+1 || canvas.Same(before, after) {
		t.Fatalf("%d steps after %d", b.steps(), steps)
	}
	full := image.NewAlpha(frame)
	for i := range full.Pix {
		full.Pix[i] = 255
	}
	if d := canvastest.Outside(before, after, full); d != "" {
		t.Errorf("outside the frame: %s", d)
	}
	if r := canvas.Changed(before, after); r.Min.X > 3 || r.Min.Y > 3 || r.Max.X < 98 || r.Max.Y < 74 {
		t.Errorf("only %v changed, want both sides of the frame", r)
	}
	b.Undo()
	if !canvas.Same(b.Committed(), before) {
		t.Error("undone it is another picture")
	}
	b.Redo()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := newKeptBench(t, folder)
	again.Resize(800, 600)
	if len(again.found()) != 1 {
		t.Fatalf("found %+v", again.found())
	}
	again.Keeping.Recover(again.Keeping.Found()[0])
	again.until("the document", func() bool { return len(again.Keeping.Found()) == 0 && again.CanUndo() })
	if !canvas.Same(again.Committed(), after) || again.View().Tile != frame {
		t.Errorf("recovered it is the same picture: %v; %v repeats, want %v", canvas.Same(again.Committed(), after), again.View().Tile, frame)
	}
}

// TestWrappingIsOfTheView: turning it on and off changes no document, another tab does not have
// it, the frame's changes are followed, and a frame too small for it is said.
func TestWrappingIsOfTheView(t *testing.T) {
	b := newBench(t)
	b.Resize(800, 600)
	b.put(texture(image.Rect(0, 0, 150, 120), 1))
	b.setFrame(image.Rect(0, 0, 150, 120))
	s := b.Committed()
	b.FitContent()
	b.Do("view.wrap")
	if three := image.Rect(-150, -120, 300, 240); !three.In(b.View().Visible()) {
		t.Errorf("%v is to be seen, want three by three", b.View().Visible())
	}
	if b.setFrame(image.Rect(10, 10, 90, 80)); b.View().Tile != b.Committed().Frame {
		t.Errorf("%v repeats, want the frame", b.View().Tile)
	}
	b.New()
	if b.Wraps() {
		t.Error("a new document wraps")
	}
	b.ShowTab(0)
	if !b.Wraps() {
		t.Error("the first one does not any more")
	}
	b.Undo()
	if b.Do("view.wrap"); b.Wraps() || !canvas.Same(b.Committed(), s) {
		t.Errorf("it wraps %v after it was turned off", b.Wraps())
	}
	b.setFrame(image.Rect(0, 0, 5, 120))
	if b.Do("view.wrap"); b.Wraps() || len(b.failed) != 1 {
		t.Errorf("a frame of 5 pixels wraps %v, and %d things were said", b.Wraps(), len(b.failed))
	}
}

// TestAMaskGrowsAroundTheTile: grown and shrunk back by as much, a mask over a corner is as it
// was, on all four sides.
func TestAMaskGrowsAroundTheTile(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 100, 90), 1))
	b.setFrame(image.Rect(0, 0, 100, 90))
	b.Do("view.wrap")
	b.drag("rectangle", tools.Vec{X: 80, Y: 70}, tools.Vec{X: 120, Y: 110})
	before := b.Committed().Mask
	b.ResizeMask(8)
	s := b.Committed()
	if !canvas.CoverUsed(s.Mask).In(s.Frame) || s.MaskAt(27, 10) != 255 || s.MaskAt(73, 80) != 255 || s.MaskAt(40, 10) != 0 {
		t.Errorf("grown it covers %v, beside it %d, %d and %d", canvas.CoverUsed(s.Mask), s.MaskAt(27, 10), s.MaskAt(73, 80), s.MaskAt(40, 10))
	}
	b.ResizeMask(-8)
	got, want := canvas.CoverImage(b.Committed().Mask, s.Frame), canvas.CoverImage(before, s.Frame)
	n := 0
	for i := range got.Pix {
		if got.Pix[i] != want.Pix[i] {
			n++
		}
	}
	if n > 0 {
		t.Errorf("shrunk back %d pixels differ", n)
	}
}

// TestOffsetByHalfTwiceIsNothing where the frame's sides are even, and once it brings the corners
// into the middle.
func TestOffsetByHalfTwiceIsNothing(t *testing.T) {
	b := newBench(t)
	img := texture(image.Rect(0, 0, 100, 90), 1)
	b.put(img)
	b.setFrame(img.Rect)
	before := b.Committed()
	b.Do("layer.offset")
	b.idle()
	if got, want := flatten(b.Committed(), img.Rect).NRGBAAt(50, 45), img.NRGBAAt(0, 0); got != want {
		t.Errorf("in the middle is %v, want the corner's %v", got, want)
	}
	b.Do("layer.offset")
	b.idle()
	if at, differs := changedOutside(flatten(before, img.Rect), flatten(b.Committed(), img.Rect), image.NewAlpha(img.Rect)); differs {
		t.Errorf("twice, pixel %v differs", at)
	}
}

// TestOffsetByHalfKeepsThePictureTogether: what was filled over a seam is a layer of its own and moves
// with the one below it, whichever is active.
func TestOffsetByHalfKeepsThePictureTogether(t *testing.T) {
	b := newBench(t)
	img := texture(image.Rect(0, 0, 100, 90), 1)
	b.put(img)
	b.setFrame(img.Rect)
	b.Do("layer.duplicate")
	b.Do("image.fliph")
	b.idle()
	before := flatten(b.Committed(), img.Rect)
	b.Do("image.offset")
	b.idle()
	s := b.Committed()
	for _, l := range s.Layers {
		got := make([]uint8, 4)
		l.Read(got, 4, image.Rect(50, 45, 51, 46))
		if want := before.NRGBAAt(0, 0); [4]uint8(got) != [4]uint8{want.R, want.G, want.B, want.A} {
			t.Errorf("in the middle of layer %q is %v, want the corner's %v", l.Name, got, want)
		}
	}
}
