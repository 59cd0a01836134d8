package checkpoint

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A header of 640 bytes has a length that begins as a pickle of protocol 2 does.
func TestAHeaderAsLongAsAPickleBeginsIsRead(t *testing.T) {
	for _, n := range []int{0x280, 0x380, 0x480, 0x580, 0x10280} {
		text := `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
		file := binary.LittleEndian.AppendUint64(nil, uint64(n))
		file = append(file, text+strings.Repeat(" ", n-len(text))+"\x00\x00\x00\x00"...)
		path := filepath.Join(t.TempDir(), "a.safetensors")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		if p, err := OpenPart(path, ""); err != nil || len(p.Tensors) != 1 {
			t.Errorf("a header of %d bytes: %v", n, err)
		}
	}
}
