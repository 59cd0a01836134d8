package render

import (
	"image"
	"math"

	"pentimento/canvas/blend"
)

// frame holds what drawing one rectangle needs; it is kept to be filled again.
type frame struct {
	dst    *image.RGBA
	rect   image.Rectangle // device pixels of dst being drawn
	from   image.Point     // its corner in the plane
	xs, ys axis
	grid   []*cell // the cells under rect, rows of xs.cells()
	nx     int
	ground ground
	// later and finer are cells for the background, best first: of the level that has as many
	// pixels as the screen, and of the one below.
	later, finer []key
}

// Render draws the part r of the view (device pixels, clipped to dst) into dst, which is
// opaque afterwards. It returns false when part of it is a sketch or older picture that
// the background is still making; Options.Ready then tells when to render again. While
// a draft is shown, what only the draft knows is never made in the background: it comes
// right with the next SetState. The parts of a view drawn one by one equal the view
// drawn at once.
func (r *Renderer) Render(dst *image.RGBA, rect image.Rectangle, v View, q Quality) (complete bool) {
	rect = rect.Intersect(dst.Rect)
	if rect.Empty() || !(v.Scale > 0) || math.IsInf(v.Scale, 0) {
		return true
	}
	if v.Tile != r.tile {
		r.retile(v.Tile)
	}
	if v.Upright() {
		return r.upright(dst, rect, v, q, rect == dst.Rect)
	}
	return r.turned(dst, rect, v, q)
}

// upright is Render of a view that is neither mirrored nor turned; all says that it is all
// that is to be seen, so that the background need make nothing else.
func (r *Renderer) upright(dst *image.RGBA, rect image.Rectangle, v View, q Quality, all bool) (complete bool) {
	r.tick++
	r.collect()
	f := &r.frame
	f.dst, f.rect, f.from = dst, rect, v.origin().Add(rect.Min)
	a := r.aim(v, q)
	if f.ground.set(r.look, r.content, v, rect); !r.tile.Empty() {
		f.ground.inside = image.Rect(0, 0, rect.Dx(), rect.Dy())
	}

	complete = r.fill(a, all)
	r.plan.run(r.scene)
	smooth := a.smooth && !a.coarse && !(f.xs.exact && f.ys.exact)
	inParallel(rect.Dy(), rect.Dx()*rect.Dy()*4, func(lo, hi int) {
		switch {
		case a.means:
			f.means(lo, hi)
		case smooth:
			f.smooth(lo, hi)
		default:
			f.nearest(lo, hi, a.step == 1)
		}
	})
	if r.space != nil {
		show := r.space.Screen()
		inParallel(rect.Dy(), rect.Dx()*rect.Dy()*16, func(lo, hi int) {
			for y := rect.Min.Y + lo; y < rect.Min.Y+hi; y++ {
				show.Row(dst.Pix[dst.PixOffset(rect.Min.X, y):][:4*rect.Dx()])
			}
		})
	}
	r.trim()
	f.dst = nil
	return complete
}

// lay puts the cells under the frame into its grid.
func (r *Renderer) lay(level int) {
	f := &r.frame
	f.nx = len(f.xs.cell)
	f.grid = resize(f.grid, f.nx*len(f.ys.cell))
	for i := range f.grid {
		f.grid[i] = r.visit(f.key(level, i))
	}
}

// key is that of the grid's cell i.
func (f *frame) key(level, i int) key {
	return key{level, f.xs.cell[i%f.nx], f.ys.cell[i/f.nx]}
}

// fill plans what the cells under the frame lack, as far as the budget goes; the rest is
// sketched now and made in the background.
func (r *Renderer) fill(a aim, all bool) bool {
	f := &r.frame
	budget, complete := r.makes(a), !a.coarse
	if r.draft {
		budget = max(budget, 4*min(budget, math.MaxInt/4))
	}
	if !a.above {
		f.later = f.later[:0]
	}
	for i, c := range f.grid {
		if c.stale.Empty() {
			continue
		}
		k := f.key(a.level, i)
		if cost := r.cost(k, c.lacking()); cost <= budget {
			budget -= cost
			r.make(c)
			continue
		}
		complete = false
		r.sketch(c)
		if c.asked == r.tick || a.above {
			continue
		}
		if c.asked = r.tick; !r.draft || r.changes.since(r.solid.epoch, k.rect()).Empty() {
			f.later = append(f.later, k)
		}
	}
	if a.above {
		r.refine(a)
	}
	if a.coarse {
		f.later = append(f.later, f.finer...)
	}
	if all || len(f.later) > 0 {
		r.back.want(r.solid, f.later, all) // a part drawn does not take back the rest
	}
	return complete
}

// nearest draws the rows lo to hi of the frame without interpolation.
func (f *frame) nearest(lo, hi int, unit bool) {
	for cy := range len(f.ys.start) - 1 {
		y0, y1 := max(f.ys.start[cy], lo), min(f.ys.start[cy+1], hi)
		for cx := 0; y0 < y1 && cx < len(f.xs.start)-1; cx++ {
			x0, x1 := f.xs.start[cx], f.xs.start[cx+1]
			if x0 < x1 {
				f.drawCell(f.grid[cy*f.nx+cx], image.Rect(x0, y0, x1, y1), unit)
			}
		}
	}
}

