package file

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTextsBesidePicturesAreReadInAnyEncoding(t *testing.T) {
	const words = "café 漢字\nSteps: 1, Seed: 2, Size: 8x8"
	for name, content := range map[string]string{
		"plain": words, "marked": "\ufeff" + words, "little": string(append([]byte{0xff, 0xfe}, utf16Bytes(binary.LittleEndian, words)...)), "big": string(append([]byte{0xfe, 0xff}, utf16Bytes(binary.BigEndian, words)...)),
	} {
		for _, ending := range []string{"x.txt", "x.png.txt"} {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, ending), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			if got, err := Sidecar(filepath.Join(dir, "x.png")); err != nil || got != words {
				t.Errorf("%s, %s: %q, %v, want %q", name, ending, got, err, words)
			}
		}
	}
	dir := t.TempDir()
	if got, err := Sidecar(filepath.Join(dir, "x.png")); got != "" || err != nil {
		t.Errorf("without one: %q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.txt"), []byte(strings.Repeat("long ", MaxText/4)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Sidecar(filepath.Join(dir, "x.png")); err == nil || !strings.Contains(err.Error(), "4 MiB") {
		t.Errorf("a large one: %v, want it refused", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "y.txt"), []byte("caf\xe9"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, _ := Sidecar(filepath.Join(dir, "y.png")); got != "café" {
		t.Errorf("Latin-1 became %q", got)
	}
}
