package fills

import (
	"image"
	"testing"

	"pentimento/canvas/canvastest"
	"pentimento/canvas/render"
)

// TestBlankIsWhereNothingShows: mask and bounds say of any part what the flattened picture says.
func TestBlankIsWhereNothingShows(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 20 {
		s, r := canvastest.Document(rng).State(), canvastest.Area(rng, 400)
		img, m := render.Flatten(s, r, render.FlattenOptions{}), BlankMask(s, r)
		var blank, shown image.Rectangle
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				empty, one := img.NRGBAAt(x, y).A == 0, image.Rect(x, y, x+1, y+1)
				if (m.AlphaAt(x, y).A == 255) != empty {
					t.Fatalf("%d, %d of %v: %v is %v", x, y, r, img.NRGBAAt(x, y), m.AlphaAt(x, y))
				}
				if empty {
					blank = blank.Union(one)
				} else {
					shown = shown.Union(one)
				}
			}
		}
		if got := blankBounds(s, r); got != blank {
			t.Fatalf("blank in %v is %v, want %v", r, got, blank)
		}
		if got := pictureBounds(s, r); got != shown {
			t.Fatalf("the picture in %v is %v, want %v", r, got, shown)
		}
	}
}
