package editor

import (
	"context"
	"image"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/canvas/adjust"
	"pentimento/canvas/file"
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

// TestAnExportIsFinished when the program is ended from outside: the file is whole, and its picture counts as kept.
func TestAnExportIsFinished(t *testing.T) {
	store, _ := settings.Open("")
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "a.png")
	b := &bench{t: t, posted: make(chan func(), 1024)}
	b.Editor = New(Config{Pipeline: pipeline.New(nil), Settings: store, Window: b, Post: func(f func()) { b.posted <- f }, Folder: folder})
	b.put(texture(image.Rect(0, 0, 100, 80), 1))
	slow := make(chan bool)
	b.writeNow("another", path, func(ctx context.Context, _ func(string, float64)) error {
		close(slow)
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
		return nil
	})
	<-slow
	b.ExportTo(path, Export{Rect: b.Used()}, nil)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Open(t.Context(), path, nil); err != nil {
		t.Error(err)
	}
	if b.Keeping.Unsaved() {
		t.Error("what was exported would be offered as unsaved")
	}
}

// TestAnAppliedChangeIsFinished when the program is ended from outside, also behind a fill, which the next start takes up.
func TestAnAppliedChangeIsFinished(t *testing.T) {
	store, _ := settings.Open("")
	folder := t.TempDir()
	b := &bench{t: t, posted: make(chan func(), 1024)}
	b.Editor = New(Config{Pipeline: pipeline.New(nil), Settings: store, Window: b, Post: func(f func()) { b.posted <- f }, Folder: folder})
	b.put(texture(image.Rect(0, 0, 100, 80), 1))
	begun := make(chan bool)
	b.Jobs.Add("a fill", b.Fills.Group()+1, func(ctx context.Context, _ func(string, float64)) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	b.Fills.Take(&fills.Stack{ID: 1}, false)
	<-begun
	b.BeginTrial("Slow", func(ctx context.Context, s *canvas.State, id canvas.LayerID, _ image.Rectangle, _ float64, report func(float64)) (*canvas.State, error) {
		if report == nil {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		return adjusting(adjust.Invert())(ctx, s, id, image.Rectangle{}, 1, report)
	})
	b.MakeTrial()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*.journal"))
	if len(files) != 1 {
		t.Fatalf("journals %v, want one outside the trash", files)
	}
	c, err := journal.Read(journal.OS, files[0], 0)
	if err != nil || c.Moments[c.At].Label != "Slow" {
		t.Fatalf("%v; the last step is %q, want the change", err, c.Moments[c.At].Label)
	}
	for _, n := range c.Notes {
		if strings.HasPrefix(n.Key, "making/") {
			t.Errorf("it is still noted as to come: %s", n.Data)
		}
	}
}
