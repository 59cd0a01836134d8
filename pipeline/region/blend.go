package region

import (
	"fmt"
	"image"
	"math"
)

// Blend lays result over original: premultiplied mixing by the composite mask, 0 keeps
// the original bit for bit (hidden colours included), 255 takes the result exactly. The
// three must have equal bounds. A new picture is returned.
func Blend(original, result *image.NRGBA, composite *image.Alpha) (*image.NRGBA, error) {
	if original.Rect != result.Rect || original.Rect != composite.Rect {
		return nil, fmt.Errorf("region: result %v and mask %v, want the bounds %v of the original", result.Rect, composite.Rect, original.Rect)
	}
	out := image.NewNRGBA(original.Rect)
	w := out.Rect.Dx()
	rows(out.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			d := out.Pix[y*out.Stride:][:4*w]
			copy(d, original.Pix[y*original.Stride:][:4*w])
			s := result.Pix[y*result.Stride:][:4*w]
			for x, m := range composite.Pix[y*composite.Stride:][:w] {
				switch m {
				case 0:
				case 255:
					copy(d[4*x:4*x+4], s[4*x:4*x+4])
				default:
					mixPixel(d[4*x:][:4], s[4*x:][:4], uint32(m))
				}
			}
		}
	})
	return out, nil
}

// mixPixel mixes s into d by m of 255, straight alpha in and out.
func mixPixel(d, s []uint8, m uint32) {
	a0, a1 := uint32(d[3])*(255-m), uint32(s[3])*m
	a := a0 + a1 // of 255²
	if a == 0 {
		return
	}
	for k := range 3 {
		d[k] = uint8((uint32(d[k])*a0 + uint32(s[k])*a1 + a/2) / a)
	}
	d[3] = uint8((a + 127) / 255)
}

// moments are the mean and deviation of the three channels in linear light, 0..1.
type moments struct{ mean, dev [3]float64 }

// MatchColor corrects the colours of a network's result so that the part the network
// was told to keep looks as it did: mean and deviation per channel, in linear light,
// measured only where exclude is 0 and both pictures are opaque. Gains and shifts of the
// mean are limited to ±10 %. result is not written; where too little context is left to
// measure (fewer than 256 pixels) it is returned as it is.
func MatchColor(result, original *image.NRGBA, exclude *image.Alpha) (*image.NRGBA, error) {
	if original.Rect != result.Rect || original.Rect != exclude.Rect {
		return nil, fmt.Errorf("region: original %v and mask %v, want the bounds %v of the result", original.Rect, exclude.Rect, result.Rect)
	}
	have, want, n := measure(result, original, exclude)
	if n < 256 {
		return result, nil
	}
	var table [3][256]uint8
	for k := range 3 {
		gain := 1.0
		if have.dev[k] > 1e-4 {
			gain = limit(want.dev[k]/have.dev[k], 0.9, 1.1)
		}
		mean := limit(want.mean[k], 0.9*have.mean[k], 1.1*have.mean[k])
		for v := range 256 {
			table[k][v] = encode((linear[v]-have.mean[k])*gain + mean)
		}
	}
	out := image.NewNRGBA(result.Rect)
	w := out.Rect.Dx()
	rows(out.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			s, d := result.Pix[y*result.Stride:][:4*w], out.Pix[y*out.Stride:][:4*w]
			for i := 0; i+4 <= len(s) && i+4 <= len(d); i += 4 {
				d[i], d[i+1], d[i+2], d[i+3] = table[0][s[i]], table[1][s[i+1]], table[2][s[i+2]], s[i+3]
			}
		}
	})
	return out, nil
}

// block is the side of the squares whose means are measured: what an autoencoder loses
// of the finest detail isn't a drift of contrast.
const block = 8

// measure takes the moments of the means of all squares outside the mask. n counts their
// pixels.
func measure(a, b *image.NRGBA, exclude *image.Alpha) (ma, mb moments, n int) {
	w, h := a.Rect.Dx()/block, a.Rect.Dy()/block
	type sums struct {
		a, b [2][3]float64 // of values and of their squares
		n    int
	}
	rowSums := make([]sums, h)
	rows(h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			s := &rowSums[y]
			for x := range w {
				va, vb, ok := squareMeans(a, b, exclude, x*block, y*block)
				if !ok {
					continue
				}
				s.n++
				for k := range 3 {
					s.a[0][k] += va[k]
					s.a[1][k] += va[k] * va[k]
					s.b[0][k] += vb[k]
					s.b[1][k] += vb[k] * vb[k]
				}
			}
		}
	})
	var all sums
	for _, s := range rowSums { // in one order, whatever the number of cores
		all.n += s.n
		for i := range 2 {
			for k := range 3 {
				all.a[i][k] += s.a[i][k]
				all.b[i][k] += s.b[i][k]
			}
		}
	}
	return momentsOf(all.a, all.n), momentsOf(all.b, all.n), all.n * block * block
}

// squareMeans are the means in linear light of one square of two pictures; not ok where
// any of its pixels is excluded or not opaque.
func squareMeans(a, b *image.NRGBA, exclude *image.Alpha, x0, y0 int) (ma, mb [3]float64, ok bool) {
	for y := y0; y < y0+block; y++ {
		for _, m := range exclude.Pix[y*exclude.Stride+x0:][:block] {
			if m != 0 {
				return ma, mb, false
			}
		}
	}
	for y := y0; y < y0+block; y++ {
		p, q := a.Pix[y*a.Stride+4*x0:][:4*block], b.Pix[y*b.Stride+4*x0:][:4*block]
		for i := 0; i+4 <= len(p) && i+4 <= len(q); i += 4 {
			if p[i+3] != 255 || q[i+3] != 255 {
				return ma, mb, false
			}
			for k := range 3 {
				ma[k] += linear[p[i+k]]
				mb[k] += linear[q[i+k]]
			}
		}
	}
	for k := range 3 {
		ma[k], mb[k] = ma[k]/(block*block), mb[k]/(block*block)
	}
	return ma, mb, true
}

// momentsOf reduces the sums of n values and of their squares.
func momentsOf(s [2][3]float64, n int) (m moments) {
	d := float64(max(n, 1))
	for k := range 3 {
		m.mean[k] = s[0][k] / d
		m.dev[k] = math.Sqrt(max(0, s[1][k]/d-m.mean[k]*m.mean[k]))
	}
	return m
}

// linear holds the linear light of an sRGB byte (IEC 61966-2-1).
var linear = func() (t [256]float64) {
	for i := range t {
		v := float64(i) / 255
		if v <= 0.04045 {
			t[i] = v / 12.92
		} else {
			t[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return t
}()

// encode is the inverse of linear, rounded and clamped.
func encode(v float64) uint8 {
	v = limit(v, 0, 1)
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - 0.055
	}
	return uint8(v*255 + 0.5)
}

func limit(v, lo, hi float64) float64 { return min(max(v, lo), hi) }
