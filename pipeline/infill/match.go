package infill

import (
	"context"
	"math"
)

// split takes the two sums of squares out of a sum of products of packed words: with
// words u+v·2²¹ the square is u² + 2uv·2²¹ + v²·2⁴². Good for eight products of
// differences up to 255: u² and v² stay below 2²⁰, the mixed term within ±2²⁰.
func split(acc int64) (u, v int32) {
	low := acc & laneMask
	return int32(low), int32((acc>>lane + 1<<(lane-1)) >> lane)
}

// distance is the squared colour distance of two patches, about ΔR²+ΔG²+ΔB² summed over
// the 64 pixels: luma is read at each, chroma at every fourth and weighed four times. It
// may stop early with any value ≥ limit.
func (l *level) distance(a, b, limit int32) int32 {
	var sum int32
	i, j := int(a), int(b)
	for range side / 2 {
		p, q := l.luma[i:i+8:i+8], l.luma[j:j+8:j+8]
		d0, d1, d2, d3 := p[0]-q[0], p[1]-q[1], p[2]-q[2], p[3]-q[3]
		d4, d5, d6, d7 := p[4]-q[4], p[5]-q[5], p[6]-q[6], p[7]-q[7]
		u, v := split(d0*d0 + d1*d1 + d2*d2 + d3*d3 + d4*d4 + d5*d5 + d6*d6 + d7*d7)
		sum += 3 * (u + v)
		c, e := l.chroma[i:i+8:i+8], l.chroma[j:j+8:j+8]
		e0, e1, e2, e3 := c[0]-e[0], c[2]-e[2], c[4]-e[4], c[6]-e[6]
		u, v = split(e0*e0 + e1*e1 + e2*e2 + e3*e3)
		sum += 8*u + 12*v
		if l.cover != nil {
			sum += l.coverDistance(i, j)
		}
		if sum >= limit {
			return sum
		}
		i += 2 * l.w
		j += 2 * l.w
	}
	return sum
}

// coverDistance compares the alpha of two rows, every other column, weighed double.
func (l *level) coverDistance(i, j int) int32 {
	p, q := l.cover[i:i+8:i+8], l.cover[j:j+8:j+8]
	d0, d1, d2, d3 := p[0]-q[0], p[2]-q[2], p[4]-q[4], p[6]-q[6]
	u, v := split(d0*d0 + d1*d1 + d2*d2 + d3*d3)
	return 2 * (u + v)
}

// search says how one sweep looks for better matches.
type search struct {
	seed   uint64
	radius int // of the random part, in pixels of the level
	// partial compares the filled pixels of a target only, see peel.
	partial bool
}

// bandRows is the number of rows one goroutine sweeps in order. Bands see their
// neighbours as they were before the sweep, so the result is the same on any number of
// cores; the next sweep moves the borders by half a band.
const bandRows = 24

// sweep improves every match once: propagation from two neighbours, then random search
// around the best (Barnes 2009 §3.2). forward sweeps take the left and upper neighbour.
func (l *level) sweep(ctx context.Context, s search, forward bool) error {
	if l.before == nil {
		l.before = make([]int32, len(l.match))
	}
	copy(l.before, l.match)
	shift := 0
	if !forward {
		shift = bandRows / 2
	}
	return each(ctx, (l.h+shift+bandRows-1)/bandRows, func(i int) {
		y0, y1 := max(0, i*bandRows-shift), min(l.h, (i+1)*bandRows-shift)
		row := l.targets[l.rowAt[y0]:l.rowAt[y1]]
		if forward {
			for _, a := range row {
				l.improve(a, y0, y1, -1, s)
			}
			return
		}
		for k := len(row) - 1; k >= 0; k-- {
			l.improve(row[k], y0, y1, 1, s)
		}
	})
}

