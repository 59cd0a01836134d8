package render

import (
	"image"
	"slices"
	"sync"

	"pentimento/fault"
)

// changes remembers what was changed since the scenes that background work may still
// read, so that a cell that comes late is known to be old where it is.
type changes struct {
	epoch uint64
	log   []change
	tile  image.Rectangle // that repeats all over the plane; empty: nothing does
}

type change struct {
	epoch uint64
	rect  image.Rectangle
}

func (c *changes) add(r image.Rectangle) uint64 {
	c.epoch++
	c.log = append(c.log, change{c.epoch, r})
	if len(c.log) > 256 { // claiming too much change costs work, claiming too little is wrong
		c.log[1].rect = c.log[1].rect.Union(c.log[0].rect)
		c.log = append(c.log[:0], c.log[1:]...)
	}
	return c.epoch
}

// since is the part of r that changed after epoch, as one rectangle.
func (c *changes) since(epoch uint64, r image.Rectangle) image.Rectangle {
	var u image.Rectangle
	for _, x := range c.log {
		if x.epoch > epoch {
			u = u.Union(repeated(x.rect, c.tile, r))
		}
	}
	return u
}

// settle forgets the log when nobody works on an older scene.
func (c *changes) settle(b *background) {
	if b.idle() {
		c.log = c.log[:0]
	}
}

// built is a cell made in the background.
type built struct {
	key    key
	pix    *pixels
	opaque bool
	epoch  uint64
}

// background makes cells of a committed scene. Its goroutines end when there is nothing
// left to do; they read the scene and write fresh pixels, nothing else.
type background struct {
	mu      sync.Mutex
	scene   *scene
	queue   []key // best last
	busy    map[key]bool
	done    []built
	limit   int // goroutines
	running int
	told    bool
	ready   func()
}

// restage gives what has not begun another scene.
func (b *background) restage(s *scene) {
	b.mu.Lock()
	b.scene = s
	b.mu.Unlock()
}

func (b *background) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.running == 0 && len(b.done) == 0
}

// share is the part of n that the cores can do which are left to the frame.
func (b *background) share(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return n / (b.limit + 1) * (b.limit + 1 - b.running)
}

// take returns what was finished since the last call.
func (b *background) take() []built {
	b.mu.Lock()
	defer b.mu.Unlock()
	done := b.done
	b.done, b.told = nil, false
	return done
}

// want asks for keys, best first, before those asked for earlier, or instead of them.
func (b *background) want(s *scene, keys []key, only bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.scene = s
	if only {
		b.queue = b.queue[:0]
	} else {
		b.queue = slices.DeleteFunc(b.queue, func(k key) bool { return slices.Contains(keys, k) })
	}
	for i := len(keys) - 1; i >= 0; i-- {
		if !b.busy[keys[i]] {
			b.queue = append(b.queue, keys[i])
		}
	}
	for b.running < min(b.limit, len(b.queue)) {
		b.running++
		go func() { _ = fault.Guard("rendering", b.work) }()
	}
}

func (b *background) work() {
	var scratch pixels
	b.mu.Lock()
	for len(b.queue) > 0 {
		n := len(b.queue) - 1
		k, s := b.queue[n], b.scene
		b.queue = b.queue[:n]
		if b.busy == nil {
			b.busy = map[key]bool{}
		}
		b.busy[k] = true
		b.mu.Unlock()
		var out []built
		if fault.Guard("rendering", func() { s.build(k, &out, &scratch) }) != nil {
			out = []built{{k, new(pixels), false, s.epoch}} // a hole in what is shown, and nowhere else
		}
		b.mu.Lock()
		delete(b.busy, k)
		b.done = append(b.done, out...)
		tell := !b.told && b.ready != nil
		b.told = true
		if tell {
			b.mu.Unlock()
			b.ready()
			b.mu.Lock()
		}
	}
	b.running--
	b.mu.Unlock()
}

// build makes a cell and all below it. Level 0 goes to out only when asked for itself.
func (s *scene) build(k key, out *[]built, scratch *pixels) *pixels {
	if s.empty(k.rect()) {
		return nil
	}
	p := new(pixels)
	if k.level == 0 {
		s.compose(p[:], cellRow, k.rect())
	}
	for q := range 4 {
		if k.level == 0 {
			break
		}
		var src *pixels
		if k.level == 1 {
			src = s.quarter(k.kid(q), image.Rect(0, 0, cellSize/2, cellSize/2), scratch)
		} else {
			src = s.build(k.kid(q), out, scratch)
		}
		box(p, quadrant(q), src, quadrant(q).Min)
	}
	*out = append(*out, built{k, p, opaque(p), s.epoch})
	return p
}

// collect puts finished cells into the cache.
func (r *Renderer) collect() {
	done := r.back.take()
	for _, b := range done {
		c := r.cells[b.key]
		if c == nil {
			c = r.add(b.key)
		} else if c.stale.Empty() {
			continue
		}
		r.release(c)
		c.pix, c.own, c.opaque = b.pix, true, b.opaque
		r.bytes += cellBytes
		c.stale, c.trusted = image.Rectangle{}, false
		if late := r.changes.since(b.epoch, b.key.rect()); !late.Empty() {
			c.stale = b.key.local(late)
		}
	}
	if len(done) > 0 && !r.draft {
		r.changes.settle(&r.back)
	}
}
