package heif

import (
	"os"
	"testing"
)

// FuzzRead: any bytes are read or refused, and what is read has a plausible size.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"plain", "alpha"} {
		if b, err := os.ReadFile("../file/testdata/avif/" + name + ".avif"); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if i, err := Read(b); err == nil && (i.Width < 1 || i.Height < 1 || i.Orientation < 1 || i.Orientation > 8 || len(i.EXIF) > len(b)) {
			t.Errorf("%+v", i)
		}
	})
}
