package checkpoint

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A part opened by a relative path says the absolute one, from which weights are read.
func TestAPartOfARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	text := `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text+"\x00\x00\x00\x00"...)
	if err := os.WriteFile("a.safetensors", file, 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := OpenPart("a.safetensors", "")
	if err != nil || !filepath.IsAbs(p.Tensors["a"].File) {
		t.Errorf("the tensor lies in %q (%v)", p.Tensors["a"].File, err)
	}
}

// A folder in a file's place is called one.
func TestAFolderIsNoPart(t *testing.T) {
	if _, err := OpenPart(t.TempDir(), ""); err == nil || !strings.Contains(err.Error(), "found a folder") {
		t.Errorf("%v", err)
	}
}
