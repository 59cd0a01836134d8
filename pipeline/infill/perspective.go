package infill

import (
	"context"
	"image"
	"slices"
)

// Perspective is looked for in two steps: a plane that repeats itself exactly, then, unless
// there is one, matches in other scales (frames). What these leave of the cost of the plain
// completion decides.
const (
	planeMiss  = 0.4         // share of the variance beside the hole that a plane may miss
	planeLeast = 1500        // pixels of a hole, and beside it, from which a look is worth its time
	framesGain = 0.72        // to keep the frames
	perfect    = side * side // a cost of one level a pixel leaves nothing to gain
)

// perspective tries frames after the levels down to middle are complete, and replaces
// c.levels when they win; where the hole grows the picture it may give a tilt instead.
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
	if err != nil {
		return t, false, err
	}
	if c.grows && e <= worthLooking*plain {
		if t, err = c.roughTilt(ctx, middle, plain, e); err != nil || t != (tilt{}) {
			return t, false, err
		}
	}
	if e > framesGain*plain {
		return t, false, nil
	}
	c.levels = levels
	return t, true, nil
}

// plane fills what is on a plane in perspective that repeats itself, and completes the
// rest upright around it. done is false where there is no such plane.
func (c *completion) plane(ctx context.Context) (done bool, err error) {
	full := c.levels[0]
	if len(full.todo) < planeLeast || min(full.pw, full.ph) < frontSide/2 {
		return false, nil
	}
	f := newFronts(c.levels)
	p, err := f.find(ctx)
	if err != nil || p == nil {
		return false, err
	}
	q := newQuilter(p, full)
	if miss, err := q.trial(ctx, f.hole.size()/2); err != nil || miss > planeMiss {
		return false, err
	}
	if n, err := q.fill(ctx); err != nil || n == 0 {
		return false, err
	}
	if !slices.ContainsFunc(full.todo, func(i int32) bool { return full.state[i] == hole }) {
		return true, nil
	}
	rest := &level{w: full.w, h: full.h, pw: full.pw, ph: full.ph, pix: full.pix, alpha: full.alpha, state: full.state}
	rest.frames, rest.frameAt = full.frames, full.frameAt
	if done, err := c.runUpright(ctx, rest); done || err != nil {
		return true, err
	}
	return true, full.smooth(ctx) // thin remains need no texture
}

// runUpright completes a level without a look for perspective. done is false where it has
// no source.
func (c *completion) runUpright(ctx context.Context, l *level) (done bool, err error) {
	levels, err := pyramid(ctx, l)
	if err != nil || len(levels) == 0 || len(levels[0].targets) == 0 {
		return false, err
	}
	sub := &completion{levels: levels, seed: c.seed, report: c.report, upright: true, most: maxRounds}
	return true, sub.run(ctx)
}
