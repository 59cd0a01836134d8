package infill

import (
	"context"
	"math"
)

// A membrane knows nothing of what goes up and down within the width of the hole: soft
// stripes, folds, ripples. So it is put to the test where the truth is seen: it must also
// predict the picture beside the hole.
const (
	trialReach = 48  // pixels beside the hole that are predicted, at most
	trialGood  = 1.5 // levels (RMS) that a good membrane misses
	trialPart  = 3   // copies farther than so many times that error from the membrane are chance
)

// calmer looks at the hole and what is beside it. All slices are by cell of sheet.
type calmer struct {
	*finisher
	beside []uint8   // chessboard distance to the hole
	smooth []float32 // 1: a smooth surface, 0: structure
	keep   []float32 // share of the noise to keep
	local  []cell    // mean colour around
	inside []uint8   // chessboard distance to the nearest structure
	reach  uint8     // distance to the hole up to which the membrane is tried
}

// calm replaces smooth surfaces by a membrane and weakens their noise.
func (l *level) calm(ctx context.Context) error {
	c, err := l.newCalmer(ctx)
	if err != nil {
		return err
	}
	s := c.sheet
	base, err := c.membrane(ctx, 0, 0, nil)
	if err != nil {
		return err
	}
	missed, err := c.trial(ctx, base)
	if err != nil {
		return err
	}
	for i := range s.c {
		if t := c.smooth[i]; t > 0 && c.beside[i] == 0 {
			u := c.local[i]
			if c.inside[i] >= calmInside {
				u = base.c[i]
			}
			m, k := c.local[i], c.keep[i]
			t *= c.belief(u, m, missed.c[i].r)
			p := &s.c[i]
			p.r += t * (u.r + k*(p.r-m.r) - p.r)
			p.g += t * (u.g + k*(p.g-m.g) - p.g)
			p.b += t * (u.b + k*(p.b-m.b) - p.b)
		}
	}
	c.store()
	return nil
}

// belief is 1 where the membrane u is to be believed, 0 where the copied mean m is: the
// membrane missed the truth beside the hole by more than a little, and u and m differ by
// no more than that explains.
func (c *calmer) belief(u, m cell, missed float32) float32 {
	e := float32(math.Sqrt(float64(max(missed, 0))))
	good := min(max(2-e/trialGood, 0), 1)
	apart := max(abs(u.r-m.r), abs(u.g-m.g), abs(u.b-m.b))
	return max(good, min(max(apart/(trialPart*max(e, 0.1))-1, 0), 1))
}

// newCalmer looks at every cell that the membrane or its trial needs.
func (l *level) newCalmer(ctx context.Context) (*calmer, error) {
	deepest := uint8(0)
	for _, i := range l.todo {
		if l.state[i] == hole {
			deepest = max(deepest, l.depth[i])
		}
	}
	c := &calmer{reach: min(max(deepest, calmInside), trialReach)}
	c.finisher = l.finisher(int(c.reach) + 2*windowHalf)
	s := c.sheet
	n := len(s.c)
	c.smooth, c.keep, c.local = make([]float32, n), make([]float32, n), make([]cell, n)
	c.beside = s.steps(func(i int) bool { return l.state[c.index(i)] == hole })
	err := chunks(ctx, s.h, 8, func(y0, y1 int) {
		for i := y0 * s.w; i < y1*s.w; i++ {
			c.smooth[i], c.local[i] = 1, s.c[i] // too far to matter
			if s.c[i].w > 0 && c.beside[i] <= c.reach+1 {
				c.smooth[i], c.keep[i] = c.judge(i)
				c.local[i] = meanAround(s.c, s.w, s.h, i, windowHalf)
			}
		}
	})
	c.inside = s.steps(func(i int) bool { return c.smooth[i] < 0.99 && s.c[i].w > 0 })
	return c, err
}

