package infill

import (
	"context"
	"fmt"
	"image"
	"math"
)

// minSources is the number of source patches a level needs to be worth completing.
const minSources = 32

// perspectiveGain is what is left of the cost when matches in other scales are worth
// having: about 0.5–0.65 in perspective, 0.8–1.1 elsewhere.
const perspectiveGain = 0.72

// peelMax is the largest hole, in pixels of a level, that is also peeled: finer levels
// only refine what the coarser ones decided.
const peelMax = 8000

// maxArea bounds the source that is read beyond leastMargin, in pixels: memory is about
// 100 bytes a pixel.
const (
	maxArea     = 6_000_000
	leastMargin = 96
)

// sourceBox is the hole with the picture within one diagonal, less when that is large.
func sourceBox(hole, all image.Rectangle) image.Rectangle {
	margin := max(192, int(math.Hypot(float64(hole.Dx()), float64(hole.Dy()))))
	box := hole.Inset(-margin).Intersect(all)
	for margin > leastMargin && box.Dx()*box.Dy() > maxArea {
		margin = max(leastMargin, margin*7/8)
		box = hole.Inset(-margin).Intersect(all)
	}
	return box
}

// fillContent completes the hole of out, a copy of img, from coarse to fine.
func fillContent(ctx context.Context, img, out *image.NRGBA, mask *image.Alpha, hole image.Rectangle, opt Options, report func(string, float64)) error {
	box := sourceBox(hole, img.Rect)
	levels, err := pyramid(ctx, levelOf(img, mask, box))
	if err != nil {
		return err
	}
	if len(levels) == 0 {
		// The mask leaves no whole patch: a hatching of thin strokes, or a tiny picture.
		// What is thin needs no texture.
		return fillEdge(ctx, out, mask, hole, report)
	}
	c := &completion{levels: levels, seed: opt.Seed, report: report}
	if opt.Preview != nil {
		c.preview = func(l *level, i int) {
			opt.Preview(func() *image.NRGBA { return l.preview(img, mask, box, i) })
		}
	}
	if err := c.run(ctx); err != nil {
		return err
	}
	last := c.levels[0]
	if err := last.finish(ctx); err != nil {
		return err
	}
	last.write(out, mask, box)
	return nil
}

// completion goes from the coarsest level to the full size. The levels down to middle
// are cheap: there several drafts compete, and finer levels only refine the best.
type completion struct {
	levels     []*level
	seed       int64
	report     func(string, float64)
	preview    func(l *level, i int) // may be nil
	work, done float64
}

// run completes all levels.
func (c *completion) run(ctx context.Context) error {
	top, middle := len(c.levels)-1, 0
	for middle < top && len(c.levels[middle].todo) >= peelMax {
		middle++
	}
	for i, l := range c.levels {
		c.work += float64(len(l.targets) * rounds(i))
		if i >= middle {
			c.work += 3 * float64(len(l.targets)*rounds(i)) // a second draft, twice
		}
	}
	for i := top; i >= middle; i-- {
		if err := c.complete(ctx, c.levels, i, true); err != nil {
			return err
		}
	}
	framed, err := c.perspective(ctx, middle)
	if err != nil {
		return err
	}
	for i := middle - 1; i >= 0; i-- {
		if framed {
			list, parts := c.levels[i+1].used()
			c.levels[i] = c.levels[i].withFrames(list, parts)
			if err := c.levels[i].prepare(ctx); err != nil {
				return err
			}
		}
		if err := c.complete(ctx, c.levels, i, false); err != nil {
			return err
		}
	}
	return nil
}

// perspective completes the coarse levels once more with frames of other scales, and
// keeps that when it is clearly better.
func (c *completion) perspective(ctx context.Context, middle int) (bool, error) {
	plain, err := c.levels[middle].energy(ctx)
	if err != nil {
		return false, err
	}
	levels := append([]*level(nil), c.levels...)
	for i := len(levels) - 1; i >= middle; i-- {
		everything := make([]image.Rectangle, len(scales))
		for k := range everything {
			everything[k] = image.Rect(0, 0, 2*levels[i].pw, 2*levels[i].ph)
		}
		levels[i] = levels[i].withFrames(scales, everything)
		if err := levels[i].prepare(ctx); err != nil {
			return false, err
		}
		if err := c.complete(ctx, levels, i, true); err != nil {
			return false, err
		}
	}
	framed, err := levels[middle].energy(ctx)
	if err != nil || framed > perspectiveGain*plain {
		return false, err
	}
	c.levels = levels
	return true, nil
}

// complete fills level i, from the next coarser one when there is one.
func (c *completion) complete(ctx context.Context, levels []*level, i int, drafts bool) error {
	l, first := levels[i], i == len(levels)-1
	c.report(fmt.Sprintf("level %d of %d", len(levels)-i, len(levels)), c.done/c.work)
	var err error
	if first {
		err = l.start(ctx, c.seed)
	} else {
		l.inherit(levels[i+1])
		l.guess(mix(uint64(c.seed), uint64(i)))
		err = l.refresh(ctx, image.Rect(0, 0, l.w, l.h))
	}
	if err == nil {
		err = l.settle(ctx, c.seed, i, first)
	}
	c.done += float64(len(l.targets) * rounds(i))
	if err == nil && drafts {
		err = l.compete(ctx, c.seed, i)
		c.done += float64(len(l.targets) * rounds(i))
	}
	if err == nil && c.preview != nil && i > 0 {
		c.preview(l, i)
	}
	return err
}

