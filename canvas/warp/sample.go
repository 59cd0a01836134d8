package warp

import (
	"image"
	"math"
)

// Filter is how a pixel is made of those around the place where it comes from.
type Filter int

// The filters, in the order of the list that offers them: Lanczos of three lobes, the
// straight line between neighbours, the nearest pixel.
const (
	Lanczos Filter = iota
	Bilinear
	Nearest
)

// reach is how far a filter sees, in pixels of the coarser of source and result.
func (f Filter) reach() float64 { return [...]float64{3, 1, 0}[f] }

// weight is the filter at a distance, unscaled.
func (f Filter) weight(d float64) float64 {
	d = math.Abs(d)
	switch {
	case d >= f.reach():
		return 0
	case f == Bilinear:
		return 1 - d
	case d == 0:
		return 1
	}
	x := math.Pi * d
	return 3 * math.Sin(x) * math.Sin(x/3) / (x * x)
}

// widest is how many pixels of the source one of the result may cover.
const widest = 1 << 20

// fine is how many places between two pixels have weights of their own in the table.
const fine = 1 << 10

// sample is a channel of a pixel, of 8 or of 16 bits.
type sample interface{ uint8 | uint16 }

// sampler makes pixels of a picture under a Map; each goroutine has its own.
type sampler[T sample] struct {
	pix    []T // premultiplied, of part
	part   image.Rectangle
	rect   image.Rectangle // of the whole picture
	back   Map
	filter Filter
	table  []float32    // of the filter, fine steps a pixel
	sides  [][3]float64 // of the result in perspective: how far inside x, y is
	wx, wy []float32
}

func newSampler[T sample](pix []T, part, rect image.Rectangle, back Map, f Filter) *sampler[T] {
	s := &sampler[T]{pix: pix, part: part, rect: rect, back: back, filter: f, table: make([]float32, int(f.reach())*fine+2)}
	for i := range s.table {
		s.table[i] = float32(f.weight(float64(i) / fine))
	}
	if m, err := back.Back(); err == nil && !back.affine() {
		s.sides = sides(m.Corners(rect))
	}
	return s
}

// sides are the lines through the corners of a convex quadrilateral: a·x + b·y + c is how far
// inside of one x, y lies.
func sides(q [4]Point) (out [][3]float64) {
	area := (q[2].X-q[0].X)*(q[3].Y-q[1].Y) - (q[3].X-q[1].X)*(q[2].Y-q[0].Y)
	for i, a := range q {
		b := q[(i+1)%4]
		if n := math.Copysign(math.Hypot(b.X-a.X, b.Y-a.Y), area); n != 0 {
			x, y := (a.Y-b.Y)/n, (b.X-a.X)/n
			out = append(out, [3]float64{x, y, -x*a.X - y*a.Y})
		}
	}
	return out
}

// reached says whether the pixel with its centre at x, y may show anything of the layer. The
// rectangle around a layer in perspective may reach past its vanishing line, near which a pixel
// covers all of the plane.
func (s *sampler[T]) reached(x, y float64) bool {
	for _, l := range s.sides {
		if l[0]*x+l[1]*y+l[2] < -1 {
			return false
		}
	}
	return true
}

// row fills dst with the pixels x0 ≤ x < x1 of row y, premultiplied.
func (s *sampler[T]) row(dst []T, x0, x1, y int) {
	for x := x0; x < x1; x++ {
		s.pixel(dst[4*(x-x0):][:4], float64(x)+0.5, float64(y)+0.5)
	}
}