// improve tries better matches for the target at anchor a. dir is -1 to learn from the
// left and upper neighbour, 1 for the right and lower one; rows y0…y1-1 are this
// goroutine's.
func (l *level) improve(a int32, y0, y1, dir int, s search) {
	w := int32(l.w)
	best, cost := l.match[a], l.cost[a]
	try := func(m int32) {
		if m != best && l.usable(m) {
			if d := l.price(a, m, cost, s.partial); d < cost {
				best, cost = m, d
			}
		}
	}
	step := int32(dir)
	if m := l.match[a+step]; m >= 0 {
		try(m - step)
	}
	y := int(a) / l.w
	field := l.match
	if y+dir < y0 || y+dir >= y1 {
		field = l.before
	}
	if n := a + step*w; n >= 0 && int(n) < len(field) && field[n] >= 0 {
		try(field[n] - step*w)
	}
	h := mix(s.seed, uint64(a))
	for r := int32(s.radius); r >= 1; r /= 2 {
		bx, by := best%w, best/w
		x := bx + int32(h>>32)%(2*r+1) - r
		h = h*6364136223846793005 + 1442695040888963407
		yy := by + int32(h>>33)%(2*r+1) - r
		h = h*6364136223846793005 + 1442695040888963407
		if x >= 0 && x < w && yy >= 0 && yy < int32(l.h) {
			try(yy*w + x)
		}
	}
	if len(l.frames) > 1 {
		try(l.hop(best, h>>40))
	}
	l.match[a], l.cost[a] = best, cost
}

// price is the cost of matching target a with source m: their distance, more in another
// scale. It may stop early with any value ≥ limit.
func (l *level) price(a, m, limit int32, partial bool) int32 {
	other := l.frameAt[int(m)/l.w] != 0
	if other {
		limit -= limit / (4 + otherScale) * otherScale
	}
	var d int32
	if partial {
		d = l.partial(a, m, limit)
	} else {
		d = l.distance(a, m, limit)
	}
	if other {
		d += min(d/4*otherScale, math.MaxInt32-d)
	}
	return d
}

// usable says whether m is the anchor of a source patch.
func (l *level) usable(m int32) bool { return m >= 0 && int(m) < len(l.valid) && l.valid[m] }

// rate recomputes the cost of every match after the picture changed.
func (l *level) rate(ctx context.Context) error {
	return chunks(ctx, len(l.targets), 2048, func(from, to int) {
		for _, a := range l.targets[from:to] {
			l.cost[a] = l.price(a, l.match[a], math.MaxInt32, false)
		}
	})
}

// guess gives every target without a match a random one.
func (l *level) guess(seed uint64) {
	n := uint64(l.sources())
	for _, a := range l.targets {
		if l.match[a] < 0 {
			l.match[a] = l.source(int32(mix(seed, uint64(a)) % n))
		}
	}
}

// inherit takes the matches of the coarser level: the offset doubled.
func (l *level) inherit(c *level) {
	for _, a := range l.targets {
		x, y := int(a)%l.w-pad, int(a)/l.w-pad
		// Patch centres meet: ((x+3.5)−3.5·2)/2, rounded.
		cx, cy := (x-2)>>1+pad, (y-2)>>1+pad
		from := c.nearTarget(cx, cy)
		if from < 0 {
			continue
		}
		g, mx, my := c.scaled(c.match[from])
		f := l.frameLike(g.scale)
		if f == nil {
			continue
		}
		// An offset of the coarser level is worth two pixels here; x − 2·from is the parity.
		nx := 2*mx + x - 2*(int(from)%c.w-pad)
		ny := 2*my + y - 2*(int(from)/c.w-pad)
		for _, d := range [...][2]int{{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}, {2, 0}, {-2, 0}, {0, 2}, {0, -2}} {
			if m := l.anchor(f, nx+d[0], ny+d[1]); l.usable(m) {
				l.match[a] = m
				break
			}
		}
	}
}

// frameLike is the frame of scale s, nil where the level has none.
func (l *level) frameLike(s scale) *frame {
	for k := range l.frames {
		if l.frames[k].scale == s {
			return &l.frames[k]
		}
	}
	return nil
}

// nearTarget is the target anchor at (x, y) or beside it, -1 where none is.
func (l *level) nearTarget(x, y int) int32 {
	for _, d := range [...][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {-1, 0}, {0, -1}, {-1, -1}, {2, 0}, {0, 2}, {2, 2}} {
		x, y := x+d[0], y+d[1]
		if x >= 0 && x < l.w && y >= 0 && y < l.h && l.match[y*l.w+x] >= 0 {
			return int32(y*l.w + x)
		}
	}
	return -1
}
