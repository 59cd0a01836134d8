package infill

import (
	"context"
	"math"
)

// A plate knows nothing of what goes up and down within the width of the hole: soft
// stripes, folds, ripples. So it is put to the test where the truth is seen: it must also
// predict the picture beside the hole.
const (
	calmInside = 10   // pixels from the nearest structure where the plate is free
	calmSure   = 0.01 // share of structure in the border, as seen from a place, that is none
	calmRing   = 8    // pixels beside the hole that are its border
	trialLeast = 24   // pixels beside the hole that are predicted
	trialMost  = 48
	trialGood  = 1.5  // levels (RMS) that a good plate misses
	trialShare = 0.05 // of the variance that a good plate leaves unexplained
)

// calmer looks at the hole and what is beside it. All slices are by cell of sheet.
type calmer struct {
	*finisher
	beside []uint8   // chessboard distance to the hole
	smooth []float32 // 1: a smooth surface, 0: structure
	keep   []float32 // share of the noise to keep
	local  []cell    // mean colour around
	copied []float32 // smooth as it was copied, before surrounded
	inside []uint8   // chessboard distance to the nearest structure
	reach  uint8     // distance to the hole up to which the plate is tried
}

// calm replaces smooth surfaces by a plate and weakens their noise.
func (l *level) calm(ctx context.Context) error {
	c, err := l.newCalmer(ctx)
	if err != nil {
		return err
	}
	base, err := c.surface(ctx, nil)
	if err != nil {
		return err
	}
	around, err := c.trial(ctx, base)
	if err != nil {
		return err
	}
	grain := c.grains()
	s := c.sheet
	smooth, all := float32(0), 0
	for i := range s.c {
		if c.beside[i] == 0 {
			all++
		}
		if t := c.smooth[i]; t > 0 && c.beside[i] == 0 {
			u, m, p := c.local[i], c.local[i], &s.c[i]
			if c.inside[i] >= calmInside {
				u = base.c[i]
				t *= belief(around(i))
				smooth += t
			}
			// Rounding alone would draw contours.
			d := float32(mix(uint64(i))>>40)/(1<<24) - 0.5
			u.r, u.g, u.b = u.r+d, u.g+d, u.b+d
			k, n := c.keep[i], cell{r: p.r - m.r, g: p.g - m.g, b: p.b - m.b}
			if c.copied[i] < min(c.smooth[i], 0.99) {
				k, n = 1, grain(i)
			}
			p.r += t * (u.r + k*n.r - p.r)
			p.g += t * (u.g + k*n.g - p.g)
			p.b += t * (u.b + k*n.b - p.b)
		}
	}
	l.plain = smooth > 0.5*float32(all)
	c.store()
	return nil
}

// belief is 1 where the plate explains what is beside the hole, 0 where it does not.
func belief(missed, spread float32) float32 {
	e := float32(math.Sqrt(float64(max(missed, 0))))
	return max(min(max(2-e/trialGood, 2-missed/(trialShare*max(spread, 0.1))), 1), 0)
}

