package harmony

import (
	"context"
	"image"
	"math"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

// mostSeam bounds the pixels that the seam is solved on: of a larger layer every second,
// third … pixel, since what is added is smooth.
const mostSeam = 1 << 20

// seam is what must be added to a layer so that it keeps its gradients and has the colours
// below it at its edge, and how far each place is from that edge.
type seam struct {
	step int
	at   image.Point // the place of the first value
	w, h int
	add0 []int16   // three values a place, for the layer's own colours
	add1 []int16   // for those that are wholly toned
	far  []float32 // pixels of the layer to its edge over something; +Inf where it has none
}

// newSeam solves it twice: all between the own colours and the toned ones lies between the
// two, for the membrane is linear in its border.
func (s *Scene) newSeam(ctx context.Context) (*seam, error) {
	r := s.layer.Rect.Inset(-1)
	step := 1
	for r.Dx()/step*(r.Dy()/step) > mostSeam {
		step++
	}
	m := &seam{step: step, at: r.Min, w: (r.Dx() + step - 1) / step, h: (r.Dy() + step - 1) / step}
	size := image.Rect(0, 0, m.w, m.h)
	own, toned, below, cover := image.NewNRGBA(size), image.NewNRGBA(size), image.NewNRGBA(size), image.NewAlpha(size)
	pixels.InParallel(m.h, func(y int) {
		for x := range m.w {
			p, i := r.Min.Add(image.Pt(x*step, y*step)), 4*(y*m.w+x)
			if p.In(s.below.Rect) {
				o := s.below.PixOffset(p.X, p.Y)
				copy(below.Pix[i:i+4], s.below.Pix[o:o+4])
			}
			if p.In(s.layer.Rect) {
				o := s.layer.PixOffset(p.X, p.Y)
				copy(own.Pix[i:i+4], s.layer.Pix[o:o+4])
				cover.Pix[i/4] = s.cover.AlphaAt(p.X, p.Y).A
			}
		}
	})
	extend(own, cover)
	pixels.InParallel(m.h, func(y int) {
		for i := 4 * y * m.w; i < 4*(y+1)*m.w; i += 4 {
			for k, v := range s.tones.pixel([3]uint8(own.Pix[i : i+3])) {
				toned.Pix[i+k] = uint8(v + 0.5)
			}
			toned.Pix[i+3] = own.Pix[i+3]
		}
	})
	m.add0 = added(own, below, cover)
	m.add1 = m.add0
	if s.tones.some && ctx.Err() == nil {
		m.add1 = added(toned, below, cover)
	}
	m.distances(cover, below)
	return m, ctx.Err()
}

// extend gives the places just outside the cover the mean colour of those inside beside
// them: what the layer would be there.
func extend(own *image.NRGBA, cover *image.Alpha) {
	w, h := own.Rect.Dx(), own.Rect.Dy()
	pixels.InParallel(h, func(y int) {
		for x := range w {
			if cover.Pix[y*w+x] > 0 {
				continue
			}
			var sum [3]int
			n := 0
			for v := max(y-1, 0); v <= min(y+1, h-1); v++ {
				for u := max(x-1, 0); u <= min(x+1, w-1); u++ {
					if cover.Pix[v*w+u] > 0 {
						n++
						for k := range sum {
							sum[k] += int(own.Pix[4*(v*w+u)+k])
						}
					}
				}
			}
			for k := range sum {
				own.Pix[4*(y*w+x)+k] = uint8(sum[k] / max(n, 1))
			}
		}
	})
}

// added is what the gradient domain adds to a picture inside the cover.
func added(own, below *image.NRGBA, cover *image.Alpha) []int16 {
	fitted := region.Poisson(own, below, cover)
	out := make([]int16, 3*len(cover.Pix))
	for i := range cover.Pix {
		for k := range 3 {
			out[3*i+k] = int16(fitted.Pix[4*i+k]) - int16(own.Pix[4*i+k])
		}
	}
	return out
}

// distances fills in far, by two passes over neighbours (Borgefors 1986: steps of 1 and √2).
func (m *seam) distances(cover *image.Alpha, below *image.NRGBA) {
	m.far = make([]float32, m.w*m.h)
	for i := range m.far {
		if m.far[i] = float32(math.Inf(1)); cover.Pix[i] < 128 && below.Pix[4*i+3] == 255 {
			m.far[i] = 0
		}
	}
	pass := func(from, to, by int) {
		for y := from; y != to; y += by {
			for n := range m.w {
				x := n
				if by < 0 {
					x = m.w - 1 - n
				}
				near := m.far[y*m.w+x]
				look := func(u, v int, step float32) {
					if u >= 0 && u < m.w && v >= 0 && v < m.h {
						near = min(near, m.far[v*m.w+u]+step*float32(m.step))
					}
				}
				look(x-by, y, 1)
				look(x, y-by, 1)
				look(x-1, y-by, math.Sqrt2)
				look(x+1, y-by, math.Sqrt2)
				m.far[y*m.w+x] = near
			}
		}
	}
	pass(0, m.h, 1)
	pass(m.h-1, -1, -1)
}

// add adds to the colour v of the layer's pixel at x, y, which is toned by colour (0..1),
// what the seam wants of it: edge (0..1) of it at the edge and nothing from reach pixels on.
func (m *seam) add(v *[3]float64, x, y int, colour, edge, reach float64) {
	fx, fy := float64(x-m.at.X)/float64(m.step), float64(y-m.at.Y)/float64(m.step)
	x0, y0 := int(fx), int(fy)
	fx, fy = fx-float64(x0), fy-float64(y0)
	var sum [3]float64
	far := 0.0
	for n, weight := range [4]float64{(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy} {
		if weight == 0 {
			continue
		}
		i := min(y0+n/2, m.h-1)*m.w + min(x0+n%2, m.w-1)
		far += weight * float64(m.far[i])
		for k := range sum {
			a, b := float64(m.add0[3*i+k]), float64(m.add1[3*i+k])
			sum[k] += weight * (a + colour*(b-a))
		}
	}
	if !math.IsInf(reach, 1) {
		if far >= reach {
			return
		}
		near := 1 - far/reach
		edge *= near * near * (3 - 2*near)
	}
	for k := range v {
		v[k] += edge * sum[k]
	}
}
