package cli

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAFolderOfPicturesWaitsForNoPipe that bears a picture's name.
func TestAFolderOfPicturesWaitsForNoPipe(t *testing.T) {
	in := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(in, "a.png"), 0o600); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(in, "b.png"), scene(20, 10, 1))
	if r := do(t, nil, "upscale", in, filepath.Join(t.TempDir(), "out")); r.code != 0 || strings.Count(r.errors, "by Lanczos") != 2 {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if r := do(t, nil, "preprocess", "canny", in, filepath.Join(t.TempDir(), "out")); r.code != 0 {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
}
