package file

import (
	"bytes"
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
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
	seeds(f, "testdata/pictures/[a-qs-z]*", "testdata/pictures/rgb*", "testdata/rare/*", "testdata/first/*", "../psd/testdata/*")
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

// FuzzPNGChunks puts any bytes into text chunks whose sums are right, so that the fuzzer
// gets past them.
func FuzzPNGChunks(f *testing.F) {
	for i, s := range []string{"parameters\x00a\nSteps: 1, Seed: 2, Size: 8x8", "k\x00\x01\x00de\x00K\x00" + string(deflate([]byte("squeezed"))), "k\x00\x00" + string(deflate(make([]byte, 1<<20)))} {
		f.Add(uint8(i), []byte(s), []byte("Exif\x00\x00II*\x00"))
	}
	f.Fuzz(func(t *testing.T, kind uint8, data, exif []byte) {
		file := []byte("\x89PNG\r\n\x1a\n")
		for _, c := range [][]byte{chunk("IHDR", []byte("\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00")),
			chunk([]string{"tEXt", "zTXt", "iTXt"}[kind%3], data), chunk("eXIf", exif), chunk("IEND", nil)} {
			file = append(file, c...)
		}
		texts, _ := Texts(bytes.NewReader(file))
		total := 0
		for _, x := range texts {
			total += len(x.Text)
		}
		if total > maxTexts {
			t.Errorf("%d bytes of text", total)
		}
	})
}

// FuzzGIFComment: any blocks after a GIF's header.
func FuzzGIFComment(f *testing.F) {
	f.Add([]byte("!\xfe\x03abc\x00;"))
	f.Add([]byte("!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00!\xfe\x02hi\x00;"))
	f.Fuzz(func(t *testing.T, b []byte) {
		Texts(bytes.NewReader(append([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), b...)))
	})
}

// FuzzSidecar: a text beside a picture may hold anything.
func FuzzSidecar(f *testing.F) {
	f.Add([]byte("\xef\xbb\xbfa\nSteps: 1"))
	f.Add([]byte("\xff\xfea\x00b\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := PlainText(bytes.NewReader(b)); err == nil && !utf8.ValidString(s) {
			t.Errorf("%q became %q, which is no UTF-8", b, s)
		}
	})
}

// FuzzMask: a mask from a project or the library is the size it must have, or refused.
func FuzzMask(f *testing.F) {
	m, err := PackMask(image.NewAlpha(image.Rect(3, 4, 9, 9)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m, 6, 5)
	f.Fuzz(func(t *testing.T, text string, w, h int) {
		if w < 0 || h < 0 || w > 4096 || h > 4096 {
			return
		}
		r := image.Rect(0, 0, w, h)
		if m, err := UnpackMask(text, r); err == nil && m.Rect != r {
			t.Errorf("mask of %v, want %v", m.Rect, r)
		}
	})
}
