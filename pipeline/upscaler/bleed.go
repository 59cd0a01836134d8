package upscaler

import "pentimento/pipeline/pixels"

// bled is a picture whose blank pixels have the colours of those beside them, so that neither a network
// nor a filter mixes what is hidden under them, mostly black, into an edge. It is p itself where
// nothing is blank.
//
// Colours are averaged by their alpha over squares of twice and twice the side, and blank places
// take that of the least square that has some (Gortler et al. 1996, pull and push).
func bled(p *Picture) *Picture {
	if p.Alpha == nil {
		return p
	}
	blank := false
	for _, a := range p.Alpha {
		blank = blank || a == 0
	}
	if !blank {
		return p
	}
	levels := []mean{halved(p.W, p.H, func(i int) (rgb [3]float32, a float32) {
		a = float32(p.Alpha[i]) / 0xffff
		for c := range rgb {
			rgb[c] = float32(p.Pix[3*i+c])
		}
		return rgb, a
	})}
	for {
		l := levels[len(levels)-1]
		if l.w == 1 && l.h == 1 {
			break
		}
		levels = append(levels, halved(l.w, l.h, func(i int) ([3]float32, float32) { return l.rgb[i], min(l.a[i], 1) }))
	}
	for k := len(levels) - 2; k >= 0; k-- {
		l, above := levels[k], levels[k+1]
		for i, a := range l.a {
			if a == 0 {
				l.rgb[i] = above.rgb[i/l.w/2*above.w+i%l.w/2]
			}
		}
	}
	out := &Picture{p.W, p.H, append([]uint16(nil), p.Pix...), p.Alpha}
	l := levels[0]
	for i, a := range p.Alpha {
		if a == 0 {
			for c, v := range l.rgb[i/p.W/2*l.w+i%p.W/2] {
				out.Pix[3*i+c] = uint16(v + 0.5)
			}
		}
	}
	return out
}

// mean is a picture of averaged colours and how much of them there was.
type mean struct {
	w, h int
	rgb  [][3]float32
	a    []float32
}

// halved averages squares of two by two.
func halved(w, h int, at func(i int) ([3]float32, float32)) mean {
	m := mean{w: (w + 1) / 2, h: (h + 1) / 2}
	m.rgb, m.a = make([][3]float32, m.w*m.h), make([]float32, m.w*m.h)
	pixels.InParallel(m.h, func(y int) {
		for x := range m.w {
			i := y*m.w + x
			for k := range 4 {
				sx, sy := 2*x+k%2, 2*y+k/2
				if sx >= w || sy >= h {
					continue
				}
				rgb, a := at(sy*w + sx)
				m.a[i] += a
				for c := range rgb {
					m.rgb[i][c] += a * rgb[c]
				}
			}
			for c := range 3 {
				if m.a[i] > 0 {
					m.rgb[i][c] /= m.a[i]
				}
			}
		}
	})
	return m
}
