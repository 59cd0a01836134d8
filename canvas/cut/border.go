package cut

import (
	"context"
	"image"
	"math"

	"pentimento/canvas"
)

// shape is which pixels of a level belong to the thing, over the rectangle where some may.
type shape struct {
	r    image.Rectangle // pixels of the level
	bits []uint8
}

// The bits of a pixel of a shape.
const (
	within uint8 = 1 << iota // it belongs to the thing
	open                     // which is not settled: it lies in the band
	held                     // a click says so
)

// How far from the border of the level before a pixel may change sides: on the level of the
// superpixels, and on those below.
const (
	broad  = 7
	narrow = 2
)

// refine finds the border between the pixels of the picture.
func (s *Scene) refine(ctx context.Context, in []bool, seeds Seeds) (canvas.Grid[canvas.MaskTile], error) {
	m := s.coarse(in)
	local := s.local(in)
	for n := s.halvings; n >= 0; n-- {
		wide := broad
		if n < s.halvings {
			m, wide = s.finer(m, n), narrow
		}
		m.band(wide)
		m.hold(seeds, n)
		s.settleBand(ctx, m, n, local)
		if err := ctx.Err(); err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
	}
	if len(seeds.In) > 0 {
		m.only(seeds.In)
	}
	m.beyond(seeds.Within)
	return canvas.Cover(m.soft()), nil
}

// beyond widens a shape by a pixel where it ends with the area that it was sought in, so that taking it away
// from there leaves no rim.
func (m *shape) beyond(area canvas.Grid[canvas.MaskTile]) {
	if area.Len() == 0 {
		return
	}
	w, h := m.r.Dx(), m.r.Dy()
	there := canvas.CoverImage(area, m.r).Pix
	var more []int
	for i, b := range m.bits {
		if b != 0 || there[i] > 127 {
			continue
		}
		for y := max(i/w-1, 0); y <= min(i/w+1, h-1); y++ {
			for x := max(i%w-1, 0); x <= min(i%w+1, w-1); x++ {
				if m.bits[y*w+x] != 0 {
					more = append(more, i)
				}
			}
		}
	}
	for _, i := range more {
		m.bits[i] = within
	}
}

