package cut

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"testing"

	"pentimento/canvas"
)

// blurredDisc is a disc of radius 60 on a ground with grain, its edge blurred with a deviation, and the share of the
// disc at a distance from its border; beside stands a bar as another thing, from 14 pixels beside the disc on.
func blurredDisc(sigma float64) (img *image.NRGBA, share func(x, y int) float64, m *image.Alpha) {
	img, m = image.NewNRGBA(image.Rect(0, 0, 240, 240)), image.NewAlpha(image.Rect(0, 0, 240, 240))
	share = func(x, y int) float64 {
		return math.Erfc((math.Hypot(float64(x-110), float64(y-110))-60)/math.Sqrt2/max(sigma, 0.3)) / 2
	}
	for y := range 240 {
		for x := range 240 {
			f, grain := share(x, y), float64((x*x*7+y*y*3+x*y*11)%17-8)
			if img.SetNRGBA(x, y, color.NRGBA{uint8(70 + 150*f + grain), uint8(120 - 60*f + grain), uint8(110 - 60*f), 255}); x >= 184 {
				img.SetNRGBA(x, y, color.NRGBA{230, 220, 60, 255})
			}
			if f > 0.5 {
				m.Pix[m.PixOffset(x, y)] = 255
			}
		}
	}
	return img, share, m
}

// TestAThingIsWidenedByAsMuchAsItsEdgeIsSoft: what lies beside the wider thing has less than a twentieth of its colour,
// crisp ones get two or three pixels, and what stands beside it is left alone.
func TestAThingIsWidenedByAsMuchAsItsEdgeIsSoft(t *testing.T) {
	last := 0
	for _, sigma := range []float64{0, 1, 2, 3.5} {
		img, share, m := blurredDisc(sigma)
		g, most, err := Widened(context.Background(), Of(img), canvas.Cover(m))
		if err != nil {
			t.Fatal(err)
		}
		wide := canvas.CoverImage(g, img.Rect)
		left := 0.0
		for y := range 240 {
			for x := range 240 {
				v := wide.AlphaAt(x, y).A
				if v < m.AlphaAt(x, y).A {
					t.Fatalf("blur %g: (%d,%d) is %d, was in the thing", sigma, x, y, v)
				}
				if x >= 184 && v > 0 {
					t.Fatalf("blur %g: the thing beside it is taken at (%d,%d)", sigma, x, y)
				}
				left = max(left, share(x, y)*float64(255-v)/255)
			}
		}
		if left > 0.05 || most < last || most > int(3*sigma)+3 {
			t.Errorf("blur %g: widened by up to %d (%d before), of the thing %.3f is left", sigma, most, last, left)
		}
		last = most
	}
	if last < 6 {
		t.Errorf("the softest is widened by %d", last)
	}
}

// TestWideningEndsWithItsContext, and nothing is nothing's edge.
func TestWideningEndsWithItsContext(t *testing.T) {
	img, _, m := blurredDisc(2)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Widened(ctx, Of(img), canvas.Cover(m)); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	if g, most, err := Widened(context.Background(), Of(img), canvas.Grid[canvas.MaskTile]{}); g.Len() > 0 || most != 0 || err != nil {
		t.Errorf("nothing is widened by %d, %v", most, err)
	}
}
