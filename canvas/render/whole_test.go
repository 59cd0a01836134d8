package render

import (
	"image"
	"testing"
)

// TestNoMemoryIsAskedForWhatLiesFarApart: two strokes on a canvas without edges may have any distance.
func TestNoMemoryIsAskedForWhatLiesFarApart(t *testing.T) {
	for r, fits := range map[image.Rectangle]bool{
		{}:                                       true,
		image.Rect(-8000, 0, 8384, 16384):        true,
		image.Rect(0, 0, 1<<28, 1):               true,
		image.Rect(0, 0, 16385, 16384):           false,
		image.Rect(-1<<30, -1<<30, 1<<30, 9):     false,
		image.Rect(-1<<31, -1<<31, 1<<31, 1<<31): false,
	} {
		if err := CheckWhole("find", r); (err == nil) != fits {
			t.Errorf("%v: %v", r, err)
		}
	}
}
