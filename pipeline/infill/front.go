package infill

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"
	"sync"
)

// A plane is looked for from the front: drawn so, it meets itself when it is moved, as far
// as the drawing reaches, and drawn with a wrong tilt it does not.
const (
	frontSide  = 128 // cells of a drawing
	frontFar   = 0.5 // the least size that is drawn, of that at the centre
	frontLook  = 1.0 // sides of the hole around it that are drawn
	frontPeaks = 8
	frontTries = 12

	frontUpright = 0.8  // an upright picture that repeats itself so well has no tilt
	frontHope    = 0.45 // what the best must score at the first look
	frontLeast   = 0.6  // what a plane must score
)

// frontFars are the distances of vanishing lines that are tried, in half sides of the hole.
var frontFars = [...]float64{12, 7, 4.6, 3.3, 2.5, 2, 1.6, 1.3, 1.05, 0.85, 0.65, 0.45, 0.25, 0.05}

// fronts is the look at one picture and its hole.
type fronts struct {
	views []func() *view // by level, made when they are first asked for
	hole  box
	look  box
}

// drawing is a plane from the front: cell (i, j) is at origin + i·along + j·down.
type drawing struct {
	n                   int
	origin, along, down shift
	v, w                []float32
}

// draw draws what is known around the hole with n×n cells, its contrast made even.
func (f *fronts) draw(p *plane, n int) *drawing {
	d := f.window(p, n)
	d.v, d.w = make([]float32, n*n), make([]float32, n*n)
	su, sv := math.Hypot(d.along.x, d.along.y), math.Hypot(d.down.x, d.down.y)
	for j := range n {
		for i := range n {
			u := d.origin.x + float64(i)*d.along.x + float64(j)*d.down.x
			v := d.origin.y + float64(i)*d.along.y + float64(j)*d.down.y
			x, y, ok := p.back(u, v)
			if !ok || !f.look.has(x, y) {
				continue
			}
			z := p.size(x, y)
			s := f.views[f.level(math.Sqrt(su*sv*z)*z)]()
			if e, _, _, ok := s.at(x, y); ok {
				d.v[j*n+i], d.w[j*n+i] = e, 1
			}
		}
	}
	d.even()
	return d
}

// level is the level whose pixels are about as large as a footprint.
func (f *fronts) level(footprint float64) int {
	i := 0
	for ; footprint > math.Sqrt2 && i < len(f.views)-1; i++ {
		footprint /= 2
	}
	return i
}

// window finds where the drawing lies.
func (f *fronts) window(p *plane, n int) *drawing {
	e2 := shift{0, 1}
	if t := math.Hypot(p.x, p.y); t > 0 {
		e2 = shift{p.x / t, p.y / t}
	}
	e1 := shift{e2.y, -e2.x}
	a0, a1, b0, b1 := 1e30, -1e30, 1e30, -1e30
	const grid = 24
	for i := range grid + 1 {
		for j := range grid + 1 {
			x := f.look.x0 + (f.look.x1-f.look.x0)*float64(i)/grid
			y := f.look.y0 + (f.look.y1-f.look.y0)*float64(j)/grid
			z := p.size(x, y)
			if z < frontFar {
				continue
			}
			u, v := p.front(x, y)
			b := u*e2.x + v*e2.y
			b0, b1 = min(b0, b), max(b1, b)
			if z > 0.8 {
				a := u*e1.x + v*e1.y
				a0, a1 = min(a0, a), max(a1, a)
			}
		}
	}
	su, sv := (a1-a0)/float64(n-1), (b1-b0)/float64(n-1)
	return &drawing{n: n, origin: shift{a0*e1.x + b0*e2.x, a0*e1.y + b0*e2.y},
		along: shift{su * e1.x, su * e1.y}, down: shift{sv * e2.x, sv * e2.y}}
}