// rounds is how often level i (0 = full size) searches and votes.
func rounds(i int) int { return min(2+4*i, 20) }

// pyramid halves the picture until the hole is a few patches wide or the source runs
// out; it returns no levels when even the full size has no source.
func pyramid(ctx context.Context, l *level) ([]*level, error) {
	var levels []*level
	for {
		if err := l.prepare(ctx); err != nil {
			return nil, err
		}
		if len(l.sources) < minSources && len(levels) > 0 || len(l.sources) == 0 {
			return levels, nil
		}
		levels = append(levels, l)
		if len(l.todo) < 4*side*side || min(l.w, l.h) < 2*pad+2*side {
			return levels, nil
		}
		var err error
		if l, err = l.half(ctx); err != nil {
			return nil, err
		}
	}
}

// start fills the coarsest level smoothly and matches at random.
func (l *level) start(ctx context.Context, seed int64) error {
	s := &sheet{w: l.w, h: l.h, c: make([]cell, l.w*l.h)}
	for i, st := range l.state {
		if st == known {
			r, g, b := unpack(l.pix[i])
			s.c[i] = cell{float32(r), float32(g), float32(b), 255, 1}
			if l.alpha != nil {
				s.c[i].a = float32(l.alpha[i])
			}
		}
	}
	if err := pullPush(ctx, s, 0); err != nil {
		return err
	}
	for _, i := range l.todo {
		c := s.c[i]
		l.pix[i] = pack(uint64(c.r+0.5), uint64(c.g+0.5), uint64(c.b+0.5))
		if l.alpha != nil {
			l.alpha[i] = byteOf(c.a)
		}
	}
	l.guess(mix(uint64(seed)))
	return l.refresh(ctx, image.Rect(0, 0, l.w, l.h))
}

// settle alternates search and vote on one level.
func (l *level) settle(ctx context.Context, seed int64, i int, first bool) error {
	for _, a := range l.targets {
		l.weight[a] = 127
	}
	if !first {
		if err := l.vote(ctx); err != nil {
			return err
		}
	}
	radius := 16
	if i >= 2 {
		radius = max(l.w, l.h)
	}
	for round := range rounds(i) {
		if err := l.rate(ctx); err != nil {
			return err
		}
		for k := range 2 {
			s := search{seed: mix(uint64(seed), uint64(i), uint64(round), uint64(k)), radius: radius}
			if err := l.sweep(ctx, s, k == 0); err != nil {
				return err
			}
		}
		if err := l.weigh(ctx, 1); err != nil {
			return err
		}
		if err := l.vote(ctx); err != nil {
			return err
		}
	}
	return nil
}

// write copies the filled pixels into out.
func (l *level) write(out *image.NRGBA, mask *image.Alpha, box image.Rectangle) {
	for y := range box.Dy() {
		px := out.Pix[out.PixOffset(box.Min.X, box.Min.Y+y):]
		m := mask.Pix[mask.PixOffset(box.Min.X, box.Min.Y+y):]
		o := (y+pad)*l.w + pad
		for x := range box.Dx() {
			if m[x] == 0 {
				continue
			}
			l.read(px[4*x:][:4], o+x)
		}
	}
}

// preview is the picture with the hole as level i (1, 2, …) has it, enlarged.
func (l *level) preview(img *image.NRGBA, mask *image.Alpha, box image.Rectangle, i int) *image.NRGBA {
	full := clone(img)
	for y := range box.Dy() {
		px := full.Pix[full.PixOffset(box.Min.X, box.Min.Y+y):]
		m := mask.Pix[mask.PixOffset(box.Min.X, box.Min.Y+y):]
		o := (y>>i+pad)*l.w + pad
		for x := range box.Dx() {
			if m[x] != 0 {
				l.read(px[4*x:][:4], o+x>>i)
			}
		}
	}
	return full
}

// read writes pixel i of the level as straight alpha.
func (l *level) read(p []uint8, i int) {
	r, g, b := unpack(l.pix[i])
	a := float32(255)
	if l.alpha != nil {
		a = float32(l.alpha[i])
	}
	straight(p, float32(r), float32(g), float32(b), a)
}

// compete peels the level afresh and keeps the better of the two results.
func (l *level) compete(ctx context.Context, seed int64, i int) error {
	e, err := l.energy(ctx)
	if err != nil {
		return err
	}
	first := l.keep(e)
	if err := l.peel(ctx, mix(uint64(seed), uint64(i), 77)); err != nil {
		return err
	}
	if err := l.settle(ctx, seed, i, true); err != nil {
		return err
	}
	if e, err = l.energy(ctx); err != nil {
		return err
	}
	if e < first.energy {
		return nil
	}
	return l.restore(ctx, first)
}
