package file

import (
	"bytes"
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"
)

func seeds(f *testing.F, patterns ...string) {
	for _, p := range patterns {
		files, _ := filepath.Glob(p)
		for _, name := range files {
			if b, err := os.ReadFile(name); err == nil {
				f.Add(b)
			}
		}
	}
}

// FuzzDecode: no input ends the program, and what opens can be read everywhere.
func FuzzDecode(f *testing.F) {
	seeds(f, "testdata/pictures/[a-qs-z]*", "testdata/pictures/rgb*")
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		if _, cfg, err := inspect(context.Background(), r, int64(len(b))); err != nil || cfg.Width*cfg.Height > 1<<20 {
			return // large pictures are not slow because of us
		}
		p, err := Decode(context.Background(), r, nil)
		if err != nil {
			return
		}
		p.NRGBA()
		var buf [7 * 5 * 4]byte
		p.ReadRect(image.Rect(-2, -2, 5, 3), buf[:], 28)
	})
}

// FuzzTexts: no input makes the text readers panic, hang or return more than they may.
func FuzzTexts(f *testing.F) {
	seeds(f, "testdata/pictures/[a-qs-z]*")
	f.Add(withExif([]byte{0xff, 0xd8, 0xff, 0xda}, 3, []byte("UNICODE\x00\x00a\x00b")))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00!\xfe\x03abc\x00;"))
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, _ := Texts(bytes.NewReader(b))
		total := 0
		for _, x := range texts {
			total += len(x.Text)
		}
		if total > maxTexts {
			t.Errorf("%d bytes of text", total)
		}
	})
}

// FuzzExif: the EXIF reader takes any bytes.
func FuzzExif(f *testing.F) {
	f.Add(withExif([]byte{0xff, 0xd8}, 6, []byte("ASCII\x00\x00\x00note"))[6:])
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o, _ := exifTags(b); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}
