package cut

import (
	"context"
	"image"
	"math"

	"pentimento/canvas"
)

// Of the profiles of colour that are taken across a border.
const (
	inside    = 5    // how far inside it they begin, pixels
	lens      = 3    // half the side of the window that a border's direction is taken from, pixels
	many      = 6000 // at most about how many are taken of a thing
	cell      = 24   // those within so many pixels of each other, of a picture of two megapixels, are looked at together
	faded     = 0.12 // of its steepest an edge is over: of a Gaussian's blur 2 % are left of it there
	contrast  = 3    // below which colours on both sides are too alike to say where an edge ends
	leastRim  = 2    // pixels that any mask is widened by: an edge lies between pixels
	mostRim   = 12   // and at most, of a picture of two megapixels
	rimPixels = 2e6
)

// MostWidened is the most that Widened adds, in pixels of the largest picture.
const MostWidened = 4 * mostRim

// rims measures how soft a thing's edge is, place by place.
type rims struct {
	q     Request
	m     *image.Alpha // the thing and what lies around it
	far   int          // how far out it is looked, pixels
	size  int          // of a cell
	w, h  int          // cells
	edges []edge       // by cell
	tiles map[canvas.TileKey]*canvas.Tile
}

// edge is the mean slope of colour across a border, from inside outward; sums and how many are in them.
type edge struct {
	slope, n []float32
}

// Widened is the coverage of a thing as far as its edge still shows: each stretch of its border moves outward to where the
// colours around have become those of what is behind. That is two pixels where the picture is crisp, and more where it is
// soft (at most 12, and in pictures above two megapixels as much more as their sides are longer), but not on to the
// next edge. most is the widest that was added, pixels. The slopes of colour along the border's normal are averaged over some
// tens of pixels of border, so that texture cancels out; an edge ends where its slope has fallen to 12 % of the
// steepest. It ends early with ctx.Err(). Nothing is added outside of q.Bounds.
func Widened(ctx context.Context, q Request, g canvas.Grid[canvas.MaskTile]) (out canvas.Grid[canvas.MaskTile], most int, err error) {
	used := canvas.CoverUsed(g)
	if used.Empty() || q.Bounds.Empty() {
		return g, 0, nil
	}
	s := math.Sqrt(max(float64(q.Bounds.Dx())*float64(q.Bounds.Dy())/rimPixels, 1))
	e := &rims{q: q, far: min(int(mostRim*s), MostWidened), size: int(cell * s), tiles: map[canvas.TileKey]*canvas.Tile{}}
	e.m = canvas.CoverImage(g, used.Inset(-e.far-lens).Intersect(q.Bounds.Union(used)))
	e.w, e.h = e.m.Rect.Dx()/e.size+1, e.m.Rect.Dy()/e.size+1
	e.edges = make([]edge, e.w*e.h)
	border := e.border()
	for i := 0; i < len(border); i += 1 + len(border)/many {
		if e.profile(border[i]); i%256 == 0 && ctx.Err() != nil {
			return g, 0, ctx.Err()
		}
	}
	reach := e.reaches()
	r := e.m.Rect
	for i, p := range border {
		if i%256 == 0 && ctx.Err() != nil {
			return g, 0, ctx.Err()
		}
		n := reach[e.cell(p)]
		most = max(most, n)
		disc(e.m, p, n)
	}
	beyond := canvas.Join(canvas.Cover(e.m), canvas.CoverRect(q.Bounds.Intersect(r)), canvas.Intersect)
	return canvas.Join(g, beyond, canvas.Add), most, nil
}

// border are the pixels of the thing beside some that are not.
func (e *rims) border() (out []image.Point) {
	r, m := e.m.Rect, e.m
	for y := range r.Dy() {
		for x, v := range m.Pix[y*m.Stride:][:r.Dx()] {
			i := y*m.Stride + x
			if v > 127 && (x > 0 && m.Pix[i-1] <= 127 || x+1 < r.Dx() && m.Pix[i+1] <= 127 || y > 0 && m.Pix[i-m.Stride] <= 127 || y+1 < r.Dy() && m.Pix[i+m.Stride] <= 127) {
				out = append(out, image.Pt(x, y).Add(r.Min))
			}
		}
	}
	return out
}

func (e *rims) cell(p image.Point) int {
	p = p.Sub(e.m.Rect.Min)
	return p.Y/e.size*e.w + p.X/e.size
}