// newCalmer looks at every cell that the plate or its trial needs.
func (l *level) newCalmer(ctx context.Context) (*calmer, error) {
	deepest := uint8(0)
	for _, i := range l.todo {
		if l.state[i] == hole {
			deepest = max(deepest, l.depth[i])
		}
	}
	c := &calmer{reach: min(max(deepest, trialLeast), trialMost)}
	margin := 2 * c.reach // a plate over the reach needs as much again for its slopes
	c.finisher = l.finisher(int(margin))
	s := c.sheet
	n := len(s.c)
	c.smooth, c.keep, c.local = make([]float32, n), make([]float32, n), make([]cell, n)
	c.beside = steps(s.w, s.h, func(i int) bool { return l.state[c.index(i)] == hole })
	for i, d := range c.beside {
		if d > margin { // before any neighbour is judged by it
			s.c[i].w = 0
		}
	}
	err := chunks(ctx, s.h, 8, func(y0, y1 int) {
		for i := y0 * s.w; i < y1*s.w; i++ {
			if s.c[i].w > 0 {
				c.smooth[i], c.keep[i] = c.judge(i)
				if c.beside[i] <= c.reach {
					c.local[i] = meanAround(s.c, s.w, s.h, i, windowHalf)
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if err := c.surrounded(ctx); err != nil {
		return nil, err
	}
	c.inside = steps(s.w, s.h, func(i int) bool { return c.smooth[i] < 0.99 && s.c[i].w > 0 })
	return c, nil
}

// surrounded makes smooth what has nothing but smooth surface around it, whatever was
// copied there.
func (c *calmer) surrounded(ctx context.Context) error {
	s := c.sheet
	rough := &sheet{w: s.w, h: s.h, c: make([]cell, len(s.c))}
	for i := range s.c {
		if d := c.beside[i]; d > 0 && d <= calmRing && s.c[i].w > 0 {
			rough.c[i] = cell{r: 1 - c.smooth[i], w: 1}
		}
	}
	c.copied = append([]float32(nil), c.smooth...)
	if err := pullPush(ctx, rough, membraneSteps); err != nil {
		return err
	}
	for i := range s.c {
		if c.beside[i] == 0 {
			c.smooth[i] = max(c.smooth[i], min(max(2-rough.c[i].r/calmSure, 0), 1))
		}
	}
	return nil
}

// surface is the plate over the hole, which meets what was copied beside structure; given
// one for the hole, it is the plate over what is beside it.
func (c *calmer) surface(ctx context.Context, inHole *sheet) (*sheet, error) {
	from := c.sheet
	open := func(i int) bool { return c.beside[i] == 0 }
	if inHole != nil {
		from = &sheet{w: from.w, h: from.h, c: append([]cell(nil), from.c...)}
		for i, d := range c.beside {
			if d == 0 {
				from.c[i] = inHole.c[i]
			}
		}
		open = func(i int) bool { return c.beside[i] > 0 && c.beside[i] <= c.reach }
	}
	smooth := func(i int) bool { return c.smooth[i] >= 0.99 && from.c[i].w > 0 }
	return from.smoothOver(ctx,
		func(i int) bool { return smooth(i) && !open(i) && c.inside[i] >= calmInside },
		func(i int) bool { return smooth(i) && !(open(i) && c.inside[i] >= calmInside) })
}

// trial predicts what is beside the hole. The function it returns gives, around a cell of
// the hole, the mean squared error and the variance of the truth.
func (c *calmer) trial(ctx context.Context, base *sheet) (func(i int) (missed, spread float32), error) {
	s := c.sheet
	got, err := c.surface(ctx, base)
	if err != nil {
		return nil, err
	}
	seen, any := s.blank(), false // squared error, value, its square
	for i := range seen.c {
		if d := c.beside[i]; d > 0 && d <= c.reach && c.smooth[i] >= 0.99 && c.inside[i] >= calmInside && s.c[i].w > 0 {
			u, m := got.c[i], c.local[i]
			e := max(abs(u.r-m.r), abs(u.g-m.g), abs(u.b-m.b))
			v := (m.r + 2*m.g + m.b) / 4
			seen.c[i], any = cell{e * e, v, v * v, 0, 1}, true
		}
	}
	if !any { // nothing speaks for it
		return func(int) (missed, spread float32) { return 1e9, 0 }, nil
	}
	size := 1 // of a block; three by three of them are looked at
	for ; size < int(c.reach); size *= 2 {
		if seen, err = seen.half(ctx); err != nil {
			return nil, err
		}
	}
	mean := seen.blank()
	for i := range mean.c {
		mean.c[i] = meanAround(seen.c, seen.w, seen.h, i, 1)
	}
	if err := pullPush(ctx, mean, 0); err != nil {
		return nil, err
	}
	return func(i int) (missed, spread float32) {
		e := mean.between(i%s.w, i/s.w, size)
		return e.r, e.b - e.g*e.g
	}, nil
}

// grains gives noise for a cell of the hole: that of a block of smooth known picture.
func (c *calmer) grains() func(i int) cell {
	const block = 16
	s := c.sheet
	bad := steps(s.w, s.h, func(i int) bool {
		return s.c[i].w == 0 || c.beside[i] <= windowHalf || c.beside[i] > c.reach || c.smooth[i] < 0.99
	})
	var from []int
	for y := block / 2; y < s.h-block/2; y += block / 4 {
		for x := block / 2; x < s.w-block/2; x += block / 4 {
			if bad[y*s.w+x] > block/2 {
				from = append(from, (y-block/2)*s.w+x-block/2)
			}
		}
	}
	return func(i int) cell {
		if len(from) == 0 {
			return cell{}
		}
		x, y := i%s.w, i/s.w
		h := mix(uint64(x/block), uint64(y/block))
		j := from[h%uint64(len(from))] + y%block*s.w + x%block
		a, m, k := s.c[j], c.local[j], c.keep[j]
		return cell{r: k * (a.r - m.r), g: k * (a.g - m.g), b: k * (a.b - m.b)}
	}
}

// steps is the chessboard distance to the nearest of w×h cells of a kind, at most 255.
func steps(w, h int, kind func(i int) bool) []uint8 {
	d := make([]uint8, w*h)
	pass := func(i, side int) { // side is −1: from the left and above, 1: from the right and below
		near := uint8(254)
		for _, v := range [...][2]int{{side, 0}, {-1, side}, {0, side}, {1, side}} {
			if x, y := i%w+v[0], i/w+v[1]; x >= 0 && x < w && y >= 0 && y < h {
				near = min(near, d[y*w+x])
			}
		}
		d[i] = min(d[i], near+1)
	}
	for i := range d {
		if !kind(i) {
			d[i] = 255
			pass(i, -1)
		}
	}
	for i := len(d) - 1; i >= 0; i-- {
		if d[i] > 0 {
			pass(i, 1)
		}
	}
	return d
}
