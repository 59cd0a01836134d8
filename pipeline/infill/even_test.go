package infill

import (
	"image"
	"math"
	"testing"
)

// strip is a picture whose left half is kept at `kept` and whose right half, the hole, was
// filled with `fresh`, both with a pattern of zero mean.
func strip(kept, fresh uint8) (*image.NRGBA, *image.Alpha, image.Rectangle) {
	img, mask := image.NewNRGBA(image.Rect(-20, 5, 236, 69)), image.NewAlpha(image.Rect(-20, 5, 236, 69))
	hole := image.Rect(108, 5, 236, 69)
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			v := kept
			if x >= hole.Min.X {
				v, mask.Pix[mask.PixOffset(x, y)] = fresh, 255
			}
			v += uint8((x + y) & 1 * 20)
			copy(img.Pix[img.PixOffset(x, y):], []uint8{v, v, v, 255})
		}
	}
	return img, mask, hole
}

func columnMean(img *image.NRGBA, x int) float64 {
	sum := 0
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		sum += int(img.Pix[img.PixOffset(x, y)])
	}
	return float64(sum) / float64(img.Rect.Dy())
}

func TestEvenTakesBackASmallDifferenceWithoutAStep(t *testing.T) {
	for _, c := range []struct{ kept, fresh uint8 }{{100, 108}, {100, 93}, {100, 100}} {
		img, mask, hole := strip(c.kept, c.fresh)
		before := append([]uint8(nil), img.Pix...)
		even(img, mask, hole)
		sum := 0.0
		for x := hole.Min.X; x < hole.Max.X; x++ {
			m := columnMean(img, x)
			sum += m / float64(hole.Dx())
			if x > hole.Min.X {
				if d := math.Abs(m - columnMean(img, x-1)); d > 1.5 {
					t.Errorf("%+v: a step of %.1f at column %d", c, d, x)
				}
			}
		}
		if want := columnMean(img, img.Rect.Min.X); math.Abs(sum-want) > 0.6 {
			t.Errorf("%+v: the hole has mean %.2f, beside it %.2f", c, sum, want)
		}
		for i, v := range img.Pix {
			if mask.Pix[i/4] == 0 && v != before[i] {
				t.Fatalf("%+v: kept byte %d changed", c, i)
			}
		}
	}
}

func TestEvenLeavesAloneWhatShowsSomethingElse(t *testing.T) {
	img, mask, hole := strip(100, 140)
	before := append([]uint8(nil), img.Pix...)
	even(img, mask, hole)
	if string(before) != string(img.Pix) {
		t.Error("a strip 40 brighter than the picture was shifted")
	}
	blank := image.NewNRGBA(img.Rect)
	even(blank, mask, hole) // nothing opaque to go by
}
