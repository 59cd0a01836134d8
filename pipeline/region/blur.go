package region

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
)

// Tent blurs with a pyramid-shaped kernel of the given diameter along both axes: weight
// r+1−|i| for |i| ≤ r = diameter/2.
func Tent(m *image.Alpha, diameter int) *image.Alpha {
	r := diameter / 2
	if r < 1 {
		return pixels.CloneMask(m)
	}
	kernel := make([]float64, r+1)
	for i := range kernel {
		kernel[i] = float64(r + 1 - i)
	}
	if r <= 16 {
		return convolve(m, kernel)
	}
	return tentWide(m, r)
}

// Gauss blurs with a gaussian cut at the given diameter; σ = 0.3·(r−1)+0.8 for the
// radius r = diameter/2, the rule OpenCV uses for a kernel without a σ.
func Gauss(m *image.Alpha, diameter int) *image.Alpha {
	r := diameter / 2
	if r < 1 {
		return pixels.CloneMask(m)
	}
	sigma := 0.3*float64(r-1) + 0.8
	kernel := make([]float64, r+1)
	for i := range kernel {
		kernel[i] = math.Exp(-float64(i*i) / (2 * sigma * sigma))
	}
	return convolve(m, kernel)
}

// GaussReach is how far a mask blur of radius b reaches in the tools that give the
// gaussian's σ as b: int(2.5·b+0.5).
func GaussReach(b int) int { return int(2.5*float64(b) + 0.5) }

// Feather is a soft edge on both sides: a gaussian with σ = px/2, cut at 2.5σ.
func Feather(m *image.Alpha, px float64) *image.Alpha {
	sigma := px / 2
	if sigma <= 0 {
		return pixels.CloneMask(m)
	}
	kernel := make([]float64, 1+int(2.5*sigma+0.5))
	for i := range kernel {
		kernel[i] = math.Exp(-float64(i*i) / (2 * sigma * sigma))
	}
	return convolve(m, kernel)
}

// convolve applies a symmetric kernel (its half from the centre out) along x and y. It
// is exact on constant stretches: 0 stays 0 and 255 stays 255.
func convolve(m *image.Alpha, half []float64) *image.Alpha {
	const one = 1 << 16
	total := half[0]
	for _, v := range half[1:] {
		total += 2 * v
	}
	k := make([]uint32, len(half))
	rest := uint32(one)
	for i := len(half) - 1; i > 0; i-- {
		k[i] = uint32(half[i]/total*one + 0.5)
		rest -= 2 * k[i]
	}
	k[0] = rest
	w, h, r := m.Rect.Dx(), m.Rect.Dy(), len(k)-1
	mid, out := image.NewAlpha(m.Rect), image.NewAlpha(m.Rect)
	rows(h, func(y0, y1 int) {
		line := make([]uint8, w+2*r)
		for y := y0; y < y1; y++ {
			src := m.Pix[y*m.Stride:][:w]
			copy(line[r:], src)
			for i := range r {
				line[i], line[r+w+i] = src[0], src[w-1]
			}
			blurRow(mid.Pix[y*w:][:w], line, k)
		}
	})
	rows(h, func(y0, y1 int) {
		acc := make([]uint32, w)
		for y := y0; y < y1; y++ {
			blurColumn(out.Pix[y*w:][:w], mid, y, k, acc)
		}
	})
	return out
}

// blurRow convolves one padded line. Stretches without change are copied.
func blurRow(dst, line []uint8, k []uint32) {
	r := len(k) - 1
	same := 0 // how many pixels up to the window's end are equal
	for i := 1; i < 2*r; i++ {
		if line[i] == line[i-1] {
			same++
		} else {
			same = 0
		}
	}
	for x := range dst {
		end := x + 2*r
		if line[end] == line[end-1] {
			same++
		} else {
			same = 0
		}
		if same >= 2*r {
			dst[x] = line[end]
			continue
		}
		win := line[x : end+1]
		s := uint32(win[r])*k[0] + 1<<15
		for i := 1; i <= r; i++ {
			s += (uint32(win[r-i]) + uint32(win[r+i])) * k[i]
		}
		dst[x] = uint8(s >> 16)
	}
}

// blurColumn convolves row y along y, a row at a time.
func blurColumn(dst []uint8, m *image.Alpha, y int, k []uint32, acc []uint32) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	for x, v := range m.Pix[y*w:][:w] {
		acc[x] = uint32(v)*k[0] + 1<<15
	}
	for i := 1; i < len(k); i++ {
		a, b := m.Pix[max(y-i, 0)*w:][:w], m.Pix[min(y+i, h-1)*w:][:w]
		c := k[i]
		for x, v := range a {
			acc[x] += (uint32(v) + uint32(b[x])) * c
		}
	}
	for x := range dst {
		dst[x] = uint8(acc[x] >> 16)
	}
}

// tentWide is Tent by two running means along each axis, at a cost that does not grow
// with the radius.
func tentWide(m *image.Alpha, r int) *image.Alpha {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	mid, out := make([]uint16, w*h), image.NewAlpha(m.Rect)
	rows(h, func(y0, y1 int) {
		line, half := make([]uint64, w), make([]uint64, w+r)
		for y := y0; y < y1; y++ {
			for x, v := range m.Pix[y*m.Stride:][:w] {
				line[x] = uint64(v) << 8
			}
			tentLine(line, half, r)
			for x, v := range line {
				mid[y*w+x] = uint16(v)
			}
		}
	})
	rows(w, func(x0, x1 int) {
		line, half := make([]uint64, h), make([]uint64, h+r)
		for x := x0; x < x1; x++ {
			for y := range line {
				line[y] = uint64(mid[y*w+x])
			}
			tentLine(line, half, r)
			for y, v := range line {
				out.Pix[y*w+x] = uint8((v + 128) >> 8)
			}
		}
	})
	return out
}

// tentLine blurs one line in place: the tent is a box of r+1 applied twice, once
// reaching forward and once back. half is scratch of len(line)+r.
func tentLine(line, half []uint64, r int) {
	n, k := len(line), r+1
	at := func(i int) uint64 { return line[min(max(i, 0), n-1)] }
	var sum uint64
	for i := -r; i < k-r; i++ { // half[i] = Σ line[i-r … i-r+r]
		sum += at(i)
	}
	for i := range half {
		half[i] = sum // over line[i-r … i]
		sum += at(i+1) - at(i-r)
	}
	var two uint64
	for i := range k {
		two += half[i]
	}
	area := uint64(k * k)
	for i := range n {
		line[i] = (two + area/2) / area
		if i+1 < n {
			two += half[i+k] - half[i]
		}
	}
}
