package editor

import (
	"image"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/canvas"
)

// TestAGroupIsFlippedAndTurned as one; there and back is the same picture, and a locked layer
// in it keeps it where it is.
func TestAGroupIsFlippedAndTurned(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 40, 30), 1))
	b.Do("layer.group")
	group := b.layer().ID
	b.Edit("second", func(ed *canvas.Edit) {
		id := ed.AddLayer("second", 1)
		ed.Put(id, texture(image.Rect(60, 20, 90, 50), 2), nil)
		ed.Nest(id, group, 1)
		ed.SetActive(group)
	})
	before := b.Committed()
	r := image.Rect(0, 0, 90, 50)
	want := flatten(before.TurnedLayer(canvas.FlipHorizontal, group), r)
	b.Do("layer.fliph")
	b.idle()
	if got := flatten(b.Committed(), r); b.Committed() == before || string(got.Pix) != string(want.Pix) {
		t.Fatalf("the group is not flipped: %v", b.failed)
	}
	for _, action := range []string{"layer.fliph", "layer.right", "layer.left", "layer.flipv", "layer.around", "layer.fliph"} {
		b.Do(action)
		b.idle()
	}
	if got := flatten(b.Committed(), r); string(got.Pix) != string(flatten(before, r).Pix) {
		t.Error("there and back is another picture")
	}
	b.SetActive(1)
	b.Do("layer.lockpixels")
	b.SetActive(group)
	locked := b.Committed()
	if b.Do("layer.fliph"); b.Committed() != locked {
		b.idle()
	}
	b.idle()
	if b.Committed() != locked || len(b.said) == 0 {
		t.Error("a locked layer in the group was flipped, or nothing was said")
	}
}

// TestLayersAreExportedInTheFormOfTheLastExport, where that keeps transparency and isn't one file
// of all layers.
func TestLayersAreExportedInTheFormOfTheLastExport(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 40, 30), 1))
	b.Edit("second", func(ed *canvas.Edit) { ed.Put(ed.AddLayer("second", 1), texture(image.Rect(5, 5, 30, 20), 2), nil) })
	for _, c := range [][2]string{{"", ".png"}, {".webp", ".webp"}, {".tif", ".tif"}, {".jpg", ".png"}, {".psd", ".png"}} {
		b.save, b.folder, b.quality = filepath.Join(t.TempDir(), "a"+c[0]), t.TempDir(), 90
		if c[0] != "" {
			b.AskExport()
			b.idle()
		}
		b.AskExportLayers()
		b.idle()
		ext := c[1]
		files, _ := filepath.Glob(filepath.Join(b.folder, "*"+ext))
		if len(files) != 2 || len(b.failed) > 0 {
			t.Fatalf("%s: %q, %v; want two files", ext, files, b.failed)
		}
		for _, f := range files {
			if p, _ := b.readBack(f); p.Bounds().Size() != image.Pt(40, 30) {
				t.Errorf("%s is %v", f, p.Bounds())
			}
		}
	}
}

// TestAnExportIsCalledByWhatWasDone last; filled only where something was.
func TestAnExportIsCalledByWhatWasDone(t *testing.T) {
	b := newBench(t)
	b.Reset(canvas.New(), filepath.Join("x", "boat.jpg"))
	b.put(texture(image.Rect(0, 0, 100, 80), 1))
	if got := b.suggest(""); got != "boat-edited.png" {
		t.Errorf("nothing is filled, and it is called %q", got)
	}
	b.maskRect(image.Rect(20, 20, 40, 40))
	b.Fills.Fill()
	b.idle()
	b.Fills.Accept()
	if got := b.suggest("-frame"); got != "boat-filled-frame.png" {
		t.Errorf("filled, it is called %q", got)
	}
	b.PixelArt(PixelOptions{Cell: 4})
	b.idle()
	b.MakeTrial()
	b.idle()
	if got := b.suggest(""); got != "boat-pixelart.png" {
		t.Errorf("made pixel art after that, it is called %q", got)
	}
}

// TestPaintingPastTheEdgeIsSaidOnce where the picture was the frame.
func TestPaintingPastTheEdgeIsSaidOnce(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 200, 150), 1))
	b.setFrame(image.Rect(0, 0, 200, 150))
	said := func() int { return strings.Count(strings.Join(b.said, "\n"), "past the picture's edge") }
	b.SetTool("brush")
	b.stroke(60, 60, 100, 80)
	if said() != 0 {
		t.Error("said without reason")
	}
	b.stroke(100, 75, 320, 75)
	b.stroke(100, 75, 420, 75)
	if said() != 1 {
		t.Errorf("said %d times, want once: %q", said(), b.said)
	}
	b.Do("image.cropframe")
	b.idle()
	if b.Used() != image.Rect(0, 0, 200, 150) {
		t.Errorf("cut back it is %v", b.Used())
	}
}
