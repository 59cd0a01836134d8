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
	return fadeInside(img, selection, px, func([]float32, int, int) *fits { return nil })
}

// FadeFitting is FadeInside with a ramp no longer than the selection has width for, so that
// what is under a narrow stroke is gone: where half the width is below eight pixels there
// is no ramp, and it never takes more than the outer quarter.
func FadeFitting(img *image.NRGBA, selection *image.Alpha, px int) *image.Alpha {
	return fadeInside(img, selection, px, func(dist []float32, w, h int) *fits { return fitting(dist, w, h, px) })
}

// fadeInside fades over px pixels, or over the lengths that fit where it gives any.
func fadeInside(img *image.NRGBA, selection *image.Alpha, px int, fit func(dist []float32, w, h int) *fits) *image.Alpha {
	out := pixels.CloneMask(selection)
	at := pixels.Bounds(out)
	if px <= 0 || at.Empty() {
		return out
	}
	at = at.Inset(-fadeLeast - fadeShare*px).Intersect(out.Rect) // no distance counts beyond
	w, h := at.Dx(), at.Dy()
	dist := kept(img, selection, at)
	squared(dist, w, h)
	lengths := fit(dist, w, h)
	rows(h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			m := out.Pix[out.PixOffset(at.Min.X, at.Min.Y+y):][:w]
			p := img.Pix[img.PixOffset(at.Min.X, at.Min.Y+y):][:4*w]
			for x, d := range dist[y*w:][:w] {
				if d >= float32((px+1)*(px+1)) || m[x] == 0 {
					continue
				}
				length := px
				if lengths != nil {
					length = lengths.at(x, y)
				}
				if length > 0 {
					a := float64(p[4*x+3]) / 255
					ramp := min(1, math.Sqrt(float64(d))/float64(length+1))
					m[x] = uint8(math.Round(float64(m[x]) * (1 - a*(1-ramp))))
				}
			}
		}
	})
	return out
}

// far is more than any squared distance, yet exact in float32 arithmetic.
const far = 1 << 40

// kept is 0 where picture is kept, far elsewhere, over the rectangle at.
func kept(img *image.NRGBA, selection *image.Alpha, at image.Rectangle) []float32 {
	w, h := at.Dx(), at.Dy()
	dist := make([]float32, w*h)
	for y := range h {
		px := img.Pix[img.PixOffset(at.Min.X, at.Min.Y+y):][:4*w]
		m := selection.Pix[selection.PixOffset(at.Min.X, at.Min.Y+y):][:w]
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

// transform replaces every d[i] by min over j of (i−j)² + d[j].
func (p *parabolas) transform(d []float32) {
	n := copy(p.f, d)
	k := -1
	for q := range n {
		f := p.f[q]
		if f >= far || f == 0 && q > 0 && q < n-1 && p.f[q-1] == 0 && p.f[q+1] == 0 {
			continue // of a run of zeros the ends say it all
		}
		s := math.Inf(-1)
		for k >= 0 {
			v := p.at[k]
			s = (float64(f) + float64(q*q) - float64(p.f[v]) - float64(v*v)) / float64(2*(q-v))
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
	for i, f := range p.f[:n] {
		if f == 0 {
			continue
		}
		for p.from[j+1] < float64(i) {
			j++
		}
		v := i - p.at[j]
		d[i] = float32(v*v) + p.f[p.at[j]]
	}
}
