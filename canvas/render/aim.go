package render

// aim is how a frame is drawn: from which level, how many of its pixels there are to a device
// pixel along each axis, and whether by their means.
type aim struct {
	level         int
	step          float64
	smooth, means bool
	coarse        bool // for now: later it is another level
	above         bool // that level has less pixels than the screen
}

// up is the aim at the next level.
func (a aim) up(v View) aim {
	a.level++
	a.step /= 2
	a.smooth, a.means, a.coarse, a.above = false, false, true, a.level > v.level()
	return a
}

// coarsest is how many device pixels a square of a sketch may be wide to spare time.
const coarsest = 12

// aim sets the axes of the frame. Where a level lacks so much that making and sketching it would
// be felt, the next is drawn, of which there is a quarter to make or sketch.
func (r *Renderer) aim(v View, q Quality) aim {
	f, o := &r.frame, r.frame.from
	f.xs.runs = v.runs(f.xs.runs[:0], o.X, o.X+f.rect.Dx(), r.tile.Min.X, r.tile.Dx())
	f.ys.runs = v.runs(f.ys.runs[:0], o.Y, o.Y+f.rect.Dy(), r.tile.Min.Y, r.tile.Dy())
	a := aim{level: v.level(), smooth: q == Smooth && v.Scale < crisp}
	a.step = 1 / (v.Scale * float64(int(1)<<a.level))
	if a.smooth && v.Scale < 1 && a.step != 1 {
		a.means = true
		if a.level > 0 {
			a.level, a.step = a.level-1, 2*a.step
		}
	}
	f.later, f.finer = f.later[:0], f.finer[:0]
	r.set(a)
	if r.draft { // what only it knows comes from no background: a coarse picture would stay
		return a
	}
	room := r.sketches()
	least := r.lacks(a, v)
	best, last := a, a.level
	for b := a.up(v); least > room && b.level <= maxLevel && float64(int(grain)<<b.level)*v.Scale <= coarsest; b = b.up(v) {
		r.set(b)
		last = b.level
		if n := r.lacks(b, v); n < least {
			best, least = b, n
		}
	}
	if best.level != last {
		r.set(best)
	}
	return best
}

// set fills the axes and the grid of the frame.
func (r *Renderer) set(a aim) {
	f, o := &r.frame, r.frame.from
	if a.means {
		f.xs.cover(o.X, a.level, a.step)
		f.ys.cover(o.Y, a.level, a.step)
	} else {
		f.xs.set(o.X, a.level, a.step, a.smooth)
		f.ys.set(o.Y, a.level, a.step, a.smooth)
	}
	r.lay(a.level)
}

// makes is how many layer pixels a frame flattens.
func (r *Renderer) makes(a aim) int {
	if a.coarse {
		return r.back.share(r.opts.Budget) / 8 // it is not made in this frame whatever it does: leave the cores to the background
	}
	return r.back.share(r.opts.Budget)
}

// sketches is how much a frame sketches, in layer pixels that are flattened in the same time.
func (r *Renderer) sketches() int { return r.back.share(r.opts.Budget) / 2 }

// sketchCost is that of a cell: what is sampled far apart comes from as many places in memory.
func (r *Renderer) sketchCost(level int) int {
	return 4096 * min(level+1, 3) * max(1, len(r.scene.layers))
}

// lacks is how much would have to be sketched of the cells under the frame, and notes what the
// background should make of them, of finer levels what it does not make along with the others.
func (r *Renderer) lacks(a aim, v View) (cost int) {
	f, budget := &r.frame, r.makes(a)
	for i, c := range f.grid {
		if c.stale.Empty() || c.counted == r.tick { // for another copy of it
			continue
		}
		c.counted = r.tick
		k := f.key(a.level, i)
		n := r.cost(k, c.lacking())
		switch {
		case n == 0:
			continue
		case n <= budget:
			budget -= n
		case !c.trusted:
			cost += r.sketchCost(a.level)
		}
		switch over := r.cells[key{k.level + 1, k.x >> 1, k.y >> 1}]; {
		case a.level == v.level():
			f.later = append(f.later, k)
		case a.level < v.level() && (a.level == 0 || over != nil && over.stale.Empty()):
			f.finer = append(f.finer, k)
		}
	}
	return cost
}

// refine sketches cells of the level below the one that is drawn, as many as there is time for:
// when all are there, they are drawn.
func (r *Renderer) refine(a aim) {
	room := r.sketches()
	for _, op := range r.plan.ops[a.level] {
		if op.sketch {
			room -= r.sketchCost(a.level)
		}
	}
	price := r.sketchCost(a.level - 1)
	for i, c := range r.frame.grid {
		if c == nothing {
			continue
		}
		k := r.frame.key(a.level, i)
		for q := range 4 {
			kid := r.cells[k.kid(q)]
			if kid == nil || kid.stale.Empty() || kid.trusted {
				continue
			}
			if room -= price; room < 0 {
				return
			}
			r.sketch(kid)
		}
	}
}
