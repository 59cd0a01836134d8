package infill

import (
	"image"
	"testing"
)

// TestADrawingIsFetchedToTheSides: of a hole that reaches the picture's sides every pixel is taken back from a drawing in
// perspective. Where the drawing is smaller than the picture, what lies beside those at the sides is in neither.
func TestADrawingIsFetchedToTheSides(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 160, 100))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	mask := image.NewAlpha(img.Rect)
	for y := range 100 {
		for x := 110; x < 160; x++ {
			mask.Pix[y*mask.Stride+x] = 255
		}
	}
	for _, lean := range []tilt{{0.004, 0}, {0.005, 0}, {0.004, 0.001}, {0.004, -0.001}} {
		l := levelOf(img, mask, img.Rect)
		if err := l.prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		w, fits := l.warpFor(lean)
		if fits < 1 {
			t.Fatalf("%v: %g of the hole fits", lean, fits)
		}
		d, err := l.tilted(t.Context(), w)
		if err == nil {
			err = l.fetch(t.Context(), d, w)
		}
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		for _, i := range l.todo {
			if l.state[i] == hole {
				left++
			}
		}
		if left > 0 {
			t.Errorf("%v: %d of %d pixels are not fetched", lean, left, len(l.todo))
		}
	}
}
