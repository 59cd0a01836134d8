package infill

import (
	"context"
	"image"
	"math"
	"slices"
)

// A plane's hole is filled in blocks from its border inward. Each takes the shift under
// which what is around it and has a colour looks most like the picture there. All shifts
// put the surface's pattern in its place, so an early choice does not lead the later ones
// astray.
const (
	blockSide   = 8
	blockAround = 7    // pixels around a block that are compared
	blockJoin   = 3    // pixels over which a block joins those before it
	blockLeast  = 24   // places compared, at least
	blockMiss   = 0.35 // share of the variance around a block that its shift may leave
	blockNoise  = 60   // squared levels that it may leave anyway
	blockShade  = 24   // levels that it may be made brighter or darker
	trialBlocks = 300
)

// quilter fills the hole of a level from a plane.
type quilter struct {
	p     *plane
	l     *level
	luma  []float32 // by pixel of the level
	open  []bool    // has a colour: known, or filled by now
	known []bool
}

func newQuilter(p *plane, l *level) *quilter {
	q := &quilter{p: p, l: l, luma: make([]float32, len(l.pix)), open: make([]bool, len(l.pix)), known: make([]bool, len(l.pix))}
	for i := range l.pix {
		q.luma[i] = l.lumaAt(i)
		q.open[i] = l.state[i] == known
		q.known[i] = q.open[i]
	}
	return q
}

func (l *level) lumaAt(i int) float32 {
	r, g, b := unpack(l.pix[i])
	return float32(r+2*g+b) / 4
}

// source is where pixel (x, y) of the level comes to under a shift: the upper left of four
// known pixels and how far it is between them.
func (q *quilter) source(x, y int, o shift) (i int, fx, fy float32, grows float64, ok bool) {
	mx, my, grows, ok := q.p.move(float64(x-pad), float64(y-pad), o)
	if !ok || grows > 4 || grows < 0.25 {
		return 0, 0, 0, 0, false
	}
	i, fx, fy, ok = q.corner(mx, my)
	return i, fx, fy, grows, ok
}

func (q *quilter) corner(x, y float64) (i int, fx, fy float32, ok bool) {
	if x < 0 || y < 0 || x >= float64(q.l.pw-1) || y >= float64(q.l.ph-1) {
		return 0, 0, 0, false
	}
	ix, iy := int(x), int(y)
	i = (iy+pad)*q.l.w + ix + pad
	k := q.known
	return i, float32(x - float64(ix)), float32(y - float64(iy)), k[i] && k[i+1] && k[i+q.l.w] && k[i+q.l.w+1]
}

// reaches says whether every pixel of b that is to be filled has a source under a shift.
func (q *quilter) reaches(b image.Rectangle, o shift) bool {
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if !q.open[y*q.l.w+x] && q.wanted(x, y) {
				if _, _, _, _, ok := q.source(x, y, o); !ok {
					return false
				}
			}
		}
	}
	return true
}

// fit is how badly area looks when it is moved by o, judged by what is open in it but not
// in except: the mean squared difference, most of the mean one taken off; that mean; and the
// variance of the truth. ok is false where too little is open.
func (q *quilter) fit(area, except image.Rectangle, o shift) (miss, mean, spread float64, ok bool) {
	w, e := q.l.w, q.luma
	var n, s, ss, v, vv float64
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X + y&1; x < area.Max.X; x += 2 {
			j := y*w + x
			if !q.open[j] || image.Pt(x, y).In(except) {
				continue
			}
			i, fx, fy, _, ok := q.source(x, y, o)
			if !ok {
				continue
			}
			m := (e[i]*(1-fx)+e[i+1]*fx)*(1-fy) + (e[i+w]*(1-fx)+e[i+w+1]*fx)*fy
			t := float64(e[j])
			d := t - float64(m)
			n, s, ss, v, vv = n+1, s+d, ss+d*d, v+t, vv+t*t
		}
	}
	if n < blockLeast {
		return 0, 0, 0, false
	}
	s, v = s/n, v/n
	return max(ss/n-0.75*s*s, 0), s, max(vv/n-v*v, 0), true
}