// even takes the local mean off and divides by the local contrast.
func (d *drawing) even() {
	n, r := d.n, d.n/12
	sum := func(f func(i int) float32) []float64 {
		t := make([]float64, (n+1)*(n+1))
		for y := range n {
			row := 0.0
			for x := range n {
				row += float64(f(y*n + x))
				t[(y+1)*(n+1)+x+1] = t[y*(n+1)+x+1] + row
			}
		}
		return t
	}
	s0 := sum(func(i int) float32 { return d.w[i] })
	s1 := sum(func(i int) float32 { return d.v[i] })
	s2 := sum(func(i int) float32 { return d.v[i] * d.v[i] })
	for y := range n {
		for x := range n {
			i := y*n + x
			if d.w[i] == 0 {
				continue
			}
			x0, y0, x1, y1 := max(x-r, 0), max(y-r, 0), min(x+r+1, n), min(y+r+1, n)
			at := func(t []float64) float64 {
				return t[y1*(n+1)+x1] - t[y0*(n+1)+x1] - t[y1*(n+1)+x0] + t[y0*(n+1)+x0]
			}
			c := at(s0)
			m := at(s1) / c
			sd := math.Sqrt(max(at(s2)/c-m*m, 0))
			d.v[i] = float32((float64(d.v[i]) - m) / (sd + 5))
		}
	}
}

// peak is an offset in cells at which a drawing meets itself, and how well, at most 1.
type peak struct {
	x, y int
	like float32
}

// peaks are the offsets of half the plane at which repeats, of a drawing of n cells, has a
// top, best first, and a score of how the drawing repeats itself near and far.
func peaks(like []float32, n int) (list []peak, score float64) {
	m := 2 * n
	at := func(x, y int) float32 { return like[(y+m)%m*m+(x+m)%m] }
	best := [3]float32{}
	for y := 0; y < n*3/4; y++ {
		for x := -n * 3 / 4; x < n*3/4; x++ {
			if y == 0 && x <= 0 {
				continue
			}
			r := math.Hypot(float64(x), float64(y)) / float64(n)
			v := at(x, y)
			if r < 0.07 || v < 0.2 {
				continue
			}
			top := true
			for dy := -2; dy <= 2 && top; dy++ {
				for dx := -2; dx <= 2; dx++ {
					if at(x+dx, y+dy) > v {
						top = false
						break
					}
				}
			}
			if !top {
				continue
			}
			list = append(list, peak{x, y, v})
			ring := min(int(r/0.2), 2)
			best[ring] = max(best[ring], v)
		}
	}
	slices.SortStableFunc(list, func(a, b peak) int { return cmp.Compare(b.like, a.like) })
	return list, float64(best[0]+best[1]+best[2]) / 3
}

// repeats draws p and finds how it repeats itself: the shifts, best first, a score of at
// most 1, and the side of a cell.
func (f *fronts) repeats(p *plane, t *fourier) (list []shift, score, cell float64) {
	d := f.draw(p, t.n/2)
	known := float32(0)
	for _, w := range d.w {
		known += w
	}
	if known < float32(d.n*d.n)/8 {
		return nil, 0, 0
	}
	ps, score := peaks(t.repeats(d.v, d.w, 0.12*known), d.n)
	for _, q := range ps {
		x, y := float64(q.x), float64(q.y)
		list = append(list, shift{x*d.along.x + y*d.down.x, x*d.along.y + y*d.down.y})
	}
	return list, score, math.Sqrt(math.Hypot(d.along.x, d.along.y) * math.Hypot(d.down.x, d.down.y))
}

// guess is a plane that may be there.
type guess struct {
	*plane
	score float64
}

// try scores planes, best first, after it has aligned them if it is asked to.
func (f *fronts) try(ctx context.Context, t *fourier, list []*plane, align bool) ([]guess, error) {
	out := make([]guess, len(list))
	err := each(ctx, len(list), func(i int) {
		p := *list[i]
		shifts, s, cell := f.repeats(&p, t)
		if align && len(shifts) > 0 {
			p.shifts = shifts[:min(len(shifts), frontPeaks)]
			if p.align(ctx, f.views[f.level(cell*1.5)](), f.look, 12, true) == nil {
				_, s, _ = f.repeats(&p, t)
			}
		}
		out[i] = guess{&p, s}
	})
	slices.SortStableFunc(out, func(a, b guess) int { return cmp.Compare(b.score, a.score) })
	return out, err
}

// towards is the plane whose vanishing line is at distance far, in half sides of the hole,
// from its middle toward the direction (dx, dy).
func (f *fronts) towards(angle, far float64) *plane {
	h := f.hole
	dx, dy := math.Cos(angle), math.Sin(angle)
	r := math.Abs(dx)*(h.x1-h.x0)/2 + math.Abs(dy)*(h.y1-h.y0)/2
	// The centre is on the plane, where it can be seen well.
	s := max(far, 0.9) * r
	c := (s - far*r)
	return &plane{x: -dx / s, y: -dy / s, cx: (h.x0+h.x1)/2 - c*dx, cy: (h.y0+h.y1)/2 - c*dy}
}

