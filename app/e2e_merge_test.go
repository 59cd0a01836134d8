package main

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pentimento/app/settings"
	"pentimento/pipeline/pipelinetest"
)

// TestMergeInTheRealWindow: two models are chosen by keys, the sheet's button makes the file that the verb
// makes, it is offered over the canvas, and nothing else is left in the folder.
func TestMergeInTheRealWindow(t *testing.T) {
	models, config := t.TempDir(), t.TempDir()
	for i, name := range []string{"meadow", "harbour"} {
		m := pipelinetest.Tiny(t, "tiny15")
		m.Name, m.Salt = name, uint64(20*i)
		if err := m.WriteTo(models, "single", "F16"); err != nil {
			t.Fatal(err)
		}
	}
	store, err := settings.Open(filepath.Join(config, "pentimento", "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	store.ModelFolders = []string{models}
	if err := store.Save(); err != nil {
		t.Fatal(err)
	}
	d := openDeskWith(t, config)
	before := d.settled("begun")
	choose := func(name string) {
		d.run("key", "Return")
		time.Sleep(500 * time.Millisecond)
		d.run("type", "--delay", "25", name)
		time.Sleep(300 * time.Millisecond)
		d.run("key", "Return")
		time.Sleep(500 * time.Millisecond)
	}
	d.palette("merge models")
	time.Sleep(time.Second)
	choose("meadow")
	d.run("key", "Tab", "Tab") // past what takes A away
	choose("harbour")
	d.settled("chosen")
	made := filepath.Join(models, "meadow-harbour-0.5.safetensors")
	d.run("mousemove", "748", "755", "click", "1")
	waitFor(t, made)
	notice := image.Rect(850, 110, 1110, 175)
	d.until("offered", 20*time.Second, func(s *image.NRGBA) bool { return accentIn(s, notice) && !accentIn(before, notice) })
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(t.TempDir(), "verb.safetensors")
	verbOf(t, bin, "models", "merge", filepath.Join(models, "meadow.safetensors"), filepath.Join(models, "harbour.safetensors"), "--out", want)
	a, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("the window's file of %d bytes is another than the verb's of %d", len(a), len(b))
	}
	if all, err := os.ReadDir(models); err != nil || len(all) != 3 {
		t.Errorf("the folder holds %v, %v", all, err)
	}
}