// pixel makes the pixel whose centre is at x, y. A pixel of the result covers su by sv pixels
// of the source, the length of the gradient of either coordinate: where that is more than one
// the filter is as much wider.
func (s *sampler[T]) pixel(out []T, x, y float64) {
	if !s.reached(x, y) {
		clear(out)
		return
	}
	b := &s.back
	w := b[6]*x + b[7]*y + b[8]
	u, v := (b[0]*x+b[1]*y+b[2])/w, (b[3]*x+b[4]*y+b[5])/w
	ux, uy := (b[0]-u*b[6])/w, (b[1]-u*b[7])/w
	vx, vy := (b[3]-v*b[6])/w, (b[4]-v*b[7])/w
	su, sv := math.Sqrt(ux*ux+uy*uy), math.Sqrt(vx*vx+vy*vy)
	cover := inside(u-float64(s.rect.Min.X), su, s.rect.Dx()) * inside(v-float64(s.rect.Min.Y), sv, s.rect.Dy())
	u, v = u-float64(s.part.Min.X), v-float64(s.part.Min.Y)
	width, height := s.part.Dx(), s.part.Dy()
	if s.filter == Nearest {
		i, j := math.Floor(u+slack), math.Floor(v+slack)
		if i < 0 || j < 0 || i >= float64(width) || j >= float64(height) {
			clear(out)
			return
		}
		copy(out, s.pix[4*(int(j)*width+int(i)):][:4])
		return
	}
	if !(cover > 0 && su < widest && sv < widest) {
		clear(out)
		return
	}
	if s.filter == Bilinear && su <= 1 && sv <= 1 && cover == 1 {
		s.between(out, u-0.5, v-0.5)
		return
	}
	i0 := s.weights(&s.wx, u, max(su, 1), width)
	j0 := s.weights(&s.wy, v, max(sv, 1), height)
	var sum [4]float32
	for j, wv := range s.wy {
		p := s.pix[4*((j0+j)*width+i0):]
		var r, g, bl, a float32
		for i, wu := range s.wx {
			q := p[4*i : 4*i+4 : 4*i+4]
			r += wu * float32(q[0])
			g += wu * float32(q[1])
			bl += wu * float32(q[2])
			a += wu * float32(q[3])
		}
		sum[0], sum[1], sum[2], sum[3] = sum[0]+wv*r, sum[1]+wv*g, sum[2]+wv*bl, sum[3]+wv*a
	}
	f := float32(cover)
	out[3] = T(min(max(sum[3]*f+0.5, 0), float32(^T(0))))
	for c := range 3 {
		out[c] = T(min(max(sum[c]*f+0.5, 0), float32(out[3])))
	}
}

// between is the bilinear filter where it is no wider than a pixel: most of a preview.
func (s *sampler[T]) between(out []T, u, v float64) {
	i, j := int(math.Floor(u)), int(math.Floor(v))
	a, b := float32(u-float64(i)), float32(v-float64(j))
	width, height := s.part.Dx(), s.part.Dy()
	i0, i1 := 4*min(max(i, 0), width-1), 4*min(max(i+1, 0), width-1)
	p, q := s.pix[4*width*min(max(j, 0), height-1):], s.pix[4*width*min(max(j+1, 0), height-1):]
	p0, p1, q0, q1 := p[i0:i0+4:i0+4], p[i1:i1+4:i1+4], q[i0:i0+4:i0+4], q[i1:i1+4:i1+4]
	for c := range 4 {
		top := float32(p0[c]) + a*(float32(p1[c])-float32(p0[c]))
		low := float32(q0[c]) + a*(float32(q1[c])-float32(q0[c]))
		out[c] = T(top + b*(low-top) + 0.5)
	}
}

// slack forgives what rounding makes of a place on the border of two pixels.
const slack = 1e-7

// inside is how much of a stretch of length size around at lies in 0..n.
func inside(at, size float64, n int) float64 {
	return min(max(at/size+0.5, 0), 1) * min(max((float64(n)-at)/size+0.5, 0), 1)
}

// weights puts the weights of pixels from i on, whose sum is 1, into w, and returns i. What
// would lie beyond 0..n is the outermost pixel's.
func (s *sampler[T]) weights(w *[]float32, at, scale float64, n int) int {
	reach := s.filter.reach() * scale
	lo, hi := int(math.Ceil(at-0.5-reach)), int(math.Floor(at-0.5+reach))
	first, last := min(max(lo, 0), n-1), min(max(hi, 0), n-1)
	*w = append((*w)[:0], make([]float32, last-first+1)...)
	var sum float32
	step := fine / scale
	for i := lo; i <= hi; i++ {
		k := int(math.Abs(float64(i)+0.5-at)*step + 0.5)
		if k >= len(s.table) {
			continue
		}
		(*w)[min(max(i, first), last)-first] += s.table[k]
		sum += s.table[k]
	}
	if sum == 0 { // a filter that sees no pixel's centre
		(*w)[0], sum = 1, 1
	}
	for i := range *w {
		(*w)[i] /= sum
	}
	return first
}
