package infill

import "context"

// Where no plane is found, a hole that grows the picture may still be drawn from the front
// of a surface that repeats itself roughly.
const (
	worthLooking = 0.9  // of the plain cost frames must leave
	tiltGain     = 0.5  // of the plain cost a tilt must leave; it leaves 0.2–0.4 where it is right
	overFrames   = 0.75 // of the frames' cost
	overContrary = 0.6  // of the contrary tilt's cost
	tiltArea     = 1200 // the largest hole, in pixels of a level, at which tilts are tried
	tiltRounds   = 3    // of search and vote per level while tilts are tried
)

// roughTilt is the tilt (per pixel of the full size) that beats the plain completion and that
// with frames, of costs plain and framed; none where there is none.
func (c *completion) roughTilt(ctx context.Context, middle int, plain, framed float64) (tilt, error) {
	t, err := c.searchTilt(ctx, middle)
	if err != nil || t == (tilt{}) {
		return tilt{}, err
	}
	upright, err := c.tiltCost(ctx, middle, t)
	if err != nil {
		return tilt{}, err
	}
	// The same tilt the other way is as blurred by drawing; noise gains from both.
	contrary, err := c.tiltCost(ctx, middle, tilt{-t.x, -t.y})
	if err != nil || upright >= min(tiltGain*plain, overFrames*framed, overContrary*contrary) {
		return tilt{}, err
	}
	return t, nil
}

// searchTilt looks for the tilt with the least cost, first on a coarse level, then
// around the best on the middle one, where what is fine is seen.
func (c *completion) searchTilt(ctx context.Context, middle int) (tilt, error) {
	i := middle
	for i < len(c.levels)-1 && len(c.levels[i].todo) > tiltArea {
		i++
	}
	const step = 0.32
	best, _, err := c.refineTilt(ctx, i, tilt{}, step, step/8)
	if err == nil && i > middle && best != (tilt{}) {
		best, _, err = c.refineTilt(ctx, middle, best, step*3/16, step*3/32)
	}
	return best, err
}

// refineTilt is a pattern search on level i: the eight neighbours at a step, then half
// the step. Steps are changes of size per half of the picture's longer side. It gives the
// best and what that costs.
func (c *completion) refineTilt(ctx context.Context, i int, best tilt, step, last float64) (tilt, float64, error) {
	l := c.levels[i]
	unit := 2 / float64(max(l.pw, l.ph)) / float64(int(1)<<i)
	cost, err := c.tiltCost(ctx, i, best)
	for ; err == nil && step > 0.9*last; step /= 2 {
		centre := best
		for k := range 9 {
			if k == 4 {
				continue
			}
			t := tilt{centre.x + float64(k%3-1)*step*unit, centre.y + float64(k/3-1)*step*unit}
			var e float64
			if e, err = c.tiltCost(ctx, i, t); err != nil {
				break
			}
			if e < cost {
				best, cost = t, e
			}
		}
	}
	return best, cost, err
}

// tiltCost completes level i in a tilted drawing and returns the energy of the result,
// infinite where the hole does not fit.
func (c *completion) tiltCost(ctx context.Context, i int, t tilt) (float64, error) {
	l := c.levels[i]
	k := float64(int(1) << i) // a pixel of level i is so many of the full size
	w, fits := l.warpFor(tilt{t.x * k, t.y * k})
	if fits < 1 {
		return 1e30, nil
	}
	d, err := l.tilted(ctx, w)
	if err != nil {
		return 0, err
	}
	levels, err := pyramid(ctx, d)
	if err != nil || len(levels) == 0 {
		return 1e30, err
	}
	quiet := &completion{levels: levels, grows: c.grows, seed: c.seed, report: func(string, float64) {}, work: 1, most: tiltRounds}
	for j := len(levels) - 1; j >= 0; j-- {
		if err := quiet.complete(ctx, levels, j); err != nil {
			return 0, err
		}
	}
	return levels[0].energy(ctx)
}

// runTilted completes a tilted drawing of the full size and takes the hole from it. done is
// false where the hole does not fit.
func (c *completion) runTilted(ctx context.Context, t tilt) (done bool, err error) {
	full := c.levels[0]
	w, fits := full.warpFor(t)
	if fits < 1 {
		return false, nil
	}
	d, err := full.tilted(ctx, w)
	if err != nil {
		return false, err
	}
	levels, err := pyramid(ctx, d)
	if err != nil || len(levels) == 0 || len(levels[0].targets) == 0 {
		return false, err
	}
	base := c.done
	sub := &completion{levels: levels, seed: c.seed, upright: true, most: maxRounds}
	sub.report = func(stage string, f float64) {
		c.done = base + f*(c.work-base)
		c.report(stage, c.done/c.work)
	}
	if err := sub.run(ctx); err != nil {
		return false, err
	}
	return true, full.fetch(ctx, d, w)
}
