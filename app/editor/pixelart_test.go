package editor

import (
	"image"
	"strings"
	"testing"

	"pentimento/canvas/canvastest"
)

// TestPixelArtIsTriedAndMade: the document does not know of it until it is made, in one step; undo brings all back.
func TestPixelArtIsTriedAndMade(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 64, 48), 3))
	before, steps := canvastest.Copy(b.State()), b.steps()
	b.PixelArt(PixelOptions{Cell: 8, Count: 4})
	b.idle()
	if b.steps() != steps || canvastest.Difference(before, b.State()) != "" || b.Trying() != "Pixel art" {
		t.Fatal("trying changed the document")
	}
	b.MakeTrial()
	b.idle()
	l := b.State().Layer(b.State().Active)
	img := pixelsOf(l)
	for y := range 48 {
		for x := range 64 {
			if img.NRGBAAt(x, y) != img.NRGBAAt(x/8*8, y/8*8) {
				t.Fatalf("the cell of %d, %d is not of one colour", x, y)
			}
		}
	}
	if texts := b.Provenance.Texts(b.State(), b.Used(), 0); len(texts) == 0 || !strings.Contains(texts[0].Text, "Pixelate cell: 8") {
		t.Errorf("an export says %q", texts)
	}
	b.Do("edit.undo")
	if d := canvastest.Difference(before, b.State()); b.steps() != steps+1 && d != "" {
		t.Error(d)
	}
}
