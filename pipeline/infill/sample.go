package infill

import "math"

// cornerOf is the upper left of the four pixels around picture point (u, v), and how far
// (0…256) the point is toward the others.
func (l *level) cornerOf(u, v float64) (i int, fx, fy uint64) {
	x, y := math.Floor(u), math.Floor(v)
	return (int(y)+pad)*l.w + int(x) + pad, uint64((u-x)*256 + 0.5), uint64((v-y)*256 + 0.5)
}

// sample sets pixel i from picture point (u, v) of l: hole when the hole is near, known
// when only known pixels are.
func (d *level) sample(i int, l *level, u, v float64) {
	if u < -1 || v < -1 || u > float64(l.pw) || v > float64(l.ph) {
		return
	}
	j, fx, fy := l.cornerOf(u, v)
	whole := true
	for _, k := range [...]int{j, j + 1, j + l.w, j + l.w + 1} {
		if l.state[k] == hole {
			d.state[i] = hole
			return
		}
		whole = whole && l.state[k] == known
	}
	if whole {
		d.state[i] = known
		d.take(i, l, j, fx, fy)
	}
}

// take sets the colour of pixel i from four pixels of l, bilinearly.
func (d *level) take(i int, l *level, j int, fx, fy uint64) {
	blend := func(p, q, r, s uint64) uint64 {
		return ((p*(256-fx)+q*fx)*(256-fy) + (r*(256-fx)+s*fx)*fy + 1<<15) >> 16
	}
	a, b, c, e := j, j+1, j+l.w, j+l.w+1
	ar, ag, ab := unpack(l.pix[a])
	br, bg, bb := unpack(l.pix[b])
	cr, cg, cb := unpack(l.pix[c])
	er, eg, eb := unpack(l.pix[e])
	d.pix[i] = pack(blend(ar, br, cr, er), blend(ag, bg, cg, eg), blend(ab, bb, cb, eb))
	if d.alpha != nil {
		d.alpha[i] = uint8(blend(uint64(l.alpha[a]), uint64(l.alpha[b]), uint64(l.alpha[c]), uint64(l.alpha[e])))
	}
}
