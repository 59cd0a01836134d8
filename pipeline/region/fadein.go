package region

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
)

// FadeInside is the composite mask of an engine that must not leave the selection: its
// coverage, times a ramp of px pixels that begins at the selection's border and rises
// inward. The ramp begins only where opaque picture is kept beside the selection, and
// acts only on pixels that were opaque: a new pixel beside or in blank canvas has nothing
// to fade from. px ≤ 0 returns the coverage alone. img and selection have equal bounds.
func FadeInside(img *image.NRGBA, selection *image.Alpha, px int) *image.Alpha {
	out := pixels.CloneMask(selection)
	if px <= 0 {
		return out
	}
	w, h := out.Rect.Dx(), out.Rect.Dy()
	dist := kept(img, selection)
	// Exact squared distances (Felzenszwalb, Huttenlocher 2012): along y, then along x.
	rows(w, func(x0, x1 int) {
		s := newParabolas(h)
		for x := x0; x < x1; x++ {
			s.transform(dist[x:], w, h)
		}
	})
	rows(h, func(y0, y1 int) {
		s := newParabolas(w)
		for y := y0; y < y1; y++ {
			s.transform(dist[y*w:], 1, w)
			for x := range w {
				i := y*w + x
				if out.Pix[i] == 0 {
					continue
				}
				ramp := min(1, math.Sqrt(float64(dist[i]))/float64(px+1))
				a := float64(img.Pix[y*img.Stride+4*x+3]) / 255
				out.Pix[i] = uint8(math.Round(float64(out.Pix[i]) * (1 - a*(1-ramp))))
			}
		}
	})
	return out
}

// far is more than any squared distance, yet exact in float32 arithmetic.
const far = 1 << 40

// kept is 0 where picture is kept, far elsewhere.
func kept(img *image.NRGBA, selection *image.Alpha) []float32 {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dist := make([]float32, w*h)
	for y := range h {
		px, m := img.Pix[y*img.Stride:][:4*w], selection.Pix[y*selection.Stride:][:w]
		for x := range w {
			if m[x] != 0 || px[4*x+3] == 0 {
				dist[y*w+x] = far
			}
		}
	}
	return dist
}

// parabolas is the scratch of a distance transform along lines of n values.
type parabolas struct {
	f    []float32 // the line
	at   []int     // where the parabolas of the lower envelope stand
	from []float64 // where each begins to be the lowest
}

func newParabolas(n int) *parabolas {
	return &parabolas{make([]float32, n), make([]int, n), make([]float64, n+1)}
}

// transform replaces d[0], d[step], … (n values) by min over j of (i−j)² + d[j·step].
func (p *parabolas) transform(d []float32, step, n int) {
	for i := range n {
		p.f[i] = d[i*step]
	}
	k := -1
	for q := range n {
		if p.f[q] >= far {
			continue
		}
		s := math.Inf(-1)
		for k >= 0 {
			v := p.at[k]
			s = (float64(p.f[q]) + float64(q*q) - float64(p.f[v]) - float64(v*v)) / float64(2*(q-v))
			if s > p.from[k] {
				break
			}
			k--
			s = math.Inf(-1)
		}
		k++
		p.at[k], p.from[k] = q, s
	}
	if k < 0 {
		return
	}
	p.from[k+1] = math.Inf(1)
	j := 0
	for i := range n {
		for p.from[j+1] < float64(i) {
			j++
		}
		v := i - p.at[j]
		d[i*step] = float32(v*v) + p.f[p.at[j]]
	}
}
