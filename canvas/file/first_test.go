package file

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// testdata/first holds files of three pictures each, written by Pillow.
func TestAFileOfSeveralPicturesSaysThatTheFirstIsOpened(t *testing.T) {
	for name, want := range map[string]string{
		"first/three.gif": "animation of 3 pictures; the first", "first/three.png": "animation of 3 pictures; the first", "first/three.webp": "animation of 3 pictures; the first",
		"first/three.tif": "3 pages; the first", "first/still.png": "animation of 2 pictures beside a still one", "rare/pages.tif": "pages; the first",
		"pictures/pal.gif": "", "pictures/rgba8.png": "", "pictures/lossy.webp": "", "pictures/rgb8.tif": "", "rare/big.tif": "",
	} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Decode(context.Background(), bytes.NewReader(b), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		info, err := Inspect(context.Background(), bytes.NewReader(b))
		if err != nil || info.Note != p.Note {
			t.Errorf("%s: inspected %q %v, decoded %q", name, info.Note, err, p.Note)
		}
		if !strings.Contains(p.Note, want) || (want == "") != (p.Note == "") {
			t.Errorf("%s: note %q, want %q", name, p.Note, want)
		}
	}
}
