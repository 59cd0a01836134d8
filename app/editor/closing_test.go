package editor

import (
	"image"
	"path/filepath"
	"testing"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/journal"
	"pentimento/pipeline"
	"pentimento/tools"
)

// TestAStrokeUnderWayIsKept when the program is ended from outside: its journal, left as after
// a crash, holds the stroke.
func TestAStrokeUnderWayIsKept(t *testing.T) {
	store, _ := settings.Open("")
	folder := t.TempDir()
	b := &bench{t: t, posted: make(chan func(), 1024)}
	b.Editor = New(Config{Pipeline: pipeline.New(nil), Settings: store, Window: b, Post: func(f func()) { b.posted <- f }, Folder: folder})
	b.put(texture(image.Rect(0, 0, 100, 80), 1))
	b.SetTool("brush")
	b.Press(tools.Pointer{X: 20, Y: 20, Pressure: 1})
	b.Drag(tools.Pointer{X: 70, Y: 60, Pressure: 1, Time: 0.1})
	want := b.State().Layer(b.State().Active).Tiles
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*.journal"))
	if len(files) != 1 {
		t.Fatalf("journals %v, want one outside the trash", files)
	}
	c, err := journal.Read(journal.OS, files[0], 0)
	if err != nil || c.Clean {
		t.Fatalf("clean %v, %v; want a journal as after a crash", c != nil && c.Clean, err)
	}
	s := c.Moments[c.At].State
	got := s.Layer(s.Active).Tiles
	if len(c.Moments) != 3 || got.Len() != want.Len() {
		t.Fatalf("%d steps and %d tiles, want 3 and %d", len(c.Moments), got.Len(), want.Len())
	}
	want.Each(func(key canvas.TileKey, tile *canvas.Tile) {
		if kept := got.At(key); kept == nil || kept.Pix != tile.Pix {
			t.Errorf("the stroke is not whole in tile %v", key)
		}
	})
}
