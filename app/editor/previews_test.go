package editor

import (
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestLargeFilesHavePreviewsThatAreKept: also of a file of more than 6 MB, and the second time
// without reading it.
func TestLargeFilesHavePreviewsThatAreKept(t *testing.T) {
	b := newBench(t)
	b.Previews = filepath.Join(t.TempDir(), "previews")
	noise := image.NewNRGBA(image.Rect(0, 0, 1600, 1200))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(r.Uint32()) | 1
	}
	path := filepath.Join(t.TempDir(), "large.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(f, noise); err != nil {
		t.Fatal(err)
	}
	f.Close()
	st, err := os.Stat(path)
	if err != nil || st.Size() < 6<<20 {
		t.Fatalf("the file has %d bytes (%v)", st.Size(), err)
	}
	see := func() image.Rectangle {
		var got image.Image
		b.Preview(path, 100, func(img image.Image) { got = img })
		b.until("the preview", func() bool { return got != nil })
		return got.Bounds()
	}
	if got := see(); got.Dx() != 100 || got.Dy() != 75 {
		t.Errorf("the preview is %v", got)
	}
	if err := os.WriteFile(path, make([]byte, st.Size()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, st.ModTime(), st.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := see(); got.Dx() != 100 {
		t.Errorf("the kept preview is %v", got)
	}
}
