package region

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
)

// How unlike the old picture is to the new one where a fade ends, in levels of the mean over a window of 2·alikeReach+1
// pixels: below alike it is kept, from unlike on there is none.
const (
	alike      = 8
	unlike     = 28
	alikeReach = 2
)

// FadeAlike ends a fade inside a selection where what was there is unlike what was made, so that nothing shines through of a
// thing that was covered: made is laid there as selection says. fade is at most selection, all have equal bounds. Means over
// small windows are compared, for texture differs pixel by pixel without being another thing; of what lies outside the
// selection nothing is in them.
func FadeAlike(fade, selection *image.Alpha, old, made *image.NRGBA) *image.Alpha {
	out := pixels.CloneMask(fade)
	w := fade.Rect.Dx()
	rows(fade.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			to, full := out.Pix[y*out.Stride:][:w], selection.Pix[y*selection.Stride:][:w]
			for x, v := range to {
				if v >= full[x] {
					continue
				}
				d := min(max((difference(selection, old, made, x, y)-alike)/(unlike-alike), 0), 1)
				d = d * d * (3 - 2*d)
				to[x] = v + uint8(math.Round(d*float64(full[x]-v)))
			}
		}
	})
	return out
}

// difference is how far the means of two pictures around the x-th pixel of the y-th row are apart inside a selection, in levels, of
// the colour that is furthest apart.
func difference(selection *image.Alpha, old, made *image.NRGBA, x, y int) float64 {
	size := selection.Rect.Size()
	x0, x1 := max(x-alikeReach, 0), min(x+alikeReach+1, size.X)
	var sum [3]int
	n := 0
	for y := max(y-alikeReach, 0); y < min(y+alikeReach+1, size.Y); y++ {
		s := selection.Pix[y*selection.Stride:][x0:x1]
		a, b := old.Pix[y*old.Stride+4*x0:], made.Pix[y*made.Stride+4*x0:]
		for i, v := range s {
			if v > 0 {
				n++
				for c := range sum {
					sum[c] += int(a[4*i+c]) - int(b[4*i+c])
				}
			}
		}
	}
	far := 0
	for _, v := range sum {
		far = max(far, v, -v)
	}
	return float64(far) / float64(max(n, 1))
}
