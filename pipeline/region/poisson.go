package region

import (
	"image"
)

// Poisson fits a result to the picture around it in the gradient domain (Pérez, Gangnet,
// Blake 2003): inside the composite mask the result keeps its gradients and takes on the
// old picture's colours at the border, so that a drift of the network's colours does not
// show as an edge. The correction is the harmonic membrane between the differences along
// the border; a border on blank canvas does not pull. A new picture is returned; only
// pixels where composite is above 0 differ from result. Bounds must be equal, otherwise or
// where the mask has no border on old picture, result itself is returned.
func Poisson(result, original *image.NRGBA, composite *image.Alpha) *image.NRGBA {
	if result.Rect != original.Rect || result.Rect != composite.Rect {
		return result
	}
	m, any := border(result, original, composite)
	if !any {
		return result
	}
	m.solve()
	return m.corrected(result, nil)
}

// The kinds of a membrane's places.
const (
	outside uint8 = iota // no part of it, and no pull
	fixed                // on the border: its value is given
	open                 // inside: its value is the mean of its neighbours'
)

// membrane is a sheet over a grid that is held at its fixed places.
type membrane struct {
	w, h   int
	kind   []uint8
	value  [3][]float32
	screen float32 // pulls every open place towards 0
}

func newMembrane(w, h int) *membrane {
	m := &membrane{w: w, h: h, kind: make([]uint8, w*h)}
	for k := range m.value {
		m.value[k] = make([]float32, w*h)
	}
	return m
}

// border makes the membrane of a result: fixed where old picture is beside the mask.
func border(result, original *image.NRGBA, composite *image.Alpha) (m *membrane, any bool) {
	w, h := result.Rect.Dx(), result.Rect.Dy()
	m = newMembrane(w, h)
	painted := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < w && y < h && composite.Pix[y*composite.Stride+x] > 0
	}
	for y := range h {
		for x := range w {
			i, p, q := y*w+x, y*result.Stride+4*x, y*original.Stride+4*x
			switch {
			case painted(x, y):
				m.kind[i] = open
			case original.Pix[q+3] == 255 && (painted(x-1, y) || painted(x+1, y) || painted(x, y-1) || painted(x, y+1)):
				m.kind[i], any = fixed, true
				for k := range 3 {
					m.value[k][i] = float32(original.Pix[q+k]) - float32(result.Pix[p+k])
				}
			}
		}
	}
	return m, any
}

// solve relaxes the sheet: from a solution at half the size, then sweep by sweep.
func (m *membrane) solve() {
	sweeps := 12
	if m.w > 8 || m.h > 8 {
		half := m.halved()
		half.solve()
		for y := range m.h {
			for x := range m.w {
				if i := y*m.w + x; m.kind[i] == open {
					for k := range 3 {
						m.value[k][i] = half.value[k][y/2*half.w+x/2]
					}
				}
			}
		}
	} else {
		sweeps = 64
	}
	for range sweeps {
		m.sweep()
	}
}

// halved is the sheet at half the size: fixed where any of four places is.
func (m *membrane) halved() *membrane {
	out := newMembrane((m.w+1)/2, (m.h+1)/2)
	out.screen = 4 * m.screen // places are twice as far apart
	count := make([]float32, len(out.kind))
	for y := range m.h {
		for x := range m.w {
			i, o := y*m.w+x, y/2*out.w+x/2
			switch m.kind[i] {
			case fixed:
				count[o]++
				for k := range 3 {
					out.value[k][o] += (m.value[k][i] - out.value[k][o]) / count[o]
				}
			case open:
				out.kind[o] = open
			}
		}
	}
	for o, n := range count {
		if n > 0 {
			out.kind[o] = fixed
		}
	}
	return out
}

// sweep sets each open place to the mean of its neighbours, in two colours like a chess
// board, over-relaxed; what is outside isn't a neighbour.
func (m *membrane) sweep() {
	const over = 1.6
	for colour := range 2 {
		rows(m.h, func(y0, y1 int) {
			for y := y0; y < y1; y++ {
				for x := (y + colour) % 2; x < m.w; x += 2 {
					i := y*m.w + x
					if m.kind[i] == open {
						m.relax(i, x, y, over)
					}
				}
			}
		})
	}
}

func (m *membrane) relax(i, x, y int, over float32) {
	var n float32
	var sum [3]float32
	add := func(j int) {
		if m.kind[j] != outside {
			n++
			for k := range 3 {
				sum[k] += m.value[k][j]
			}
		}
	}
	if x > 0 {
		add(i - 1)
	}
	if x < m.w-1 {
		add(i + 1)
	}
	if y > 0 {
		add(i - m.w)
	}
	if y < m.h-1 {
		add(i + m.w)
	}
	if n == 0 {
		return
	}
	for k := range 3 {
		m.value[k][i] += over * (sum[k]/(n+m.screen) - m.value[k][i])
	}
}
