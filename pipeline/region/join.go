package region

import (
	"image"
	"math"
)

const (
	joinMean = 4 // pixels on each side over which the border's difference is averaged
	// 1/L² of the screened equation, L being the pixels in which a correction fades to 1/e.
	joinFar  = 1. / (64 * 64) // of colours: a red ball at the border doesn't tint a whole strip
	joinNear = 1. / (3 * 3)   // of texture
)

// Join fits a result to the picture that it continues, as Poisson does, but what is at the
// border doesn't decide the colours of all that is new, for an outpaint is large and has a
// border on one side: the membrane hangs from the means of the differences beside the border
// and fades within some 64 pixels, and what single pixels differ from the means within 3
// (the screened Poisson equation, Bhat et al. 2008). selection is what is new; what composite
// covers beyond it takes on the colours that were there.
func Join(result, original *image.NRGBA, selection, composite *image.Alpha) *image.NRGBA {
	if result.Rect != original.Rect || result.Rect != composite.Rect || result.Rect != selection.Rect {
		return result
	}
	far, any := border(result, original, selection)
	if !any {
		return result
	}
	near := newMembrane(far.w, far.h)
	copy(near.kind, far.kind)
	mean := func(x, y int) [3]float32 { return meanDifference(result, original, selection, x, y) }
	for i, kind := range far.kind {
		if kind != fixed {
			continue
		}
		x, y := i%far.w, i/far.w
		shown := 1 - float32(composite.Pix[y*composite.Stride+x])/255 // of the old pixel
		for k, v := range mean(x, y) {
			near.value[k][i], far.value[k][i] = shown*(far.value[k][i]-v), v
		}
	}
	far.screen, near.screen = joinFar, joinNear
	far.solve()
	for range 16 {
		near.sweep()
	}
	for i, kind := range far.kind { // beyond the selection the colours are known
		x, y := i%far.w, i/far.w
		if kind == open || composite.Pix[y*composite.Stride+x] == 0 || original.Pix[y*original.Stride+4*x+3] < 255 {
			continue
		}
		far.kind[i] = open
		for k, v := range mean(x, y) {
			near.value[k][i], far.value[k][i] = 0, v
		}
	}
	return far.corrected(result, near)
}

// meanDifference is the mean of original − result around a place, where original is kept.
func meanDifference(result, original *image.NRGBA, selection *image.Alpha, x, y int) (mean [3]float32) {
	var n float32
	around := image.Rect(x-joinMean, y-joinMean, x+joinMean+1, y+joinMean+1).Intersect(image.Rectangle{Max: result.Rect.Size()})
	for y := around.Min.Y; y < around.Max.Y; y++ {
		for x := around.Min.X; x < around.Max.X; x++ {
			p, q := y*result.Stride+4*x, y*original.Stride+4*x
			if selection.Pix[y*selection.Stride+x] > 0 || original.Pix[q+3] < 255 {
				continue
			}
			n++
			for k := range mean {
				mean[k] += float32(original.Pix[q+k]) - float32(result.Pix[p+k])
			}
		}
	}
	for k := range mean {
		mean[k] /= max(n, 1)
	}
	return mean
}

// corrected is a result with the membrane's values added, and another's.
func (m *membrane) corrected(result *image.NRGBA, also *membrane) *image.NRGBA {
	out := image.NewNRGBA(result.Rect)
	rows(m.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			s, d := result.Pix[y*result.Stride:][:4*m.w], out.Pix[y*out.Stride:][:4*m.w]
			copy(d, s)
			for x := range m.w {
				i := y*m.w + x
				if m.kind[i] != open {
					continue
				}
				for k := range 3 {
					v := float64(s[4*x+k]) + float64(m.value[k][i])
					if also != nil {
						v += float64(also.value[k][i])
					}
					d[4*x+k] = uint8(math.Round(limit(v, 0, 255)))
				}
			}
		}
	})
	return out
}
