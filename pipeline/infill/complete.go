package infill

import (
	"context"
	"fmt"
	"image"
	"math"
	"runtime"
)

// minSources is the number of source patches a level needs to be worth completing.
const minSources = 32

// smallArea is the largest level, in pixels, on which other scales and tilts are tried:
// they need several times its memory.
const smallArea = 160_000

// drafts says whether the hole is small enough here for a second draft to compete.
func (l *level) drafts() bool { return len(l.todo) < peelMax }

// small says whether all kinds of drafts can be afforded here.
func (l *level) small() bool { return l.drafts() && l.pw*l.ph <= smallArea }

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

// fillContent is a copy of img with the hole completed, from coarse to fine.
func fillContent(ctx context.Context, img *image.NRGBA, mask *image.Alpha, hole image.Rectangle, opt Options, report func(string, float64)) (*image.NRGBA, error) {
	box := sourceBox(hole, img.Rect)
	levels, err := pyramid(ctx, levelOf(img, mask, box))
	if err != nil {
		return nil, err
	}
	if len(levels) == 0 {
		// The mask leaves no whole patch: a hatching of thin strokes, or a tiny picture.
		// What is thin needs no texture.
		out := clone(img)
		return out, fillEdge(ctx, out, mask, hole, report)
	}
	c := &completion{levels: levels, seed: opt.Seed, report: report, most: maxRounds, grows: opt.Even}
	if opt.Preview != nil {
		c.preview = func(l *level, i int) {
			opt.Preview(func() *image.NRGBA { return l.preview(img, mask, box, i) })
		}
	}
	done, err := c.plane(ctx)
	if err == nil && !done {
		err = c.run(ctx)
	}
	if err != nil {
		return nil, err
	}
	out := clone(img) // not before: the levels are large
	c.levels[0].write(out, mask, box)
	if opt.Even && !done && !c.levels[0].plain { // a plane's blocks are as bright as what is beside them
		even(out, mask, hole)
	}
	return out, nil
}

// completion goes from the coarsest level to the full size. The levels down to middle
// are cheap: there several drafts compete, and finer levels only refine the best.
type completion struct {
	levels     []*level
	seed       int64
	report     func(string, float64)
	preview    func(l *level, i int) // may be nil
	work, done float64
	most       int  // rounds per level
	upright    bool // do not look for perspective
	grows      bool // the hole grows the picture
}

// run completes all levels.
func (c *completion) run(ctx context.Context) error {
	top, middle := len(c.levels)-1, 0
	for middle < top && !c.levels[middle].small() {
		middle++
	}
	for i, l := range c.levels {
		once := float64(len(l.targets) * rounds(i))
		c.work += once
		if l.drafts() {
			c.work += once
		}
		if i >= middle && !c.upright {
			c.work += 2 * once // all again, with frames
		}
	}
	for i := top; i >= middle; i-- {
		if err := c.complete(ctx, c.levels, i); err != nil {
			return err
		}
	}
	framed := false
	if !c.upright && c.levels[middle].small() {
		var t tilt
		var err error
		if t, framed, err = c.perspective(ctx, middle); err != nil {
			return err
		}
		if t != (tilt{}) {
			if done, err := c.runTilted(ctx, t); done || err != nil {
				return err
			}
		}
	}
	for i := middle - 1; i >= 0; i-- {
		if framed {
			list, parts := c.levels[i+1].used()
			c.levels[i] = c.levels[i].withFrames(list, parts)
			if err := c.levels[i].prepare(ctx); err != nil {
				return err
			}
		}
		if i == 0 {
			c.levels[0].collect()
		}
		if err := c.complete(ctx, c.levels, i); err != nil {
			return err
		}
		c.levels[i+1] = nil
	}
	l := c.levels[0]
	l.luma, l.chroma, l.cover, l.cost, l.weight, l.before, l.valid = nil, nil, nil, nil, nil, nil, nil
	l.collect()
	return l.finish(ctx)
}

// collect has Go's collector take what the work on large levels has left: at its own pace garbage
// grows as large as what is in use, hundreds of megabytes here.
func (l *level) collect() {
	if l.w*l.h > 1<<20 {
		runtime.GC()
	}
}

// complete fills level i, from the next coarser one when there is one.
func (c *completion) complete(ctx context.Context, levels []*level, i int) error {
	l, first := levels[i], i == len(levels)-1
	c.report(fmt.Sprintf("level %d of %d", len(levels)-i, len(levels)), min(c.done/c.work, 1))
	var err error
	if first {
		err = l.start(ctx, c.seed)
	} else {
		l.inherit(levels[i+1])
		l.guess(mix(uint64(c.seed), uint64(i)))
		err = l.refresh(ctx, image.Rect(0, 0, l.w, l.h))
	}
	if err == nil {
		err = l.settle(ctx, c.seed, i, first, c.most)
	}
	c.done += float64(len(l.targets) * rounds(i))
	if err == nil && l.drafts() {
		err = l.compete(ctx, c.seed, i, c.most)
		c.done += float64(len(l.targets) * rounds(i))
	}
	if err == nil && c.preview != nil && i > 0 {
		c.preview(l, i)
	}
	return err
}

// rounds is how often level i (0 = full size) searches and votes.
func rounds(i int) int { return min(2+4*i, maxRounds) }

// maxRounds bounds the work on coarse levels; what they decide settles long before.
const maxRounds = 20

// pyramid halves the picture until the hole is a few patches wide or the source runs
// out; it returns no levels when even the full size has no source.
func pyramid(ctx context.Context, l *level) ([]*level, error) {
	var levels []*level
	for {
		if err := l.prepare(ctx); err != nil {
			return nil, err
		}
		if n := l.sources(); n < minSources && len(levels) > 0 || n == 0 {
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
	if err := l.smooth(ctx); err != nil {
		return err
	}
	l.guess(mix(uint64(seed)))
	return l.refresh(ctx, image.Rect(0, 0, l.w, l.h))
}

// smooth fills what is not known with a blur of what is.
func (l *level) smooth(ctx context.Context) error {
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
		if l.state[i] == known {
			continue
		}
		c := s.c[i]
		l.pix[i] = pack(uint64(c.r+0.5), uint64(c.g+0.5), uint64(c.b+0.5))
		if l.alpha != nil {
			l.alpha[i] = byteOf(c.a)
		}
	}
	return nil
}

// settle alternates search and vote on one level.
func (l *level) settle(ctx context.Context, seed int64, i int, first bool, most int) error {
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
	for round := range min(most, rounds(i)) {
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
func (l *level) compete(ctx context.Context, seed int64, i, most int) error {
	e, err := l.energy(ctx)
	if err != nil {
		return err
	}
	first := l.keep(e)
	if err := l.peel(ctx, mix(uint64(seed), uint64(i), 77)); err != nil {
		return err
	}
	if err := l.settle(ctx, seed, i, true, most); err != nil {
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
