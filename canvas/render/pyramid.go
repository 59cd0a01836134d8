package render

import (
	"image"
	"runtime"

	"pentimento/fault"
)

// op makes a region of one cell. Ops of one level touch no common pixel and need only
// lower levels, so that those of a level run at once.
type op struct {
	cell   *cell
	region image.Rectangle
	kids   [4]*cell // level 2 and up
	sketch bool
}

// plan collects the ops of one frame by level. Collecting changes the cache and is done
// by one goroutine; running only writes pixels.
type plan struct {
	ops [maxLevel + 1][]op
}

// visit finds or adds the cell; nothing where the picture is empty.
func (r *Renderer) visit(k key) *cell {
	c := r.cells[k]
	if c != nil {
		r.touch(c)
		if c.stale.Empty() || !r.scene.empty(k.rect()) {
			return c
		}
		r.remove(c)
		return nothing
	}
	if r.scene.empty(k.rect()) {
		return nothing
	}
	return r.add(k)
}

// cost is about how many layer pixels have to be read to make the region of a cell.
func (r *Renderer) cost(k key, region image.Rectangle) int {
	area := region.Dx() * region.Dy()
	layers := max(1, len(r.scene.layers))
	if k.level < 2 {
		if k.level == 0 {
			if _, found := r.scene.direct(k.rect()); found {
				return 0
			}
		}
		return area << (2 * k.level) * layers
	}
	sum := area / 4
	for q := range 4 {
		over := region.Intersect(quadrant(q))
		if over.Empty() {
			continue
		}
		kid := r.cells[k.kid(q)]
		switch {
		case kid == nil:
			sum += over.Dx() * over.Dy() << (2 * k.level) * layers
		case !kid.stale.Empty():
			sum += r.cost(kid.key, kid.stale)
		}
	}
	return sum
}

// make plans everything that the cell lacks.
func (r *Renderer) make(c *cell) {
	region := c.lacking()
	c.stale, c.trusted = image.Rectangle{}, false
	o := op{cell: c}
	if c.key.level == 0 {
		t, found := r.scene.direct(c.key.rect())
		if found && t != nil {
			r.release(c)
			c.pix = &t.Pix
			r.plan.add(o)
			return
		}
	}
	r.take(c)
	o.region = region
	if c.key.level >= 2 {
		for q := range 4 {
			if !region.Overlaps(quadrant(q)) {
				continue
			}
			o.kids[q] = r.visit(c.key.kid(q))
			if !o.kids[q].stale.Empty() {
				r.make(o.kids[q])
			}
		}
	}
	r.plan.add(o)
}

// sketch plans a quick likeness of what the cell lacks; it stays stale.
func (r *Renderer) sketch(c *cell) {
	if c.trusted {
		return
	}
	region := c.lacking()
	c.stale = region
	r.take(c)
	c.trusted = true
	r.plan.add(op{cell: c, region: region, sketch: true})
}

func (p *plan) add(o op) {
	p.ops[o.cell.key.level] = append(p.ops[o.cell.key.level], o)
}

// run makes what was planned, lower levels first.
func (p *plan) run(s *scene) {
	for l := range p.ops {
		ops := p.ops[l]
		if len(ops) == 0 {
			continue
		}
		inParallel(len(ops), len(ops)*cellBytes, func(lo, hi int) {
			var scratch pixels
			for i := lo; i < hi; i++ {
				ops[i].run(s, &scratch)
			}
		})
		clear(ops)
		p.ops[l] = ops[:0]
	}
}

func (o *op) run(s *scene, scratch *pixels) {
	c, k := o.cell, o.cell.key
	switch {
	case o.sketch:
		s.sketch(c, o.region)
		c.opaque = false
		return
	case k.level == 0 && !c.own:
	case k.level == 0:
		doc := o.region.Add(k.rect().Min)
		s.compose(c.pix[o.region.Min.Y*cellRow+o.region.Min.X*4:], cellRow, doc)
	default:
		for q := range 4 {
			part := o.region.Intersect(quadrant(q))
			if part.Empty() {
				continue
			}
			var src *pixels
			if k.level == 1 {
				src = s.quarter(k.kid(q), part.Sub(quadrant(q).Min), scratch)
			} else {
				src = o.kids[q].pix
			}
			box(c.pix, part, src, quadrant(q).Min)
		}
	}
	c.opaque = opaque(c.pix)
}

