package stroke

import (
	"image"
	"math"
)

// Wrap makes the stroke one on a torus: what it covers beyond a side of the tile (pixels) comes
// in on the other side, so that no coverage lies outside. Samples may lie anywhere. The coverage
// of a pixel is the maximum of what the same stroke without edges has at all places that are
// whole tiles apart. It is to be called before the first sample; an empty tile has no effect.
func (s *Stroke) Wrap(tile image.Rectangle) { s.torus = tile }

// coverAround joins a Dab into the tiles, wherever a copy of it reaches the torus. A copy has the
// same local coordinates and lies elsewhere, so its coverage is the Dab's, bit for bit.
func (s *Stroke) coverAround(d, next *Dab) {
	if s.torus.Empty() {
		s.cover(d, next)
		return
	}
	home, size := s.origin, s.torus.Size()
	_, reach := s.fall.edges(math.Max(d.ra, d.rb))
	reach += 2
	y0, y1 := copies(math.Min(d.ay, d.by)-reach, math.Max(d.ay, d.by)+reach, home.Y-s.torus.Min.Y, size.Y)
	for y := y0; y <= y1; y++ {
		top := float64(s.torus.Min.Y - home.Y + y*size.Y)
		lo, hi := d.between(top-reach, top+float64(size.Y)+reach)
		x0, x1 := copies(lo-reach, hi+reach, home.X-s.torus.Min.X, size.X)
		for x := x0; x <= x1; x++ {
			s.origin = home.Sub(image.Pt(x*size.X, y*size.Y))
			s.cover(d, next)
		}
	}
	s.origin = home
}

// copies are the first and the last tile that lo..hi meets, where 0 lies `at` behind the first one's side.
func copies(lo, hi float64, at, side int) (first, last int) {
	in := func(v float64) int { return int(math.Floor((v + float64(at)) / float64(side))) }
	return in(lo), in(hi)
}

// between is how far left and right the way from a to b goes where it is between two heights.
func (d *Dab) between(top, bottom float64) (left, right float64) {
	from, to := 0.0, 1.0
	if dy := d.by - d.ay; dy != 0 {
		t0, t1 := (top-d.ay)/dy, (bottom-d.ay)/dy
		from, to = clamp(math.Min(t0, t1), 0, 1), clamp(math.Max(t0, t1), 0, 1)
	}
	x0, x1 := d.ax+from*(d.bx-d.ax), d.ax+to*(d.bx-d.ax)
	return math.Min(x0, x1), math.Max(x0, x1)
}

// clip keeps what lies in lo..hi.
func (r *rowSpan) clip(lo, hi int) { r.lo, r.hi = max(r.lo, lo), min(r.hi, hi) }