// profile adds the slopes across the border at one pixel of it.
func (e *rims) profile(p image.Point) {
	var nx, ny float64
	for y := -lens; y <= lens; y++ {
		for x := -lens; x <= lens; x++ {
			if v := e.m.AlphaAt(p.X+x, p.Y+y).A; v <= 127 {
				nx, ny = nx+float64(x), ny+float64(y)
			}
		}
	}
	long := math.Hypot(nx, ny)
	if long == 0 {
		return
	}
	nx, ny = nx/long, ny/long
	n, known := inside+e.far+1, 0
	c := make([]lab, n)
	for k := range n {
		t := float64(k - inside)
		at := image.Pt(p.X+int(math.Round(t*nx)), p.Y+int(math.Round(t*ny)))
		if !at.In(e.q.Bounds) || k > inside+2 && e.m.AlphaAt(at.X, at.Y).A > 127 { // another part of the thing
			break
		}
		c[k] = e.at(at)
		known = k + 1
	}
	if known < inside+4 {
		return
	}
	in, out := middle(c[:inside]), middle(c[inside+3:min(inside+9, known)])
	d := float32(math.Sqrt(float64(apart2(in, out))))
	if d < contrast {
		return
	}
	to := &e.edges[e.cell(p)]
	if to.n == nil {
		to.slope, to.n = make([]float32, n-1), make([]float32, n-1)
	}
	for k := range known - 1 {
		for i := range 3 {
			to.slope[k] += (c[k+1][i] - c[k][i]) * (out[i] - in[i]) / d
		}
		to.n[k]++
	}
}

// middle is the mean of some colours.
func middle(c []lab) (m lab) {
	for _, v := range c {
		for i := range v {
			m[i] += v[i] / float32(len(c))
		}
	}
	return m
}

// at is the colour of a pixel.
func (e *rims) at(p image.Point) lab {
	k := canvas.KeyAt(p)
	t := e.tiles[k]
	if t == nil {
		t = new(canvas.Tile)
		e.q.Read(t, k.Rect())
		e.tiles[k] = t
	}
	var c [3]uint8
	opaque(c[:], t.Pix[4*((p.Y&(canvas.TileSize-1))*canvas.TileSize+p.X&(canvas.TileSize-1)):][:4])
	return toLab(c[:])
}

// reaches is by how much the border is to be moved, by cell: of what lies in it and around it, and where that says
// nothing of the whole.
func (e *rims) reaches() []int {
	sum := func(x0, y0, x1, y1 int) (s edge) {
		s.slope, s.n = make([]float32, inside+e.far), make([]float32, inside+e.far)
		for y := max(y0, 0); y < min(y1, e.h); y++ {
			for x := max(x0, 0); x < min(x1, e.w); x++ {
				for k, v := range e.edges[y*e.w+x].slope {
					s.slope[k] += v
					s.n[k] += e.edges[y*e.w+x].n[k]
				}
			}
		}
		return s
	}
	whole, ok := e.over(sum(0, 0, e.w, e.h))
	if !ok {
		whole = max(e.far/4, leastRim)
	}
	out := make([]int, e.w*e.h)
	for i := range out {
		out[i] = whole
		if n, ok := e.over(sum(i%e.w-1, i/e.w-1, i%e.w+2, i/e.w+2)); ok {
			out[i] = n
		}
	}
	return out
}

// over is how far out an edge reaches; not ok where there are too few profiles to say.
func (e *rims) over(s edge) (reach int, ok bool) {
	if s.n[inside] < 8 {
		return 0, false
	}
	top := 0
	for k := range s.slope {
		if s.n[k] < s.n[inside]/4 {
			s.slope = s.slope[:k] // beyond lies the picture's side, or the thing again
			break
		}
		s.slope[k] /= s.n[k]
		if k >= 2 && k <= inside+e.far/2 && s.slope[k] > s.slope[top] {
			top = k
		}
	}
	if s.slope[top] <= 0 {
		return 0, false
	}
	limit := faded * s.slope[top]
	for k := top + 1; k < len(s.slope); k++ {
		next := s.slope[min(k+1, len(s.slope)-1)]
		if s.slope[k] < limit && next < 2*limit || s.slope[k] < s.slope[top]/2 && next > 2*s.slope[k] {
			return min(max(k-inside+1, leastRim), e.far), true
		}
	}
	return e.far, true
}

// disc covers what lies within some pixels of one.
func disc(m *image.Alpha, p image.Point, radius int) {
	r := image.Rect(p.X-radius-1, p.Y-radius-1, p.X+radius+2, p.Y+radius+2).Intersect(m.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			dx, dy := float32(x-p.X), float32(y-p.Y)
			v := float32(radius) + 1 - float32(math.Sqrt(float64(dx*dx+dy*dy)))
			if i := m.PixOffset(x, y); v > 0 {
				m.Pix[i] = max(m.Pix[i], uint8(255*min(v, 1)))
			}
		}
	}
}
