package ui

import (
	"math"

	"fyne.io/fyne/v2"
)

// ground is what a bar finds on the screen, in Fyne units: it is to stand on grey beside the
// picture, else on the picture beside the place that changes, else over that place where
// nothing changes; of several such spots on the nearest.
type ground struct {
	room           fyne.Size // from 0, 0
	place, picture quad
	changes        func(fyne.Position) bool // where pixels change, all of it within place
	stood          fyne.Position            // the upper right corner of a bar that stands there already
	rows           int                      // into which that one is folded; 0: there is none
}

// What a spot costs; that of the rows and the way are what a person would rather have.
const (
	coverChange  = 1000 // the bar is all over what changes
	coverPlace   = 100
	coverPicture = 60
	farAway      = 30 // as far away as the view is long
	deepInside   = 30 // half way down the view, over the place
	oneMoreRow   = 4
	moving       = 80 // away from where it stood, for that it has grown
)

// changeCell is how fine the ground is searched for what changes.
const changeCell = 8

// spot finds a place for a bar, all in the room where it fits. sizes are those that the bar can
// have, the widest first; n is the index of the one that was taken.
func (g ground) spot(sizes []fyne.Size) (at fyne.Position, n int) {
	changed := g.search()
	best := float32(math.Inf(1))
	for i, size := range sizes {
		if size.Width > g.room.Width-2*barEdge && i < len(sizes)-1 {
			continue // it would be cut
		}
		if i == g.rows-1 {
			p := inRoom(g.stood.SubtractXY(size.Width, 0), size, g.room)
			if c := g.cost(p, size, changed) + float32(i)*oneMoreRow - moving; c < best {
				best, at, n = c, p, i
			}
		}
		for _, p := range g.spots(size) {
			if c := g.cost(p, size, changed) + float32(i)*oneMoreRow; c < best {
				best, at, n = c, p, i
			}
		}
	}
	return at, n
}

// spots are the positions that are looked at: along the edges of place, picture and view, and
// a grid over the view.
func (g ground) spots(size fyne.Size) (out []fyne.Position) {
	const steps = 8
	lo, hi := g.seen(g.place)
	plo, phi := g.picture.box()
	xs := []float32{(lo.X + hi.X - size.Width) / 2, hi.X + barGap, lo.X - barGap - size.Width, phi.X + barGap, plo.X - barGap - size.Width}
	ys := []float32{hi.Y + barGap, lo.Y - barGap - size.Height, (lo.Y + hi.Y - size.Height) / 2, phi.Y + barGap, plo.Y - barGap - size.Height}
	for i := range steps + 1 {
		xs = append(xs, g.room.Width*float32(i)/steps-size.Width/2)
		ys = append(ys, g.room.Height*float32(i)/steps-size.Height/2)
	}
	for _, y := range ys {
		for _, x := range xs {
			out = append(out, inRoom(fyne.NewPos(x, y), size, g.room))
		}
	}
	return out
}

func (g ground) cost(at fyne.Position, size fyne.Size, changed *sums) (c float32) {
	lo, hi := g.seen(g.place)
	if g.place.meets(at, size) {
		in := min(at.Y, g.room.Height-at.Y-size.Height) / g.room.Height
		c += coverPlace*(1+overlap(at, size, lo, hi)) + coverChange*changed.share(at, size) + deepInside*2*in
	}
	if g.picture.meets(at, size) {
		plo, phi := g.picture.box()
		c += coverPicture * (1 + overlap(at, size, plo, phi)*2/3)
	}
	gap := length(max(lo.X-at.X-size.Width, at.X-hi.X, 0), max(lo.Y-at.Y-size.Height, at.Y-hi.Y, 0))
	off := length(at.X+size.Width/2-(lo.X+hi.X)/2, at.Y+size.Height/2-(lo.Y+hi.Y)/2)
	return c + farAway*(gap+0.3*off)/length(g.room.Width, g.room.Height)
}

// seen is the box of a place within the view.
func (g ground) seen(q quad) (lo, hi fyne.Position) {
	lo, hi = q.box()
	fit := func(p fyne.Position) fyne.Position {
		return fyne.NewPos(min(max(p.X, 0), g.room.Width), min(max(p.Y, 0), g.room.Height))
	}
	return fit(lo), fit(hi)
}

func length(x, y float32) float32 { return float32(math.Hypot(float64(x), float64(y))) }

// overlap is the share of a bar that lies in a box.
func overlap(at fyne.Position, size fyne.Size, lo, hi fyne.Position) float32 {
	w := min(at.X+size.Width, hi.X) - max(at.X, lo.X)
	h := min(at.Y+size.Height, hi.Y) - max(at.Y, lo.Y)
	return max(w, 0) * max(h, 0) / max(size.Width*size.Height, 1)
}

// sums counts the cells of the view in which something changes, so that any box of them is
// counted in four steps: n[y*stride+x] is how many lie above and left of x, y.
type sums struct {
	n      []int32
	stride int
}

func (g ground) search() *sums {
	w, h := int(g.room.Width)/changeCell+1, int(g.room.Height)/changeCell+1
	s := &sums{n: make([]int32, (w+1)*(h+1)), stride: w + 1}
	lo, hi := g.seen(g.place)
	for y := range h {
		row := int32(0)
		for x := range w {
			p := fyne.NewPos((float32(x)+0.5)*changeCell, (float32(y)+0.5)*changeCell)
			if p.X >= lo.X && p.X <= hi.X && p.Y >= lo.Y && p.Y <= hi.Y && g.changes(p) {
				row++
			}
			s.n[(y+1)*s.stride+x+1] = s.n[y*s.stride+x+1] + row
		}
	}
	return s
}

// share is how much of a bar lies over what changes.
func (s *sums) share(at fyne.Position, size fyne.Size) float32 {
	rows := len(s.n)/s.stride - 1
	cell := func(v float32, most int) int { return min(max(int(v/changeCell+0.5), 0), most) }
	x0, x1 := cell(at.X, s.stride-1), cell(at.X+size.Width, s.stride-1)
	y0, y1 := cell(at.Y, rows), cell(at.Y+size.Height, rows)
	if x1 <= x0 || y1 <= y0 {
		return 0
	}
	n := s.n[y1*s.stride+x1] - s.n[y0*s.stride+x1] - s.n[y1*s.stride+x0] + s.n[y0*s.stride+x0]
	return float32(n) / float32((x1-x0)*(y1-y0))
}
