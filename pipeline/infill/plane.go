package infill

import "math"

// plane is a flat surface in perspective that repeats itself. With p the place from a
// centre on it and size(p) = 1+tilt·p, which is 0 on its vanishing line, the surface seen
// from the front is p/size(p) up to an affine map. Moving it by a shift there moves the
// picture by a homography: the translation, conjugated by the tilt.
type plane struct {
	x, y   float64 // the tilt, per pixel
	cx, cy float64
	shifts []shift
}

// shift is a way that the surface, seen from the front, can be moved onto itself.
type shift struct{ x, y float64 }

// size is how large the surface is drawn at a place, 1 at the centre; not positive on and
// beyond the vanishing line.
func (p *plane) size(x, y float64) float64 { return 1 + p.x*(x-p.cx) + p.y*(y-p.cy) }

// front is a place seen from the front, about the centre.
func (p *plane) front(x, y float64) (u, v float64) {
	s := p.size(x, y)
	return (x - p.cx) / s, (y - p.cy) / s
}

// back is the inverse of front; ok is false beyond infinity.
func (p *plane) back(u, v float64) (x, y float64, ok bool) {
	e := 1 - p.x*u - p.y*v
	return u/e + p.cx, v/e + p.cy, e > 1e-3
}

// move is where a place comes to under a shift, and how much larger it is drawn there.
func (p *plane) move(x, y float64, o shift) (mx, my, grows float64, ok bool) {
	s := p.size(x, y)
	e := 1 - s*(p.x*o.x+p.y*o.y)
	if s <= 0 || e < 1e-3 {
		return 0, 0, 0, false
	}
	return (x-p.cx+s*o.x)/e + p.cx, (y-p.cy+s*o.y)/e + p.cy, 1 / e, true
}

// view is the brightness of a level's picture where it is known.
type view struct {
	w, h int
	v    []float32
	ok   []bool
	unit float64 // its pixel in pixels of the full size
}

func (l *level) view(i int) *view {
	s := &view{w: l.pw, h: l.ph, v: make([]float32, l.pw*l.ph), ok: make([]bool, l.pw*l.ph), unit: float64(int(1) << i)}
	for y := range s.h {
		for x := range s.w {
			j := (y+pad)*l.w + x + pad
			r, g, b := unpack(l.pix[j])
			s.v[y*s.w+x], s.ok[y*s.w+x] = float32(r+2*g+b)/4, l.state[j] == known
		}
	}
	return s
}

// at is the brightness at a place of the full size, bilinearly, and its slope per pixel of
// the full size.
func (s *view) at(x, y float64) (v, gx, gy float32, ok bool) {
	x, y = (x+0.5)/s.unit-0.5, (y+0.5)/s.unit-0.5
	ix, iy := math.Floor(x), math.Floor(y)
	if ix < 0 || iy < 0 || ix >= float64(s.w-1) || iy >= float64(s.h-1) {
		return 0, 0, 0, false
	}
	i := int(iy)*s.w + int(ix)
	if !s.ok[i] || !s.ok[i+1] || !s.ok[i+s.w] || !s.ok[i+s.w+1] {
		return 0, 0, 0, false
	}
	fx, fy := float32(x-ix), float32(y-iy)
	a, b, c, d := s.v[i], s.v[i+1], s.v[i+s.w], s.v[i+s.w+1]
	k := float32(1 / s.unit)
	gx, gy = ((b-a)*(1-fy)+(d-c)*fy)*k, ((c-a)*(1-fx)+(d-b)*fx)*k
	return (a*(1-fx)+b*fx)*(1-fy) + (c*(1-fx)+d*fx)*fy, gx, gy, true
}