// membrane is the smooth surface through what is farther than reach from the hole and the
// local colours beside structure.
func (c *calmer) membrane(ctx context.Context, least, most uint8, hole *sheet) (*sheet, error) {
	base := &sheet{w: c.sheet.w, h: c.sheet.h, c: append([]cell(nil), c.local...)}
	for i := range base.c {
		if c.smooth[i] < 0.99 || c.inside[i] >= calmInside && c.beside[i] >= least && c.beside[i] <= most {
			base.c[i].w = 0
		} else if hole != nil && c.beside[i] == 0 {
			base.c[i] = hole.c[i]
		}
	}
	return base, pullPush(ctx, base, 2*membraneSteps)
}

// trial predicts what is beside the hole and gives the squared error (in r) at every cell,
// spread into the hole.
func (c *calmer) trial(ctx context.Context, base *sheet) (*sheet, error) {
	s := c.sheet
	got, err := c.membrane(ctx, 1, c.reach, base)
	if err != nil {
		return nil, err
	}
	errs := make([]cell, len(s.c))
	for i := range errs {
		if c.beside[i] > 0 && c.beside[i] <= c.reach && c.smooth[i] >= 0.99 && c.inside[i] >= calmInside && s.c[i].w > 0 {
			u, m := got.c[i], c.local[i]
			e := max(abs(u.r-m.r), abs(u.g-m.g), abs(u.b-m.b))
			errs[i] = cell{e * e, 0, 0, 0, 1}
		}
	}
	missed := &sheet{w: s.w, h: s.h, c: errs}
	return missed, pullPush(ctx, missed, 0)
}

// steps is the chessboard distance to the nearest cell of a kind, at most 255.
func (s *sheet) steps(kind func(i int) bool) []uint8 {
	w := s.w
	d := make([]uint8, len(s.c))
	pass := func(i, step, row int) {
		for _, j := range [...]int{i + step, i + row - 1, i + row, i + row + 1} {
			if j >= 0 && j < len(d) && d[j] < 254 {
				d[i] = min(d[i], d[j]+1)
			}
		}
	}
	for i := range d {
		if !kind(i) {
			d[i] = 255
			pass(i, -1, -w)
		}
	}
	for i := len(d) - 1; i >= 0; i-- {
		if d[i] > 0 {
			pass(i, 1, w)
		}
	}
	return d
}

// judge looks at the luma around cell i: residual of the best plane, and how much of it
// neighbouring pixels share. White noise shares nothing, texture and edges do.
func (c *calmer) judge(i int) (smooth, keep float32) {
	s := c.sheet
	x, y := i%s.w, i/s.w
	if x < windowHalf || y < windowHalf || x >= s.w-windowHalf || y >= s.h-windowHalf {
		return 0, 1
	}
	var n, sum, sq, sx, sy, diff, dn float32
	for dy := -windowHalf; dy <= windowHalf; dy++ {
		row := s.c[(y+dy)*s.w+x-windowHalf:][:2*windowHalf+1]
		var last float32
		for k, e := range row {
			if e.w == 0 {
				return 0, 1
			}
			v := (e.r + 2*e.g + e.b) / 4
			n, sum, sq = n+1, sum+v, sq+v*v
			sx += v * float32(k-windowHalf)
			sy += v * float32(dy)
			if k > 0 {
				diff += (v - last) * (v - last)
				dn++
			}
			last = v
		}
	}
	spread := n * windowHalf * (windowHalf + 1) / 3 // Σx² = Σy² over the window
	slope := sx / spread
	total := (sq-sum*sum/n-sx*sx/spread-sy*sy/spread)/(n-3) + 0.05
	white := (diff/dn - slope*slope) / 2
	shared := total - white
	smooth = 1 - min(max((shared-0.3*total-4)/(0.3*total+8), 0), 1)
	sigma := float32(math.Sqrt(float64(max(total, 0))))
	return smooth, min(max(0.35+(sigma-3)*0.08, 0.35), 1)
}
