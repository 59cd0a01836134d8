package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoVerbWritesOverWhatItReadsUnasked, under its name or another of the same file; --overwrite does.
func TestNoVerbWritesOverWhatItReadsUnasked(t *testing.T) {
	dir := t.TempDir()
	picture, err := os.ReadFile("testdata/astronaut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	a, other := filepath.Join(dir, "a.jpg"), filepath.Join(dir, "other.jpg")
	fresh := func() {
		if err := os.WriteFile(a, picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fresh()
	if err := os.Link(a, other); err != nil {
		t.Skipf("this disk has no second names: %v", err)
	}
	for _, args := range [][]string{
		{"upscale", a, a, "--by", "1"},
		{"upscale", a, other, "--by", "1"},
		{"upscale", "--in", a, "--out", filepath.Join(dir, "..", filepath.Base(dir), "a.jpg"), "--by", "1"},
		{"preprocess", "invert", a, a},
		{"outpaint", "--image", a, "--out", a, "--left", "1"},
		{"fill", "--image", a, "--mask", "alpha", "--out", other},
		{"pixelate", a, other},
		{"cutout", a, other, "--as", "mask"},
		{"select", a, a, "--at", "1,1"},
		{"restore", a, other},
		{"swap", filepath.Join("testdata", "astronaut.jpg"), a, "--face", a, "--model", "x.onnx", "--embedder", "y.onnx"},
		{"detail", a, a, "--find", "face", "--mask-only"},
		{"generate", "--image", a, "--out", a, "--prompt", "x", "--model", "none.safetensors"},
	} {
		var out, errs bytes.Buffer
		if code := Main(t.Context(), args, Env{Stdout: &out, Stderr: &errs}); code != ExitFailed || !strings.Contains(errs.String(), "is what is read") || !strings.Contains(errs.String(), "--overwrite") {
			t.Errorf("%v: exit %d, %s", args, code, errs.String())
		}
		if now, err := os.ReadFile(a); err != nil || !bytes.Equal(now, picture) {
			t.Errorf("%v changed it, %v", args, err)
			fresh()
		}
	}
	var errs bytes.Buffer
	if code := Main(t.Context(), []string{"upscale", a, a, "--by", "1.5", "--overwrite"}, Env{Stdout: &errs, Stderr: &errs}); code != ExitDone {
		t.Errorf("--overwrite: exit %d, %s", code, errs.String())
	}
	if now, _ := os.ReadFile(a); bytes.Equal(now, picture) {
		t.Error("--overwrite left it as it was")
	}
}