// wanted says whether pixel (x, y) is of the hole and on the plane.
func (q *quilter) wanted(x, y int) bool {
	return q.l.state[y*q.l.w+x] == hole && q.p.size(float64(x-pad), float64(y-pad)) > 0
}

// choice is the best shift of a block.
type choice struct {
	o            shift
	mean         float64
	miss, spread float64
	ok           bool
}

// choose finds the best shift of a block by what is open around it but not in except; least
// is how far it must move it.
func (q *quilter) choose(b, except image.Rectangle, least float64) choice {
	var best choice
	price := math.Inf(1)
	cx, cy := float64(b.Min.X+b.Max.X-1)/2-pad, float64(b.Min.Y+b.Max.Y-1)/2-pad
	for _, o := range q.p.shifts {
		for _, o := range [2]shift{o, {-o.x, -o.y}} {
			mx, my, grows, ok := q.p.move(cx, cy, o)
			if !ok || math.Hypot(mx-cx, my-cy) < least || !q.reaches(b, o) {
				continue
			}
			miss, mean, spread, ok := q.fit(b.Inset(-blockAround), except, o)
			if !ok {
				continue
			}
			// What is farther is blurred, what is nearer is only another picture of it.
			far := math.Log2(grows)
			cost := (miss + 4) * (1 + max(0.3*far, -1.5*far))
			if cost < price {
				best, price = choice{o, mean, miss, spread, true}, cost
			}
		}
	}
	return best
}

// lay fills the pixels of block b that have no colour, and joins it to those that have.
func (q *quilter) lay(b image.Rectangle, c choice) {
	l := q.l
	shade := float32(min(max(c.mean, -blockShade), blockShade))
	area := b.Inset(-blockJoin).Intersect(image.Rect(pad, pad, pad+l.pw, pad+l.ph))
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			i := y*l.w + x
			d := max(b.Min.X-x, x-b.Max.X+1, b.Min.Y-y, y-b.Max.Y+1) // from the block
			if d > 0 != q.open[i] || !q.wanted(x, y) {
				continue
			}
			m, ok := q.paint(x, y, c.o)
			if !ok {
				continue
			}
			m.r, m.g, m.b = m.r+shade, m.g+shade, m.b+shade
			if d > 0 {
				k := float32(blockJoin+1-d) / (2*blockJoin + 2)
				r, g, bl := unpack(l.pix[i])
				m.r, m.g, m.b = m.r*k+float32(r)*(1-k), m.g*k+float32(g)*(1-k), m.b*k+float32(bl)*(1-k)
			}
			if l.alpha != nil {
				l.alpha[i] = byteOf(m.a)
			}
			l.pix[i] = pack(uint64(byteOf(m.r)), uint64(byteOf(m.g)), uint64(byteOf(m.b)))
			q.luma[i], q.open[i] = l.lumaAt(i), true
		}
	}
}

// paint is the colour that pixel (x, y) gets from a shift: where the picture is nearer
// there, the mean over what the pixel covers.
func (q *quilter) paint(x, y int, o shift) (cell, bool) {
	_, _, _, grows, ok := q.source(x, y, o)
	if !ok {
		return cell{}, false
	}
	n := min(max(int(math.Round(grows*grows)), 1), 6)
	var t cell
	for j := range n * n {
		sx, sy := (float64(j%n)+0.5)/float64(n)-0.5, (float64(j/n)+0.5)/float64(n)-0.5
		mx, my, _, ok := q.p.move(float64(x-pad)+sx, float64(y-pad)+sy, o)
		if !ok {
			continue
		}
		if i, fx, fy, ok := q.corner(mx, my); ok {
			q.l.addTo(&t, i, (1-fx)*(1-fy))
			q.l.addTo(&t, i+1, fx*(1-fy))
			q.l.addTo(&t, i+q.l.w, (1-fx)*fy)
			q.l.addTo(&t, i+q.l.w+1, fx*fy)
		}
	}
	if t.w == 0 {
		return cell{}, false
	}
	return cell{t.r / t.w, t.g / t.w, t.b / t.w, t.a / t.w, 1}, true
}

