package adjust

import (
	"math"
	"slices"
)

// Point is a place that a Curve goes through, 0..1 each.
type Point struct{ X, Y float64 }

// Curve goes through its points, which ascend in X, and is level beyond the first and the
// last. Fewer than two points change nothing.
type Curve []Point

// Straight is the curve that changes nothing.
func Straight() Curve { return Curve{{0, 0}, {1, 1}} }

// plain says whether it changes nothing.
func (c Curve) plain() bool { return len(c) < 2 || slices.Equal(c, Straight()) }

// Func is the curve between its points: the monotone cubic of Fritsch and Carlson, "Monotone
// piecewise cubic interpolation", SIAM J. Numer. Anal. 17 (1980). Between two points it
// never leaves their heights, so no dragged point makes the curve swing elsewhere.
func (c Curve) Func() func(float64) float64 {
	if c.plain() {
		return func(v float64) float64 { return v }
	}
	m := c.slopes()
	return func(v float64) float64 {
		n := len(c)
		switch {
		case v <= c[0].X:
			return c[0].Y
		case v >= c[n-1].X:
			return c[n-1].Y
		}
		i := 0
		for v >= c[i+1].X {
			i++
		}
		h := c[i+1].X - c[i].X
		t := (v - c[i].X) / h
		u := 1 - t
		return u*u*(1+2*t)*c[i].Y + t*t*(3-2*t)*c[i+1].Y + h*(t*u*u*m[i]-t*t*u*m[i+1])
	}
}

// slopes are the curve's at its points: the mean of the two secants, limited as equation 4.2
// of the paper says (a circle of radius 3), and zero where the curve turns.
func (c Curve) slopes() []float64 {
	n := len(c)
	d, m := make([]float64, n-1), make([]float64, n)
	for i := range d {
		d[i] = (c[i+1].Y - c[i].Y) / (c[i+1].X - c[i].X)
	}
	m[0], m[n-1] = d[0], d[n-2]
	for i := 1; i < n-1; i++ {
		if d[i-1]*d[i] > 0 {
			m[i] = (d[i-1] + d[i]) / 2
		}
	}
	for i := range d {
		if d[i] == 0 {
			m[i], m[i+1] = 0, 0
			continue
		}
		a, b := m[i]/d[i], m[i+1]/d[i]
		if r := math.Hypot(a, b); r > 3 {
			m[i], m[i+1] = 3/r*a*d[i], 3/r*b*d[i]
		}
	}
	return m
}

// Put moves point i to p, between its neighbours, and returns the curve; i == len adds a
// point where it belongs and says where that is.
func (c Curve) Put(i int, p Point) (Curve, int) {
	const gap = 1.0 / 512
	p.X, p.Y = min(max(p.X, 0), 1), min(max(p.Y, 0), 1)
	out := slices.Clone(c)
	if i == len(c) {
		for i = 0; i < len(c) && c[i].X < p.X; i++ {
		}
		if i > 0 && p.X-c[i-1].X < gap || i < len(c) && c[i].X-p.X < gap {
			return out, -1
		}
		return slices.Insert(out, i, p), i
	}
	if i > 0 {
		p.X = max(p.X, out[i-1].X+gap)
	}
	if i < len(out)-1 {
		p.X = min(p.X, out[i+1].X-gap)
	}
	out[i] = p
	return out, i
}

// Curves are of all channels and of each, the channel's own first.
type Curves struct {
	All Curve
	RGB [3]Curve
}

// Change is what these Curves do.
func (s Curves) Change() *Change {
	c := &Change{Grey: slices.Equal(s.RGB[0], s.RGB[1]) && slices.Equal(s.RGB[1], s.RGB[2])}
	all := s.All.Func()
	for i := range s.RGB {
		if !s.All.plain() || !s.RGB[i].plain() {
			own := s.RGB[i].Func()
			c.Each[i] = func(v float64) float64 { return all(own(v)) }
		}
	}
	return c
}
