package infill

import (
	"context"
	"image"
	"slices"
)

// Perspective is looked for in two steps: matches in other scales (frames, cheap), then,
// unless those are no better at all, the tilt of one plane (a search). What is left of
// the cost of the plain completion decides.
const (
	worthLooking = 0.9         // frames leave 0.4–0.85 in perspective, 0.8–1.1 elsewhere
	framesGain   = 0.72        // to keep the frames
	tiltGain     = 0.5         // to keep the tilt; it leaves 0.2–0.4 where it is right
	overFrames   = 0.75        // what the tilt must leave of the frames' cost
	overContrary = 0.6         // what it must leave of the contrary tilt's cost
	overFlat     = 0.75        // what a near vanishing line must leave of a far one's cost
	perfect      = side * side // a cost of one level a pixel leaves nothing to gain
	tiltArea     = 1200        // the largest hole, in pixels of a level, at which tilts are tried
	leastFits    = 0.6         // of the hole must fit a tilted drawing
	tiltRounds   = 3           // of search and vote per level while tilts are tried
)

// perspective tries both after the levels down to middle are complete. It replaces
// c.levels when frames win and returns a tilt (per pixel of the full size) when that wins.
func (c *completion) perspective(ctx context.Context, middle int) (t tilt, framed bool, err error) {
	plain, err := c.levels[middle].energy(ctx)
	if err != nil || plain <= perfect {
		return t, false, err
	}
	levels := append([]*level(nil), c.levels...)
	for i := len(levels) - 1; i >= middle; i-- {
		everything := make([]image.Rectangle, len(scales))
		for k := range everything {
			everything[k] = image.Rect(0, 0, 2*levels[i].pw, 2*levels[i].ph)
		}
		levels[i] = levels[i].withFrames(scales, everything)
		if err = levels[i].prepare(ctx); err == nil {
			err = c.complete(ctx, levels, i)
		}
		if err != nil {
			return t, false, err
		}
	}
	e, err := levels[middle].energy(ctx)
	if err != nil || e > worthLooking*plain {
		return t, false, err
	}
	if t, err = c.searchTilt(ctx, middle); err != nil {
		return t, false, err
	}
	if t != (tilt{}) {
		upright, err := c.tiltCost(ctx, middle, t)
		if err != nil {
			return t, false, err
		}
		// The same tilt the other way is as blurred by drawing; noise gains from both.
		contrary, err := c.tiltCost(ctx, middle, tilt{-t.x, -t.y})
		if err != nil || upright < min(tiltGain*plain, overFrames*e, overContrary*contrary) {
			return t, false, err
		}
	}
	if e > framesGain*plain {
		return tilt{}, false, nil
	}
	c.levels = levels
	return tilt{}, true, nil
}

// searchTilt looks for the tilt with the least cost, first on a coarse level, then
// around the best on the middle one, where what is fine is seen.
func (c *completion) searchTilt(ctx context.Context, middle int) (tilt, error) {
	i := middle
	for i < len(c.levels)-1 && len(c.levels[i].todo) > tiltArea {
		i++
	}
	const step = 0.32
	best, cost, err := c.refineTilt(ctx, i, tilt{}, step, step/8)
	reach := step
	if err == nil && !c.grows {
		if steep, e, wide, ferr := c.steepTilt(ctx, i, cost); ferr != nil {
			err = ferr
		} else if e < overFlat*cost {
			best, reach = steep, wide
		}
	}
	if err == nil && i > middle && best != (tilt{}) {
		best, _, err = c.refineTilt(ctx, middle, best, reach*3/16, reach*3/32)
	}
	return best, err
}

// leastFits is the share of the hole that must fit a tilted drawing: all of one that grows
// the picture, whose next strip would copy the mistakes.
func (c *completion) leastFits() float64 {
	if c.grows {
		return 1
	}
	return leastFits
}

// room bounds a drawing (warpFor). A hole that grows the picture gets less: with a quarter,
// wrong tilts fitted long strips, and ten chained outpaints lost their colours.
func (c *completion) room() int {
	if c.grows {
		return 8
	}
	return 4
}

// steepTilt looks for vanishing lines that are near or in the picture, above, below and
// beside the hole, from where they cost less than bound: the best, what it costs (infinite
// where there is none) and how far around it was looked.
func (c *completion) steepTilt(ctx context.Context, i int, bound float64) (best tilt, cost, step float64, err error) {
	l := c.levels[i]
	unit := 2 / float64(max(l.pw, l.ph)) / float64(int(1)<<i)
	for _, steep := range [...]float64{1, 3} {
		for _, d := range [...][2]float64{{0, 1}, {0, -1}, {1, 0}, {-1, 0}} {
			t := tilt{d[0] * steep * unit, d[1] * steep * unit}
			e, err := c.tiltCost(ctx, i, t)
			if err != nil {
				return best, 0, 0, err
			}
			if e < bound {
				best, bound, step = t, e, 0.32*steep
			}
		}
	}
	if best == (tilt{}) {
		return best, 1e30, 0, nil
	}
	best, cost, err = c.refineTilt(ctx, i, best, step, step/8)
	return best, cost, step, err
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
	w, fits := l.warpFor(tilt{t.x * k, t.y * k}, c.room())
	if fits < c.leastFits() {
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
	e, err := levels[0].energy(ctx)
	return e / (fits * fits), err
}

// runTilted completes a tilted drawing of the full size and takes the hole from it; what
// does not fit the drawing is completed upright around that. done is false where too little
// fits.
func (c *completion) runTilted(ctx context.Context, t tilt) (done bool, err error) {
	full := c.levels[0]
	w, fits := full.warpFor(t, c.room())
	if fits < c.leastFits() {
		return false, nil
	}
	d, err := full.tilted(ctx, w)
	if err != nil {
		return false, err
	}
	if done, err = c.runUpright(ctx, d); !done || err != nil {
		return false, err
	}
	if err := full.fetch(ctx, d, w); err != nil {
		return true, err
	}
	if !slices.ContainsFunc(full.todo, func(i int32) bool { return full.state[i] == hole }) {
		return true, nil
	}
	rest := &level{w: full.w, h: full.h, pw: full.pw, ph: full.ph, pix: full.pix, alpha: full.alpha, state: full.state}
	rest.frames, rest.frameAt = full.frames, full.frameAt
	return c.runUpright(ctx, rest)
}

// runUpright completes a level without a look for perspective. done is false where it has
// no source.
func (c *completion) runUpright(ctx context.Context, l *level) (done bool, err error) {
	levels, err := pyramid(ctx, l)
	if err != nil || len(levels) == 0 || len(levels[0].targets) == 0 {
		return false, err
	}
	base := c.done
	sub := &completion{levels: levels, seed: c.seed, upright: true, most: maxRounds}
	sub.report = func(stage string, f float64) {
		c.done = base + f*(c.work-base)
		c.report(stage, c.done/c.work)
	}
	return true, sub.run(ctx)
}
