package editor

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"pentimento/canvas"
)

// TestLayersAreExported, each visible one that holds something, under a name that is safe,
// as large as the picture or as itself; nothing that is there is written over.
func TestLayersAreExported(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 90, 70), 1))
	b.Edit("layers", func(ed *canvas.Edit) {
		last := b.Committed().Active
		ed.SetLayer(last, func(l *canvas.Layer) { l.Name = "Sky" })
		for i, name := range []string{"../up: a/b", "sky", "hidden", "empty", ""} {
			last = ed.AddLayer(name, last)
			if name == "empty" {
				continue
			}
			ed.PutTiles(last, image.Rect(10*i, 5, 10*i+8, 11), func(dst []uint8, stride int, r image.Rectangle) {
				for y := range r.Dy() {
					for x := range 4 * r.Dx() {
						dst[y*stride+x] = 255
					}
				}
			})
			if name == "hidden" {
				ed.SetLayer(last, func(l *canvas.Layer) { l.Visible = false })
			}
		}
	})
	for _, trimmed := range []bool{false, true} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a-Sky.png"), []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
		sky := "a-sky.png"
		if _, err := os.Lstat(filepath.Join(dir, sky)); err == nil {
			sky = "a-sky-3.png" // capitals aren't told apart here
		}
		var files []string
		b.ExportLayersTo(filepath.Join(dir, "a.png"), trimmed, 0, func(names []string, err error) {
			if files = names; err != nil {
				t.Error(err)
			}
		})
		b.idle()
		want := []string{"a-Sky-2.png", "a-_up_ a_b.png", sky, "a-layer.png"}
		if len(files) != len(want) {
			t.Fatalf("%q, want %q", files, want)
		}
		for i, f := range files {
			if filepath.Dir(f) != dir || filepath.Base(f) != want[i] {
				t.Errorf("%q, want %q in %q", f, want[i], dir)
			}
			size := image.Pt(90, 70)
			if trimmed && i > 0 {
				size = image.Pt(8, 6)
			}
			if p, _ := b.readBack(f); p.Bounds().Size() != size {
				t.Errorf("trimmed %v: %s is %v, want %v", trimmed, want[i], p.Bounds().Size(), size)
			}
		}
		if mine, err := os.ReadFile(filepath.Join(dir, "a-Sky.png")); err != nil || string(mine) != "mine" {
			t.Error("a file that was there is written over")
		}
	}
}

// TestAPSDIsExportedWithItsLayers, but not over the PSD that is open.
func TestAPSDIsExportedWithItsLayers(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(t.TempDir(), "a.psd")
	b.put(texture(image.Rect(0, 0, 90, 70), 1))
	b.Edit("layer", func(ed *canvas.Edit) { ed.AddLayer("Top", b.Committed().Active) })
	b.save = path
	b.AskExport()
	b.idle()
	before, err := os.ReadFile(path)
	if err != nil || len(b.failed) > 0 {
		t.Fatal(err, b.failed)
	}
	b = newBench(t)
	b.save = path
	b.Open(path)
	b.idle()
	if l := b.Committed().Layers; len(l) == 0 || b.Keeping.Path() != path {
		t.Fatalf("it opens as %d layers from %q", len(l), b.Keeping.Path())
	}
	b.AskExport()
	b.idle()
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) || len(b.failed) != 1 {
		t.Errorf("the opened PSD was written over: %v, %v", err, b.failed)
	}
}
