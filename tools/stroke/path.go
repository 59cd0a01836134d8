package stroke

import "math"

// node is a point of the path in local pixels, with the brush's radius and opacity there.
type node struct{ x, y, r, o float64 }

// Dab is one touch: the round brush swept straight from a to b, its radius and opacity
// changing evenly between.
type Dab struct {
	ax, ay, ra, oa float64
	bx, by, rb, ob float64
	first          bool // nothing was swept up to a: the end at a is drawn as well
}

// path joins nodes to a centripetal Catmull-Rom curve (Yuksel, Schaefer, Keyser 2011:
// neither cusps nor loops within a segment) and cuts that into Dabs.
type path struct {
	begun      bool
	raw        node // the last sample as it came
	time       float64
	speed      float64 // smoothed, pixels a second
	last       [3]node // the last smoothed nodes, newest at n-1
	n          int
	dabs       []Dab
	unfinished bool // a segment up to last[n-1] waits for its successor
}

// add takes the next node and returns the Dabs that are settled by it.
func (p *path) add(n node, time, smoothing float64) []Dab {
	p.dabs = p.dabs[:0]
	if !p.begun {
		p.start(n, time)
		return p.dabs
	}
	smoothed := p.smooth(n, time, smoothing)
	p.raw, p.time = n, time
	p.push(smoothed)
	return p.dabs
}

// line ends the curve so far and goes straight to n.
func (p *path) line(n node, time float64) []Dab {
	p.dabs = p.dabs[:0]
	if !p.begun {
		p.start(n, time)
		return p.dabs
	}
	p.finish()
	p.straight(p.last[p.n-1], n)
	p.raw, p.time, p.speed = n, time, 0
	p.last[0], p.n = n, 1
	return p.dabs
}

// end completes the curve to the last sample as it came.
func (p *path) end() []Dab {
	p.dabs = p.dabs[:0]
	if p.begun {
		p.finish()
	}
	return p.dabs
}

func (p *path) start(n node, time float64) {
	p.begun, p.raw, p.time = true, n, time
	p.last[0], p.n = n, 1
	p.dabs = append(p.dabs, Dab{n.x, n.y, n.r, n.o, n.x, n.y, n.r, n.o, true})
}

// finish draws what waits and starts a new curve at the last raw node.
func (p *path) finish() {
	if p.last[p.n-1] != p.raw {
		p.push(p.raw)
	}
	if p.unfinished {
		p.segment(p.last[p.n-1])
	}
	p.last[0], p.n, p.unfinished = p.last[p.n-1], 1, false
}

// push appends a node and draws the segment before it, whose tangents are now known.
func (p *path) push(n node) {
	if n == p.last[p.n-1] {
		return
	}
	if p.unfinished {
		p.segment(n)
	}
	if p.n == len(p.last) {
		copy(p.last[:], p.last[1:])
		p.n--
	}
	p.last[p.n] = n
	p.n++
	p.unfinished = true
}

// segment draws the curve from last[n-2] to last[n-1], of which next is the successor.
func (p *path) segment(next node) {
	b, c := p.last[p.n-2], p.last[p.n-1]
	a := b
	if p.n == 3 {
		a = p.last[0]
	}
	p.curve(a, b, c, next)
}

// smooth is a one-euro filter (Casiez, Roussel, Vogel 2012): a low-pass whose cutoff
// rises with the speed, so that slow strokes are steadied and fast ones do not lag.
func (p *path) smooth(n node, time, amount float64) node {
	if amount <= 0 {
		return n
	}
	dt := time - p.time
	if !(dt > 1e-4) || dt > 1 {
		dt = 1.0 / 120 // a device without a clock, or a rest of the hand
	}
	from := p.last[p.n-1]
	speed := math.Hypot(n.x-p.raw.x, n.y-p.raw.y) / dt
	p.speed += float64((speed - p.speed) * weight(1, dt))
	cutoff := float64(25*math.Pow(0.04, amount)) + float64(0.02*(1-float64(0.8*amount))*p.speed)
	w := weight(cutoff, dt)
	return node{
		mix(from.x, n.x, w), mix(from.y, n.y, w), mix(from.r, n.r, w), mix(from.o, n.o, w),
	}
}

// weight of a new value in a first-order low-pass with the cutoff in Hz.
func weight(cutoff, dt float64) float64 {
	tau := 1 / (2 * math.Pi * cutoff)
	return 1 / (1 + tau/dt)
}

// mix avoids fused multiply-add, here and elsewhere by the conversion, so that every
// machine gets the same bits.
func mix(a, b, t float64) float64 { return a + float64((b-a)*t) }

// tolerance is how far, in pixels, a straight piece may lie from the curve.
const tolerance = 0.1

// curve draws the Catmull-Rom segment from b to c as straight pieces of its Bézier form.
func (p *path) curve(a, b, c, d node) {
	bx1, by1 := control(a, b, c)
	cx1, cy1 := control(d, c, b)
	bend := math.Max(math.Hypot(b.x-2*bx1+cx1, b.y-2*by1+cy1), math.Hypot(bx1-2*cx1+c.x, by1-2*cy1+c.y))
	pieces := int(clamp(math.Ceil(math.Sqrt(6*bend/(8*tolerance))), 1, 64))
	from := b
	for i := 1; i <= pieces; i++ {
		to := c
		if i < pieces {
			t := float64(i) / float64(pieces)
			to = node{
				bezier(b.x, bx1, cx1, c.x, t), bezier(b.y, by1, cy1, c.y, t),
				mix(b.r, c.r, t), mix(b.o, c.o, t),
			}
		}
		p.straight(from, to)
		from = to
	}
}

// control is the Bézier control point beside b for a curve that comes from a and goes on
// to c, with centripetal knots.
func control(a, b, c node) (x, y float64) {
	ab, bc := math.Sqrt(math.Hypot(b.x-a.x, b.y-a.y)), math.Sqrt(math.Hypot(c.x-b.x, c.y-b.y))
	if ab < 1e-6 || bc < 1e-6 {
		return mix(b.x, c.x, 1./3), mix(b.y, c.y, 1./3)
	}
	tangent := func(a, b, c float64) float64 {
		return b + float64(((b-a)/ab-(c-a)/(ab+bc)+(c-b)/bc)*bc)/3
	}
	return tangent(a.x, b.x, c.x), tangent(a.y, b.y, c.y)
}

func bezier(a, b, c, d, t float64) float64 {
	ab, bc, cd := mix(a, b, t), mix(b, c, t), mix(c, d, t)
	return mix(mix(ab, bc, t), mix(bc, cd, t), t)
}

func (p *path) straight(a, b node) {
	p.dabs = append(p.dabs, Dab{a.x, a.y, a.r, a.o, b.x, b.y, b.r, b.o, false})
}
