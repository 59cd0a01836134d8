package bmp

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"testing"
)

// file is one of run lengths, 8 bits a pixel, of the given size.
func file(w, h int, runs []byte) []byte {
	b := make([]byte, 58, 58+len(runs))
	copy(b, "BM")
	le := binary.LittleEndian
	le.PutUint32(b[10:], 58)
	le.PutUint32(b[14:], 40)
	le.PutUint32(b[18:], uint32(w))
	le.PutUint32(b[22:], uint32(h))
	le.PutUint16(b[28:], 8)
	le.PutUint32(b[30:], 1)
	le.PutUint32(b[46:], 1)
	return append(b, runs...)
}

// A small file must not ask for much memory: a byte of run lengths is at most 64 pixels.
func TestLargePicturesNeedBytes(t *testing.T) {
	if _, err := Decode(bytes.NewReader(file(16384, 16384, make([]byte, 1<<20)))); err != io.ErrUnexpectedEOF {
		t.Errorf("268 million pixels of a megabyte: %v", err)
	}
	img, err := Decode(bytes.NewReader(file(1000, 1000, []byte{3, 0, 0, 1})))
	if err != nil || img.Bounds().Dx() != 1000 {
		t.Errorf("a blank picture of a few bytes: %v", err)
	}
}

// FuzzDecode: no bytes end the program, and what opens is of the size that was announced.
func FuzzDecode(f *testing.F) {
	if b, err := os.ReadFile("../file/testdata/rare/b565.bmp"); err == nil {
		f.Add(b)
	}
	f.Add(file(9, 7, []byte{3, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 4, 0, 0, 0, 0, 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeConfig(bytes.NewReader(b))
		if err != nil || c.Width*c.Height > 1<<22 {
			return
		}
		if img, err := Decode(bytes.NewReader(b)); err == nil && (img.Bounds().Dx() != c.Width || img.Bounds().Dy() != c.Height) {
			t.Errorf("%v, want %d×%d", img.Bounds(), c.Width, c.Height)
		}
	})
}
