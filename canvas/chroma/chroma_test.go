package chroma

import (
	"bytes"
	"image"
	"testing"
)

// noise is a picture of any values, a part of a larger one.
func noise(r image.Rectangle, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, r.Max.X+3, r.Max.Y+3), ratio)
	v := uint32(7)
	for _, p := range [][]byte{m.Y, m.Cb, m.Cr} {
		for i := range p {
			v = v*1664525 + 1013904223
			p[i] = byte(v >> 24)
		}
	}
	return m.SubImage(r).(*image.YCbCr)
}

// sample is the chroma sample at a column and row of the plane, or at the nearest inside.
func sample(m *image.YCbCr, cx, cy, stepX, stepY int) int {
	first, last := m.Rect.Min, m.Rect.Max.Sub(image.Pt(1, 1))
	cx = max(first.X/stepX, min(cx, last.X/stepX))
	cy = max(first.Y/stepY, min(cy, last.Y/stepY))
	return int(m.Cb[(cy-first.Y/stepY)*m.CStride+cx-first.X/stepX])
}

// One row at a time and in any stretches, the chroma is what the formulas of libjpeg-turbo
// say sample by sample: in words, 3/4 of the nearest and 1/4 of the next in each direction,
// rounded in turn up and down.
func TestChromaGoesOverAsInLibjpeg(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio440} {
		for _, r := range []image.Rectangle{image.Rect(0, 0, 300, 5), image.Rect(0, 0, 7, 8), image.Rect(2, 2, 31, 9), image.Rect(0, 0, 6, 1), image.Rect(0, 0, 5, 2)} {
			m := noise(r, ratio)
			h, v := halves(ratio)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for _, cut := range []int{1, 2, 3, 64, 1000} {
					for x0 := r.Min.X; x0 < r.Max.X; x0 += cut {
						x1 := min(x0+cut, r.Max.X)
						cb, cr := make([]byte, x1-x0), make([]byte, x1-x0)
						rowJPEG(m, x0, x1, y, cb, cr)
						for x := x0; x < x1; x++ {
							if want := libjpeg(m, x, y, h, v); int(cb[x-x0]) != want {
								t.Fatalf("%v %v: pixel %d,%d of %d..%d has Cb %d, want %d", ratio, r, x, y, x0, x1, cb[x-x0], want)
							}
						}
					}
				}
			}
		}
	}
}

func libjpeg(m *image.YCbCr, x, y int, h, v bool) int {
	side := func(i int) int { return i/2 - 1 + 2*(i&1) }
	switch {
	case h && v:
		sum := func(cx int) int { return 3*sample(m, cx, y/2, 2, 2) + sample(m, cx, side(y), 2, 2) }
		return (3*sum(x/2) + sum(side(x)) + 8 - x&1) >> 4
	case h:
		return (3*sample(m, x/2, y, 2, 1) + sample(m, side(x), y, 2, 1) + 1 + x&1) >> 2
	}
	return (3*sample(m, x, y/2, 1, 2) + sample(m, x, side(y), 1, 2) + 1 + y&1) >> 2
}

// A row is the same however it is cut.
func TestRowsDoNotDependOnHowTheyAreCut(t *testing.T) {
	r := image.Rect(0, 0, 613, 6)
	for name, row := range map[string]func(*image.YCbCr, int, int, int, []byte){"JPEG": JPEG, "WebP": WebP} {
		m := noise(r, image.YCbCrSubsampleRatio420)
		for y := range r.Max.Y {
			whole, parts := make([]byte, 4*r.Dx()), make([]byte, 4*r.Dx())
			row(m, 0, r.Max.X, y, whole)
			for x := 0; x < r.Max.X; x += 37 {
				row(m, x, min(x+37, r.Max.X), y, parts[4*x:])
			}
			if !bytes.Equal(whole, parts) {
				t.Errorf("%s: row %d differs", name, y)
			}
		}
	}
}
