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
// (the screened Poisson equation, Bhat et al. 2008).
func Join(result, original *image.NRGBA, composite *image.Alpha) *image.NRGBA {
	if result.Rect != original.Rect || result.Rect != composite.Rect {
		return result
	}
	far, any := border(result, original, composite)
	if !any {
		return result
	}
	near := newMembrane(far.w, far.h)
	copy(near.kind, far.kind)
	for k := range far.value {
		copy(near.value[k], far.value[k])
	}
	far.average(result, original, composite)
	for k := range far.value {
		for i, kind := range far.kind {
			if kind == fixed {
				near.value[k][i] -= far.value[k][i]
			}
		}
	}
	near.screen = joinNear
	far.screen = joinFar
	far.solve()
	for range 16 {
		near.sweep()
	}
	return far.corrected(result, near)
}

// average replaces the values of the border by the means of the differences around them,
// where the original is kept.
func (m *membrane) average(result, original *image.NRGBA, composite *image.Alpha) {
	rows(m.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range m.w {
				if m.kind[y*m.w+x] != fixed {
					continue
				}
				var sum [3]float32
				var n float32
				for yy := max(y-joinMean, 0); yy <= min(y+joinMean, m.h-1); yy++ {
					for xx := max(x-joinMean, 0); xx <= min(x+joinMean, m.w-1); xx++ {
						p, q := yy*result.Stride+4*xx, yy*original.Stride+4*xx
						if composite.Pix[yy*composite.Stride+xx] > 0 || original.Pix[q+3] < 255 {
							continue
						}
						n++
						for k := range sum {
							sum[k] += float32(original.Pix[q+k]) - float32(result.Pix[p+k])
						}
					}
				}
				for k := range sum { // the place itself counts, so n > 0
					m.value[k][y*m.w+x] = sum[k] / n
				}
			}
		}
	})
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