func (f *frame) drawCell(c *cell, r image.Rectangle, unit bool) {
	pos := f.xs.pos[r.Min.X:r.Max.X]
	var above []uint8
	last := int32(-1)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out := f.out(r.Min.X, r.Max.X, y)
		if c.pix == nil {
			f.ground.paint(out, r.Min.X, y)
			continue
		}
		v := f.ys.pos[y] & (cellSize - 1)
		src := (*[cellRow]uint8)(c.pix[v*cellRow:])
		switch {
		case !c.opaque:
			f.ground.paint(out, r.Min.X, y)
			if unit {
				blend.Span(out, src[pos[0]&(cellSize-1)*4:], blend.Normal, 255)
			} else {
				gatherOver(out, src, pos)
			}
		case v == last:
			copy(out, above)
		case unit:
			copy(out, src[pos[0]&(cellSize-1)*4:])
		default:
			gather(out, src, pos)
		}
		above, last = out, v
	}
}

// out is the run of framebuffer from x0 to x1 of row y, counted from the frame's corner.
func (f *frame) out(x0, x1, y int) []uint8 {
	i := f.dst.PixOffset(f.rect.Min.X+x0, f.rect.Min.Y+y)
	return f.dst.Pix[i : i+(x1-x0)*4 : i+(x1-x0)*4]
}

func gather(dst []uint8, src *[cellRow]uint8, pos []int32) {
	dst = dst[:len(pos)*4] // these slice forms spare most bounds checks
	for i, p := range pos {
		o := p & (cellSize - 1) * 4
		store(dst[i*4:i*4+4:i*4+4], load(src[o:o+4]))
	}
}

func gatherOver(dst []uint8, src *[cellRow]uint8, pos []int32) {
	dst = dst[:len(pos)*4]
	for i, p := range pos {
		o := p & (cellSize - 1) * 4
		s, d := load(src[o:o+4]), dst[i*4:i*4+4:i*4+4]
		switch s >> 24 {
		case 255:
			store(d, s)
		case 0:
		default:
			store(d, s+blend.Scale(load(d), uint8(255-s>>24)))
		}
	}
}

// ground is what shows through transparent pixels: checks inside the used area, a flat
// colour outside.
type ground struct {
	look    Look
	flat    []uint8
	checks  [2][]uint8      // a row that begins with the first colour, and one with the second
	inside  image.Rectangle // the used area in pixels of the frame
	phase   image.Point     // of the frame's corner in the checks
	pattern int             // pixels in flat and checks that are right for look
}

func (g *ground) set(l Look, content image.Rectangle, v View, rect image.Rectangle) {
	o := v.origin().Add(rect.Min)
	edge := func(p, from, n int) int { // first device pixel whose centre is at p or beyond
		return min(max(int(math.Ceil(float64(p)*v.Scale-0.5))-from, 0), n)
	}
	g.inside = image.Rectangle{}
	if !content.Empty() {
		g.inside = image.Rect(edge(content.Min.X, o.X, rect.Dx()), edge(content.Min.Y, o.Y, rect.Dy()),
			edge(content.Max.X, o.X, rect.Dx()), edge(content.Max.Y, o.Y, rect.Dy()))
	}
	period := 2 * l.Check
	g.phase = image.Pt(mod(o.X, period), mod(o.Y, period))
	if n := rect.Dx() + period; n > g.pattern || l != g.look {
		g.look, g.pattern = l, max(n, g.pattern)
		g.draw()
	}
}

// draw makes the rows that paint copies from.
func (g *ground) draw() {
	l := g.look
	colour := [2]uint32{word(l.Checks[0]) | 0xff<<24, word(l.Checks[1]) | 0xff<<24}
	g.flat = resize(g.flat, g.pattern*4)
	g.checks[0], g.checks[1] = resize(g.checks[0], g.pattern*4), resize(g.checks[1], g.pattern*4)
	for x := range g.pattern {
		store(g.flat[x*4:], word(l.Outside)|0xff<<24)
		odd := x / l.Check & 1
		store(g.checks[0][x*4:], colour[odd])
		store(g.checks[1][x*4:], colour[1-odd])
	}
}

// paint fills a run of row y that begins at x.
func (g *ground) paint(out []uint8, x, y int) {
	if y < g.inside.Min.Y || y >= g.inside.Max.Y {
		copy(out, g.flat)
		return
	}
	n := len(out) / 4
	a, b := min(max(g.inside.Min.X-x, 0), n), min(max(g.inside.Max.X-x, 0), n)
	copy(out[:a*4], g.flat)
	row := g.checks[(g.phase.Y+y)/g.look.Check&1]
	copy(out[a*4:b*4], row[(g.phase.X+x+a)%(2*g.look.Check)*4:])
	copy(out[b*4:], g.flat)
}

func mod(a, n int) int { return (a%n + n) % n }
