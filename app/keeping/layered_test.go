package keeping

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/canvas/file"
)

// A PSD opens as its layers, is not an unsaved picture, and is never written: saving asks for
// a name, and makes it an .ora whichever is given.
func TestAFileOfLayersIsSavedUnderAnotherName(t *testing.T) {
	data, err := os.ReadFile("../../canvas/psd/testdata/layers.psd")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "boat.psd")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	b := opened(t, path)
	if n := len(b.Committed().Layers); n != 2 || b.Unsaved() {
		t.Fatalf("%d layers, unsaved %v", n, b.Unsaved())
	}
	b.seen.Answer = path
	ended := false
	b.edited().save(func(err error) {
		if ended = true; err != nil {
			t.Error(err)
		}
	})
	b.until("the end of the save", func() bool { return ended })
	if now, _ := os.ReadFile(path); !bytes.Equal(now, data) {
		t.Error("the PSD was written over")
	}
	if p, _, err := file.OpenProject(t.Context(), path+".ora", nil); err != nil || len(p.State.Layers) != 2 {
		t.Errorf("%v", err)
	}
	if b.ProjectPath() != path+".ora" {
		t.Errorf("the project is %q", b.ProjectPath())
	}
}

func TestWhatOpensIsOffered(t *testing.T) {
	for _, e := range []string{"ora", "psd", "kra", "avif", "tiff"} {
		if !slices.Contains(Endings(), e) {
			t.Errorf("%q is not offered", e)
		}
	}
	for name, want := range map[string]bool{"a.ora": true, "a.PSD": true, "a.kra": true, "a.png": false} {
		if OpensAlone([]string{name}) != want {
			t.Errorf("%s dropped alone opens: %v", name, !want)
		}
	}
	if strings.Contains(strings.Join(Endings(), ","), ".") {
		t.Error("endings have dots")
	}
}