// quarter gives the pixels of a cell at level 0 that the region one level up needs: the
// tile itself, or scratch; nil where nothing is.
func (s *scene) quarter(k key, up image.Rectangle, scratch *pixels) *pixels {
	doc := k.rect()
	if t, found := s.direct(doc); found {
		if t == nil {
			return nil
		}
		return &t.Pix
	}
	need := image.Rectangle{up.Min.Mul(2), up.Max.Mul(2)}
	s.compose(scratch[need.Min.Y*cellRow+need.Min.X*4:], cellRow, need.Add(doc.Min))
	return scratch
}

// box halves src into the part of dst, whose quadrant begins at `at`: the mean of 2×2
// premultiplied pixels, rounded to nearest. Two pixels of a row share a word, two
// channels a half of it.
func box(dst *pixels, part image.Rectangle, src *pixels, at image.Point) {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		out := dst[y*cellRow+part.Min.X*4:][:part.Dx()*4]
		if src == nil {
			clear(out)
			continue
		}
		i := (y-at.Y)*2*cellRow + (part.Min.X-at.X)*8
		a, b := src[i:][:len(out)*2], src[i+cellRow:][:len(out)*2]
		for j := 0; j <= len(out)-4; j += 4 {
			p, q := load64(a[j*2:j*2+8:j*2+8]), load64(b[j*2:j*2+8:j*2+8])
			even := p&lanes + q&lanes
			odd := p>>8&lanes + q>>8&lanes
			e := uint32(even) + uint32(even>>32) + 0x00020002
			o := uint32(odd) + uint32(odd>>32) + 0x00020002
			store(out[j:j+4:j+4], e>>2&0x00ff00ff|o<<6&0xff00ff00)
		}
	}
}

// grain is the side of the squares that a sketch is made of. Sampling costs a cache miss
// for every pixel and layer, so a finer one would be felt.
const grain = 4

// sketch fills a region of a cell by sampling one pixel for each square of it.
func (s *scene) sketch(c *cell, region image.Rectangle) {
	var xs, ys [cellSize / grain]int
	origin, l := c.key.rect().Min, c.key.level
	x0, x1 := region.Min.X/grain, (region.Max.X+grain-1)/grain
	y0, y1 := region.Min.Y/grain, (region.Max.Y+grain-1)/grain
	for i := x0; i < x1; i++ {
		xs[i] = origin.X + (grain*i+grain/2)<<l
	}
	for j := y0; j < y1; j++ {
		ys[j] = origin.Y + (grain*j+grain/2)<<l
	}
	var buf [cellBytes / grain / grain]uint8
	s.sample(buf[:(x1-x0)*(y1-y0)*4], xs[x0:x1], ys[y0:y1])
	for y := region.Min.Y; y < region.Max.Y; y++ {
		src := buf[(y/grain-y0)*(x1-x0)*4:]
		for x := region.Min.X; x < region.Max.X; x++ {
			store(c.pix[y*cellRow+x*4:], load(src[(x/grain-x0)*4:]))
		}
	}
}

// opaque says whether every pixel hides what is beneath.
func opaque(p *pixels) bool {
	for y := 0; y < cellBytes; y += cellRow {
		row := p[y : y+cellRow]
		all := ^uint64(0)
		for len(row) >= 32 {
			all &= load64(row) & load64(row[8:]) & load64(row[16:]) & load64(row[24:])
			row = row[32:]
		}
		if all&0xff000000ff000000 != 0xff000000ff000000 {
			return false
		}
	}
	return true
}

// inParallel splits 0..n over the cores when there is enough work (in bytes) to pay for
// waking them.
func inParallel(n, work int, do func(lo, hi int)) {
	parts := min(runtime.GOMAXPROCS(0), n, work>>17)
	if parts < 2 {
		do(0, n)
		return
	}
	var wg fault.Group
	for i := 1; i < parts; i++ {
		wg.Go(func() { do(i*n/parts, (i+1)*n/parts) })
	}
	do(0, n/parts)
	wg.Wait()
}