// addTo adds w of pixel i to a sum.
func (l *level) addTo(t *cell, i int, w float32) {
	r, g, b := unpack(l.pix[i])
	a := float32(255)
	if l.alpha != nil {
		a = float32(l.alpha[i])
	}
	t.r, t.g, t.b, t.a, t.w = t.r+w*float32(r), t.g+w*float32(g), t.b+w*float32(b), t.a+w*a, t.w+w
}

// fill fills what the plane explains, from the border inward, and says how many pixels.
func (q *quilter) fill(ctx context.Context) (n int, err error) {
	l := q.l
	for todo := q.blocks(); len(todo) > 0; {
		var rest []block
		for from := 0; from < len(todo); {
			to := from
			for to < len(todo) && todo[to].depth == todo[from].depth {
				to++
			}
			picks := make([]choice, to-from)
			if err := each(ctx, len(picks), func(k int) { picks[k] = q.choose(todo[from+k].Rectangle, image.Rectangle{}, 0) }); err != nil {
				return n, err
			}
			for k, c := range picks {
				if c.ok && c.miss <= max(blockMiss*c.spread, blockNoise) {
					q.lay(todo[from+k].Rectangle, c)
				} else {
					rest = append(rest, todo[from+k])
				}
			}
			from = to
		}
		if len(rest) == len(todo) {
			break
		}
		todo = rest
	}
	for _, i := range l.todo {
		if l.state[i] == hole && q.open[i] {
			l.state[i] = known
			n++
		}
	}
	return n, nil
}

// block is a part of the hole and the distance of its nearest pixel from what is known.
type block struct {
	image.Rectangle
	depth uint8
}

// blocks lists the blocks that have something to fill, those at the border first.
func (q *quilter) blocks() (todo []block) {
	l := q.l
	r := l.inner.Intersect(image.Rect(pad, pad, pad+l.pw, pad+l.ph))
	for y := r.Min.Y; y < r.Max.Y; y += blockSide {
		for x := r.Min.X; x < r.Max.X; x += blockSide {
			b := block{image.Rect(x, y, x+blockSide, y+blockSide).Intersect(r), 255}
			any := false
			for yy := b.Min.Y; yy < b.Max.Y; yy++ {
				for xx := b.Min.X; xx < b.Max.X; xx++ {
					if q.wanted(xx, yy) {
						b.depth, any = min(b.depth, l.depth[yy*l.w+xx]), true
					}
				}
			}
			if any {
				todo = append(todo, b)
			}
		}
	}
	slices.SortStableFunc(todo, func(a, b block) int { return int(a.depth) - int(b.depth) })
	return todo
}

// trial predicts known blocks beside the hole as if they were of it, from far enough that a
// hole could be between, and gives the share of their variance that is missed.
func (q *quilter) trial(ctx context.Context, far float64) (float64, error) {
	l := q.l
	ring := l.inner.Inset(-int(far)).Intersect(image.Rect(pad, pad, pad+l.pw-blockSide, pad+l.ph-blockSide))
	step := max(blockSide, int(math.Sqrt(float64(ring.Dx()*ring.Dy())/trialBlocks)))
	var list []image.Rectangle
	for y := ring.Min.Y; y < ring.Max.Y; y += step {
		for x := ring.Min.X; x < ring.Max.X; x += step {
			if b := image.Rect(x, y, x+blockSide, y+blockSide); q.p.size(float64(x-pad), float64(y-pad)) > frontFar && q.whole(b) {
				list = append(list, b)
			}
		}
	}
	misses, spreads := make([]float64, len(list)), make([]float64, len(list))
	err := each(ctx, len(list), func(k int) {
		if c := q.choose(list[k], list[k], far); c.ok {
			if m, _, v, ok := q.fit(list[k], image.Rectangle{}, c.o); ok {
				misses[k], spreads[k] = m, max(v, c.spread)
			}
		}
	})
	miss, spread := 0.0, 1e-9
	for k := range list {
		miss, spread = miss+misses[k], spread+spreads[k]
	}
	if miss == 0 { // nothing could be predicted
		return 1, err
	}
	return miss / spread, err
}

// whole says whether all of b is known.
func (q *quilter) whole(b image.Rectangle) bool {
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if !q.known[y*q.l.w+x] {
				return false
			}
		}
	}
	return true
}