// newFronts prepares the look at the finest of levels.
func newFronts(levels []*level) *fronts {
	f := &fronts{}
	for i, l := range levels {
		f.views = append(f.views, sync.OnceValue(func() *view { return l.view(i) }))
	}
	l := levels[0]
	r := l.inner.Add(image.Pt(-pad, -pad)).Intersect(image.Rect(0, 0, l.pw, l.ph))
	f.hole = box{float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)}
	more := frontLook * 2 * f.hole.size()
	f.look = box{max(0, f.hole.x0-more), max(0, f.hole.y0-more), min(float64(l.pw), f.hole.x1+more), min(float64(l.ph), f.hole.y1+more)}
	return f
}

// find looks for the plane around the hole. It gives nil where there is none that repeats
// itself so much better than the upright picture that it is worth while.
func (f *fronts) find(ctx context.Context) (*plane, error) {
	coarse, fine := newFourier(frontSide), newFourier(2*frontSide)
	_, upright, _ := f.repeats(&plane{cx: (f.hole.x0 + f.hole.x1) / 2, cy: (f.hole.y0 + f.hole.y1) / 2}, fine)
	if upright > frontUpright {
		return nil, nil
	}
	list, err := f.try(ctx, coarse, f.planes(), false)
	if err != nil || list[0].score < frontHope {
		return nil, err
	}
	for i, t := range [...]*fourier{coarse, fine} {
		var planes []*plane
		for k, g := range list[:min(len(list), [...]int{frontTries, frontTries / 4}[i])] {
			if k == 0 || g.score > 0.8*list[0].score {
				planes = append(planes, g.plane)
			}
		}
		if list, err = f.try(ctx, t, planes, true); err != nil {
			return nil, err
		}
	}
	var best *plane
	score := max(frontLeast, upright+0.1)
	for _, g := range list {
		// Of planes that are as good, the one that holds more of the hole.
		if s := g.score - 0.3*(1-f.holds(g.plane)); s > score {
			best, score = g.plane, s
		}
	}
	if best == nil {
		return nil, nil
	}
	return best, f.sharpen(ctx, best, fine)
}

// planes are those that are tried first. Lines near the hole are tried level, upright and
// as a camera that is not held level sees them.
func (f *fronts) planes() (list []*plane) {
	for k := range 4 {
		angle := float64(k) * math.Pi / 2
		for _, far := range frontFars {
			list = append(list, f.towards(angle, far))
			if far > 1.2 {
				list = append(list, f.towards(angle+math.Pi/4, far))
			}
			if k%2 == 1 && far < 4 {
				list = append(list, f.towards(angle-0.15, far), f.towards(angle+0.15, far))
			}
		}
	}
	return list
}

// holds is the share of the hole's box that is on the plane.
func (f *fronts) holds(p *plane) float64 {
	in := 0
	const n = 16
	for i := range n {
		for j := range n {
			if p.size(f.hole.x0+(f.hole.x1-f.hole.x0)*(float64(i)+0.5)/n, f.hole.y0+(f.hole.y1-f.hole.y0)*(float64(j)+0.5)/n) > 0.05 {
				in++
			}
		}
	}
	return float64(in) / (n * n)
}

// sharpen aligns a plane at finer and finer levels and gives it more shifts: the best ones
// and their multiples, which reach across the hole.
func (f *fronts) sharpen(ctx context.Context, p *plane, t *fourier) error {
	list, _, cell := f.repeats(p, t)
	p.shifts = list[:min(len(list), 12)]
	last := f.level(f.look.size() / 400)
	for i := f.level(cell); i >= last; i-- {
		if err := p.align(ctx, f.views[i](), f.look, 10, true); err != nil {
			return err
		}
	}
	base := p.shifts
	for _, o := range base[:min(6, len(base))] {
		for _, m := range [...]float64{2, 3, 4, 6} {
			p.shifts = append(p.shifts, shift{m * o.x, m * o.y})
		}
	}
	return p.align(ctx, f.views[last](), f.look, 4, false)
}