// coarse is the shape that superpixels make.
func (s *Scene) coarse(in []bool) *shape {
	l := s.levels[s.halvings]
	var r image.Rectangle
	for y := range l.h() {
		for x := range l.w() {
			if in[s.label[y*l.w()+x]] {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	r = r.Inset(-broad - 2).Add(l.area.Min).Intersect(l.area)
	m := &shape{r: r, bits: make([]uint8, r.Dx()*r.Dy())}
	for y := range r.Dy() {
		row := s.label[(y+r.Min.Y-l.area.Min.Y)*l.w()+r.Min.X-l.area.Min.X:]
		for x := range r.Dx() {
			if in[row[x]] {
				m.bits[y*r.Dx()+x] = within
			}
		}
	}
	return m
}

// finer is a shape on the level of n halvings, from that of one more.
func (s *Scene) finer(m *shape, n int) *shape {
	r := image.Rect(2*m.r.Min.X-1, 2*m.r.Min.Y-1, 2*m.r.Max.X+1, 2*m.r.Max.Y+1).Intersect(s.area(n))
	out := &shape{r: r, bits: make([]uint8, r.Dx()*r.Dy())}
	parts(r.Dy(), func(from, to int) {
		for y := from; y < to; y++ {
			row := m.bits[(min(max((y+r.Min.Y)>>1, m.r.Min.Y), m.r.Max.Y-1)-m.r.Min.Y)*m.r.Dx():]
			for x := range r.Dx() {
				out.bits[y*r.Dx()+x] = row[min(max((x+r.Min.X)>>1, m.r.Min.X), m.r.Max.X-1)-m.r.Min.X] & within
			}
		}
	})
	return out
}

// band opens what lies within some pixels of the border.
func (m *shape) band(wide int) {
	w, h := m.r.Dx(), m.r.Dy()
	edge := make([]uint8, w*h)
	for i, b := range m.bits {
		x := i % w
		if x+1 < w && m.bits[i+1] != b {
			edge[i], edge[i+1] = 1, 1
		}
		if i+w < len(m.bits) && m.bits[i+w] != b {
			edge[i], edge[i+w] = 1, 1
		}
	}
	for y := range h {
		spread(edge[y*w:], w, 1, wide-1)
	}
	for x := range w {
		spread(edge[x:], h, w, wide-1)
	}
	for i, e := range edge {
		if e != 0 {
			m.bits[i] |= open
		}
	}
}

// spread sets what lies within some places of a set one, of n that lie apart places.
func spread(p []uint8, n, apart, wide int) {
	last := -1 << 30
	for i := range n { // forward marks 1→2 so that marks do not feed themselves
		if p[i*apart] == 1 {
			last = i
		} else if i-last <= wide {
			p[i*apart] = 2
		}
	}
	last = 1 << 30
	for i := n - 1; i >= 0; i-- {
		if p[i*apart] == 1 {
			last = i
		} else if last-i <= wide {
			p[i*apart] = 2
		}
	}
	for i := range n {
		p[i*apart] = min(p[i*apart], 1)
	}
}

// touch is how far around a click its word is law, in pixels of the level.
const touch = 2

// hold fixes the pixels that were clicked, and a few around them.
func (m *shape) hold(seeds Seeds, n int) {
	for _, p := range seeds.Out {
		m.set(image.Pt(p.X>>n, p.Y>>n), touch, 0)
	}
	for _, p := range seeds.In {
		m.set(image.Pt(p.X>>n, p.Y>>n), touch, within)
	}
	for _, p := range seeds.Out { // where they are near each other
		m.set(image.Pt(p.X>>n, p.Y>>n), 0, 0)
	}
}

// set fixes the pixels around one.
func (m *shape) set(p image.Point, reach int, to uint8) {
	r := image.Rect(p.X-reach, p.Y-reach, p.X+reach+1, p.Y+reach+1).Intersect(m.r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			i := (y-m.r.Min.Y)*m.r.Dx() + x - m.r.Min.X
			m.bits[i] = m.bits[i]&^within | held | to
		}
	}
}

// locals are the colours on both sides of the border near each superpixel that lies at it.
type locals map[int32]*sides

// sides are the colours outside and inside.
type sides [2][]lab

// local collects them from the superpixels up to two away.
func (s *Scene) local(in []bool) locals {
	out := locals{}
	for i := range s.leaves {
		near := map[int32]bool{int32(i): true}
		at := false
		for _, a := range s.links[i] {
			at = at || in[a.to] != in[i]
			near[a.to] = true
		}
		for _, a := range s.links[i] {
			for _, b := range s.links[a.to] {
				near[b.to] = true
			}
		}
		if !at && !s.mixed(in, near, i) {
			continue
		}
		both := new(sides)
		for k := range near {
			side := 0
			if in[k] {
				side = 1
			}
			both[side] = append(both[side], s.leaves[k].colour)
		}
		out[int32(i)] = both
	}
	return out
}

func (s *Scene) mixed(in []bool, near map[int32]bool, i int) bool {
	for k := range near {
		if in[k] != in[i] {
			return true
		}
	}
	return false
}

// pull is how much a colour is like those inside, and less like those outside, −2..2.
func (s *sides) pull(c lab) float32 {
	if s == nil || len(s[0]) == 0 || len(s[1]) == 0 {
		return 0
	}
	back := nearest(s[0], c)
	fore := nearest(s[1], c)
	return min(max((back-fore)/(2*8*8), -2), 2)
}

func nearest(of []lab, c lab) float32 {
	near := float32(math.MaxFloat32)
	for _, o := range of {
		near = min(near, apart2(o, c))
	}
	return near
}

// settleBand cuts the open pixels of a shape anew.
func (s *Scene) settleBand(ctx context.Context, m *shape, n int, local locals) {
	count := 0
	for _, b := range m.bits {
		count += int(b & open / open)
	}
	g := newFlow(count, 4*count)
	c := newColours(s, n, m.r)
	b := bander{s: s, m: m, g: g, c: c, n: n, local: local}
	b.nodes[0], b.nodes[1] = make([]int32, m.r.Dx()), make([]int32, m.r.Dx())
	for y := range m.r.Dy() {
		b.row(y)
	}
	g.solve(func() bool { return ctx.Err() != nil })
	if ctx.Err() != nil {
		return
	}
	k := 0
	for i, bits := range m.bits {
		if bits&open != 0 {
			m.bits[i] = 0
			if g.inside(k) {
				m.bits[i] = within
			}
			k++
		} else {
			m.bits[i] &= within
		}
	}
}

// bander builds the graph of a band, row after row.
type bander struct {
	s     *Scene
	m     *shape
	g     *flow
	c     *colours
	n     int
	local locals
	nodes [2][]int32 // of the row before and of this one
	count int32
}

// row adds the pixels of a row, and what joins them to those before.
func (b *bander) row(y int) {
	w := b.m.r.Dx()
	b.nodes[0], b.nodes[1] = b.nodes[1], b.nodes[0]
	before, now := b.nodes[0], b.nodes[1]
	b.c.turn(y)
	bits := b.m.bits[y*w:][:w]
	for x, v := range bits {
		if now[x] = none; v&open != 0 {
			now[x] = b.count
			b.count++
			b.lean(now[x], x, y, v)
		}
		if x > 0 {
			b.join(x, 0, x-1, 0, now[x], now[x-1], v, bits[x-1], 1)
		}
		if y == 0 {
			continue
		}
		up := b.m.bits[(y-1)*w:][:w]
		b.join(x, 0, x, 1, now[x], before[x], v, up[x], 1)
		if x > 0 {
			b.join(x, 0, x-1, 1, now[x], before[x-1], v, up[x-1], math.Sqrt2)
		}
		if x < w-1 {
			b.join(x, 0, x+1, 1, now[x], before[x+1], v, up[x+1], math.Sqrt2)
		}
	}
}

func (b *bander) lean(node int32, x, y int, bits uint8) {
	if bits&held != 0 {
		b.g.lean(int(node), always*(2*int32(bits&within)-1))
		return
	}
	p := image.Pt((x+b.m.r.Min.X)<<b.n, (y+b.m.r.Min.Y)<<b.n)
	pull := b.local[b.s.patchAt(p)].pull(b.c.at(x, 0))
	b.g.lean(int(node), int32(6*pull))
}

// join lets two neighbours hold together, the less the more their colours differ. One that is settled
// pulls the other to its side.
func (b *bander) join(x0, y0, x1, y1 int, p, q int32, pb, qb uint8, far float32) {
	if p == none && q == none {
		return
	}
	d := apart2(b.c.at(x0, y0), b.c.at(x1, y1))
	hold := 1 + int32(40*float32(math.Exp(-float64(d)/(2*5*5)))/far)
	switch {
	case p == none:
		b.g.lean(int(q), hold*(2*int32(pb&within)-1))
	case q == none:
		b.g.lean(int(p), hold*(2*int32(qb&within)-1))
	default:
		b.g.join(int(p), int(q), hold)
	}
}

// only leaves what hangs together with the clicks.
func (m *shape) only(in []image.Point) {
	w, h := m.r.Dx(), m.r.Dy()
	const seen = 2
	var todo []int
	for _, p := range in {
		if p.In(m.r) {
			todo = append(todo, (p.Y-m.r.Min.Y)*w+p.X-m.r.Min.X)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if m.bits[i] == within {
			m.bits[i] |= seen
			around(i, w, h, func(j int) { todo = append(todo, j) })
		}
	}
	for i := range m.bits {
		m.bits[i] = m.bits[i] & seen >> 1
	}
}

// soft is the shape as coverage: the share of it in the 3×3 pixels around each, binomial.
func (m *shape) soft() *image.Alpha {
	r := m.r
	out := image.NewAlpha(r)
	w, h := r.Dx(), r.Dy()
	parts(h, func(from, to int) {
		for y := from; y < to; y++ {
			up, mid, down := m.bits[max(y-1, 0)*w:][:w], m.bits[y*w:][:w], m.bits[min(y+1, h-1)*w:][:w]
			for x := range w {
				a, b := max(x-1, 0), min(x+1, w-1)
				n := int(up[a]) + int(up[b]) + int(down[a]) + int(down[b]) + 2*int(up[x]+down[x]+mid[a]+mid[b]) + 4*int(mid[x])
				out.Pix[y*out.Stride+x] = uint8(n * 255 / 16)
			}
		}
	})
	return out
}
