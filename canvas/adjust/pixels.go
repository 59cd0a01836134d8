package adjust

// shader does what a Change does to single pixels; safe from any goroutine.
type shader struct {
	*Change
	bytes [3][256]float64 // of Each, at every value of 8 bits
	flat  [3][256]uint8   // the same, rounded
	words [3][]float64    // of 16 bits; nil until wanted
}

func (c *Change) shader(deep bool) *shader {
	s := &shader{Change: c}
	for i, f := range c.Each {
		if f == nil {
			f = func(v float64) float64 { return v }
		}
		for v := range s.bytes[i] {
			s.bytes[i][v] = f(float64(v) / 255)
			s.flat[i][v] = round(255*s.bytes[i][v], 255)
		}
		if deep {
			s.words[i] = make([]float64, 1<<16)
			for v := range s.words[i] {
				s.words[i][v] = f(float64(v) / 65535)
			}
		}
	}
	return s
}

// plain is p (straight, 0..1) changed, where no table holds it.
func (s *shader) plain(p [3]float64) [3]float64 {
	for i, f := range s.Each {
		if f != nil {
			p[i] = f(p[i])
		}
	}
	return s.mixed(p)
}

func (s *shader) mixed(p [3]float64) [3]float64 {
	if s.Together != nil {
		p = s.Together(p)
	}
	return p
}

// pixel changes a premultiplied pixel of 8 bits, as far as cover (0..255) says. One that
// keeps its value keeps its bits.
func (s *shader) pixel(p []uint8, cover uint8) {
	a := p[3]
	if a == 0 || cover == 0 {
		return
	}
	if a == 255 && s.Together == nil {
		for i := range 3 {
			p[i] = toward(p[i], s.flat[i][p[i]], cover)
		}
		return
	}
	var q [3]float64
	if a == 255 {
		q = s.mixed([3]float64{s.bytes[0][p[0]], s.bytes[1][p[1]], s.bytes[2][p[2]]})
	} else {
		for i := range q {
			q[i] = min(float64(p[i])/float64(a), 1)
		}
		q = s.plain(q)
	}
	for i, v := range q {
		p[i] = toward(p[i], round(v*float64(a), a), cover)
	}
}

// straight changes a straight pixel of 8 bits.
func (s *shader) straight(p []uint8, cover uint8) {
	if p[3] == 0 || cover == 0 {
		return
	}
	for i, v := range s.mixed([3]float64{s.bytes[0][p[0]], s.bytes[1][p[1]], s.bytes[2][p[2]]}) {
		p[i] = toward(p[i], round(v*255, 255), cover)
	}
}

// word changes a straight colour of 16 bits.
func (s *shader) word(p [3]uint16, cover uint8) [3]uint16 {
	q := s.mixed([3]float64{s.words[0][p[0]], s.words[1][p[1]], s.words[2][p[2]]})
	for i, v := range q {
		d := (v*65535 - float64(p[i])) * float64(cover) / 255
		p[i] = uint16(min(max(float64(p[i])+d+0.5, 0), 65535))
	}
	return p
}

// toward goes cover (0..255) of the way from a to b.
func toward(a, b, cover uint8) uint8 {
	if cover == 255 {
		return b
	}
	return uint8((int(a)*(255-int(cover)) + int(b)*int(cover) + 127) / 255)
}

func round(v float64, most uint8) uint8 {
	return uint8(min(max(v+0.5, 0), float64(most)))
}

// soft is a pixel of a blurred layer: p becomes q (0..255 each), or is sharpened by it.
func (b *Blur) soft(p []uint8, q []float32, cover uint8) {
	if cover == 0 {
		return
	}
	if b.Amount == 0 {
		a := round(float64(q[3]), 255)
		for i := range 3 {
			p[i] = toward(p[i], round(float64(q[i]), a), cover)
		}
		p[3] = toward(p[3], a, cover)
		return
	}
	if p[3] == 0 || q[3] <= 0 {
		return
	}
	a := float64(p[3])
	for i := range 3 {
		v := float64(p[i]) / a
		d := v - float64(q[i])/float64(q[3])
		if max(d, -d) >= b.Threshold {
			p[i] = toward(p[i], round((v+b.Amount*d)*a, p[3]), cover)
		}
	}
}
