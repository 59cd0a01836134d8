package canvas_test

import (
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
)

// TestDegreesAreEvenPlaces: half coverage that is even counts, a soft edge, straight or round, does not.
func TestDegreesAreEvenPlaces(t *testing.T) {
	none := canvas.Grid[canvas.MaskTile]{}
	full := canvas.CoverRect(image.Rect(3, 5, 150, 90))
	if canvas.Degrees(full, none) || canvas.Degrees(none, none) {
		t.Error("all or nothing is taken for degrees")
	}
	half := canvas.Weakened(full, 0.5)
	if !canvas.Degrees(half, none) || !canvas.Degrees(canvas.Join(full, canvas.Weakened(canvas.CoverRect(image.Rect(200, 0, 240, 20)), 0.3), canvas.Add), full) {
		t.Error("even half coverage is not")
	}
	if got := canvas.CoverImage(half, image.Rect(50, 50, 51, 51)).Pix[0]; got != 128 {
		t.Errorf("half of all is %d", got)
	}
	m := image.NewAlpha(image.Rect(0, 0, 128, 128))
	for y := range 128 {
		for x := range 128 {
			m.SetAlpha(x, y, color.Alpha{A: uint8(min(max(4*(y-40), 0), 255))})
		}
	}
	if canvas.Degrees(canvas.Cover(m), none) {
		t.Error("a straight soft edge is taken for degrees")
	}
}
