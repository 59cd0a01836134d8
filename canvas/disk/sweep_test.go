package disk_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pentimento/canvas/disk"
)

// TestSweepTakesWhatAKilledWriterLeft, and nothing that is being written, new, or another's.
func TestSweepTakesWhatAKilledWriterLeft(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	put := func(name string, at time.Time) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		return path
	}
	left := put(".pentimento-ABCDEFGHIJKL.tmp", old)
	stay := []string{put(".pentimento-ABCDEFGHIJKM.tmp", time.Now()), put(".pentimento-notes.tmp", old), put("model.safetensors", old)}
	out := filepath.Join(dir, "out")
	err := disk.WriteAtomic(out, func(w io.Writer) error {
		all, _ := filepath.Glob(filepath.Join(dir, ".pentimento-????????????.tmp"))
		for _, path := range all {
			if path != stay[0] {
				_ = os.Chtimes(path, old, old)
			}
		}
		disk.Sweep(dir)
		_, err := w.Write([]byte("whole"))
		return err
	})
	if data, readErr := os.ReadFile(out); err != nil || readErr != nil || string(data) != "whole" {
		t.Errorf("what was being written is %q, %v, %v", data, err, readErr)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what a killed writer left is still there")
	}
	for _, path := range stay {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}
