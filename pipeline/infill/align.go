package infill

import (
	"context"
	"math"
	"slices"
)

// alignPoints is how many known places are compared with themselves moved.
const alignPoints = 2000

// align refines the tilt and the shifts of a plane together so that the known picture moved
// by each shift meets itself: Gauss–Newton with damping (Lucas and Kanade 1981; Baker and
// Matthews 2004) on brightness, far-off differences weighed down (Huber). It looks at the
// places of s inside box, of the full size.
func (p *plane) align(ctx context.Context, s *view, in box, steps int, tilts bool) error {
	at := s.places(in, alignPoints)
	n := 2 + 2*len(p.shifts)
	damp := 1e-3
	cost, a, b, err := p.normal(ctx, s, at, in.size())
	if err != nil {
		return err
	}
	for range steps {
		m := slices.Clone(a)
		for i := range n {
			m[i*n+i] += damp*a[i*n+i] + 1e-9
			if !tilts && i < 2 {
				m[i*n+i] += 1e12
			}
		}
		d := solve(m, b, n)
		if d == nil {
			return nil
		}
		next := *p
		next.x, next.y = p.x+d[0]/in.size(), p.y+d[1]/in.size()
		next.shifts = slices.Clone(p.shifts)
		far := 0.0
		for k := range next.shifts {
			next.shifts[k].x += d[2+2*k]
			next.shifts[k].y += d[3+2*k]
			far = max(far, math.Abs(d[2+2*k]), math.Abs(d[3+2*k]))
		}
		e, na, nb, err := next.normal(ctx, s, at, in.size())
		if err != nil {
			return err
		}
		if e < cost {
			*p, cost, a, b = next, e, na, nb
			damp = max(damp/4, 1e-6)
			if far < 0.01*s.unit {
				return nil
			}
		} else if damp *= 8; damp > 1e3 {
			return nil
		}
	}
	return nil
}

// box is a part of a picture in pixels of the full size.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) size() float64 { return max(b.x1-b.x0, b.y1-b.y0) / 2 }

func (b box) has(x, y float64) bool { return x >= b.x0 && x <= b.x1 && y >= b.y0 && y <= b.y1 }

// places lists at most about most known pixels of s in b, as places of the full size.
func (s *view) places(b box, most int) (at []shift) {
	step := max(1, math.Sqrt((b.x1-b.x0)*(b.y1-b.y0)/float64(most))/s.unit)
	for fy := 0.0; fy < float64(s.h-1); fy += step {
		for fx := 0.0; fx < float64(s.w-1); fx += step {
			ix, iy := math.Floor(fx), math.Floor(fy)
			x, y := (ix+0.5)*s.unit-0.5, (iy+0.5)*s.unit-0.5
			if b.has(x, y) && s.ok[int(iy)*s.w+int(ix)] {
				at = append(at, shift{x, y})
			}
		}
	}
	return at
}

const huber = 12 // levels from which a difference counts linearly

// share is what one pair gives to the normal equations.
type share struct {
	cost, seen float64
	a          [10]float64 // upper triangle of 4×4: tilt x, y, shift x, y
	b          [4]float64
}

// normal is the cost and the normal equations at p; the tilt's unknowns are per size. A
// pair that is not seen costs as much as the mean of those that are, so that no step gains
// by losing them.
func (p *plane) normal(ctx context.Context, s *view, at []shift, size float64) (cost float64, a, b []float64, err error) {
	n := 2 + 2*len(p.shifts)
	parts := make([]share, len(p.shifts))
	err = each(ctx, len(parts), func(k int) { parts[k] = p.share(s, at, p.shifts[k], size) })
	a, b = make([]float64, n*n), make([]float64, n)
	for k, q := range parts {
		if q.seen < 20 {
			cost += huber * huber
			continue
		}
		cost += q.cost / q.seen
		index := [4]int{0, 1, 2 + 2*k, 3 + 2*k}
		i := 0
		for u := range 4 {
			for t := u; t < 4; t++ {
				a[index[u]*n+index[t]] += q.a[i] / q.seen
				if u != t {
					a[index[t]*n+index[u]] += q.a[i] / q.seen
				}
				i++
			}
			b[index[u]] += q.b[u] / q.seen
		}
	}
	return cost, a, b, err
}

// share sums over the places at what the pair of a shift says of them.
func (p *plane) share(s *view, at []shift, o shift, size float64) (q share) {
	tau := p.x*o.x + p.y*o.y
	for _, e := range at {
		mx, my, grows, ok := p.move(e.x, e.y, o)
		if !ok || grows > 3 || grows < 1.0/3 {
			continue
		}
		v, gx, gy, ok := s.at(mx, my)
		if !ok {
			continue
		}
		here, _, _, ok := s.at(e.x, e.y)
		if !ok {
			continue
		}
		r := float64(v - here)
		w, c := 1.0, r*r
		if f := math.Abs(r); f > huber {
			w, c = huber/f, huber*(2*f-huber)
		}
		q.cost, q.seen = q.cost+c, q.seen+1
		px, py, qx, qy, z := e.x-p.cx, e.y-p.cy, mx-p.cx, my-p.cy, p.size(e.x, e.y)
		g1, g2 := float64(gx)*grows, float64(gy)*grows
		gq := g1*qx + g2*qy
		j := [4]float64{
			(px*(g1*o.x+g2*o.y) + gq*(px*tau+z*o.x)) / size,
			(py*(g1*o.x+g2*o.y) + gq*(py*tau+z*o.y)) / size,
			z * (g1 + gq*p.x),
			z * (g2 + gq*p.y),
		}
		i := 0
		for u := range 4 {
			for t := u; t < 4; t++ {
				q.a[i] += w * j[u] * j[t]
				i++
			}
			q.b[u] -= w * j[u] * r
		}
	}
	return q
}

// solve is x with a·x = b for a symmetric positive matrix of n×n, which it destroys
// (Cholesky); nil where it is not positive.
func solve(a, b []float64, n int) []float64 {
	for i := range n {
		for j := 0; j <= i; j++ {
			s := a[i*n+j]
			for k := range j {
				s -= a[i*n+k] * a[j*n+k]
			}
			if i == j {
				if s <= 0 {
					return nil
				}
				a[i*n+i] = math.Sqrt(s)
			} else {
				a[i*n+j] = s / a[j*n+j]
			}
		}
	}
	x := slices.Clone(b)
	for i := range n {
		for k := range i {
			x[i] -= a[i*n+k] * x[k]
		}
		x[i] /= a[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= a[k*n+i] * x[k]
		}
		x[i] /= a[i*n+i]
	}
	return x
}
