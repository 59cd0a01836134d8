package preprocess

import (
	"image"
	"math"
)

// one is 1 where coordinates have 16 bits behind the point.
const one = 1 << 16

// at holds a place with 16 bits behind the point.
type at struct{ x, y int64 }

func wide(p image.Point) at { return at{int64(p.X) << 16, int64(p.Y) << 16} }

func (p Picture) dot(x, y int, colour [3]uint8) {
	if x >= 0 && y >= 0 && x < p.W && y < p.H {
		copy(p.Pix[3*(y*p.W+x):], colour[:])
	}
}

// level draws a row from x0 to x1, both meant.
func (p Picture) level(y, x0, x1 int, colour [3]uint8) {
	if y < 0 || y >= p.H {
		return
	}
	for x := max(x0, 0); x <= min(x1, p.W-1); x++ {
		copy(p.Pix[3*(y*p.W+x):], colour[:])
	}
}

// clipped is the part of a line within a frame of right × bottom, both meant (the algorithm
// of Cohen and Sutherland; cuts are toward zero). ok is false where nothing is left.
func clipped(a, b at, right, bottom int64) (at, at, bool) {
	side := func(p at) (c int) {
		for i, out := range [4]bool{p.x < 0, p.x > right, p.y < 0, p.y > bottom} {
			if out {
				c |= 1 << i
			}
		}
		return c
	}
	cutY := func(p *at, q at, c int) {
		to := int64(0)
		if c&8 != 0 {
			to = bottom
		}
		p.x += int64(float64(to-p.y) * float64(q.x-p.x) / float64(q.y-p.y))
		p.y = to
	}
	cutX := func(p *at, q at, c int) {
		to := int64(0)
		if c&2 != 0 {
			to = right
		}
		p.y += int64(float64(to-p.x) * float64(q.y-p.y) / float64(q.x-p.x))
		p.x = to
	}
	ca, cb := side(a), side(b)
	if ca&cb != 0 {
		return a, b, false
	}
	if ca&12 != 0 {
		cutY(&a, b, ca)
		ca = side(a) & 3
	}
	if cb&12 != 0 {
		cutY(&b, a, cb)
		cb = side(b) & 3
	}
	if ca&cb != 0 {
		return a, b, false
	}
	if ca != 0 {
		cutX(&a, b, ca)
	}
	if cb != 0 {
		cutX(&b, a, cb)
	}
	return a, b, true
}

// line is Bresenham's between whole pixels, from left to right.
func (p Picture) line(a, b image.Point, colour [3]uint8) {
	s, e, ok := clipped(at{int64(a.X), int64(a.Y)}, at{int64(b.X), int64(b.Y)}, int64(p.W-1), int64(p.H-1))
	if !ok {
		return
	}
	if e.x < s.x {
		s, e = e, s
	}
	x, y, dx, dy, up := int(s.x), int(s.y), int(e.x-s.x), int(e.y-s.y), 1
	if dy < 0 {
		dy, up = -dy, -1
	}
	steep := dy > dx
	if steep {
		dx, dy = dy, dx
	}
	err := dx - 2*dy
	for range dx + 1 {
		p.dot(x, y, colour)
		aside := err < 0
		if err -= 2 * dy; aside {
			err += 2 * dx
		}
		if steep {
			y += up
		} else {
			x++
		}
		switch {
		case aside && steep:
			x++
		case aside:
			y += up
		}
	}
}

// fineLine is a line between places that are no whole pixels, one pixel a column or row.
func (p Picture) fineLine(a, b at, colour [3]uint8) {
	a, b, ok := clipped(a, b, int64(p.W)*one-1, int64(p.H)*one-1)
	if !ok {
		return
	}
	dx, dy := b.x-a.x, b.y-a.y
	flat := max(dx, -dx) > max(dy, -dy)
	if flat && dx < 0 || !flat && dy < 0 {
		a, b, dx, dy = b, a, -dx, -dy
	}
	p.dot(int((b.x+one/2)>>16), int((b.y+one/2)>>16), colour)
	x, y := a.x+one/2, a.y+one/2
	if flat {
		step := dy * one / (dx | 1)
		for range (b.x-a.x)>>16 + 1 {
			p.dot(int(x>>16), int(y>>16), colour)
			x, y = x+one, y+step
		}
		return
	}
	step := dx * one / (dy | 1)
	for range (b.y-a.y)>>16 + 1 {
		p.dot(int(x>>16), int(y>>16), colour)
		x, y = x+step, y+one
	}
}

// edge walks down one side of a convex polygon.
type edge struct {
	index, turn int // of the corner that it goes to, and in which direction round
	x, step     int64
	end         int64 // row where it takes the next side
}

// convex fills a convex polygon whose corners have 16 bits behind the point; fine says that
// they are no whole pixels. The outline is drawn too.
func (p Picture) convex(corners []at, fine bool, colour [3]uint8) {
	n := len(corners)
	first, low, high := 0, corners[0], corners[0]
	for i, c := range corners {
		before := corners[(i+n-1)%n]
		if fine {
			p.fineLine(before, c, colour)
		} else {
			p.line(image.Pt(int(before.x>>16), int(before.y>>16)), image.Pt(int(c.x>>16), int(c.y>>16)), colour)
		}
		if c.y < low.y {
			first = i
		}
		low, high = at{min(low.x, c.x), min(low.y, c.y)}, at{max(high.x, c.x), max(high.y, c.y)}
	}
	row := func(v int64) int64 { return (v + one/2) >> 16 }
	if n < 3 || row(high.x) < 0 || row(high.y) < 0 || row(low.x) >= int64(p.W) || row(low.y) >= int64(p.H) {
		return
	}
	y, last := row(low.y), min(row(high.y), int64(p.H-1))
	sides := [2]edge{{index: first, turn: 1, x: -one, end: y}, {index: first, turn: n - 1, x: -one, end: y}}
	for left := n; y <= last; y++ {
		for i := range sides {
			if e := &sides[i]; y >= e.end {
				left = e.next(corners, y, left)
			}
		}
		if y >= 0 {
			x0, x1 := min(sides[0].x, sides[1].x), max(sides[0].x, sides[1].x)
			p.level(int(y), int(row(x0)), int(row(x1)), colour)
		}
		sides[0].x += sides[0].step
		sides[1].x += sides[1].step
	}
}

// next takes the next side that goes below row y; left are the sides not yet looked at.
func (e *edge) next(corners []at, y int64, left int) int {
	n := len(corners)
	from, to := e.index, (e.index+e.turn)%n
	for ; left > 0; left-- {
		if end := (corners[to].y + one/2) >> 16; end > y {
			down := end - y
			e.x, e.end, e.index = corners[from].x, end, to
			e.step = ((corners[to].x-corners[from].x)*2 + down) / (2 * down)
			return left - 1
		}
		from, to = to, (to+e.turn)%n
	}
	return left - 1
}

// disc fills a circle about a pixel by the midpoint algorithm.
func (p Picture) disc(c image.Point, radius int, colour [3]uint8) {
	err, dx, plus, minus := 0, radius, 1, 2*radius-1
	for dy := 0; dx >= dy; dy++ {
		p.level(c.Y-dy, c.X-dx, c.X+dx, colour)
		p.level(c.Y+dy, c.X-dx, c.X+dx, colour)
		p.level(c.Y-dx, c.X-dy, c.X+dy, colour)
		p.level(c.Y+dx, c.X-dy, c.X+dy, colour)
		err += plus
		plus += 2
		if err > 0 {
			err -= minus
			dx--
			minus -= 2
		}
	}
}

// stroke is a line two pixels wide with round ends.
func (p Picture) stroke(a, b image.Point, colour [3]uint8) {
	s, e := wide(a), wide(b)
	if dx, dy := float64(a.X-b.X), float64(b.Y-a.Y); dx != 0 || dy != 0 {
		r := one / math.Sqrt(dx*dx+dy*dy)
		ox, oy := int64(math.RoundToEven(dy*r)), int64(math.RoundToEven(dx*r))
		p.convex([]at{{s.x + ox, s.y + oy}, {s.x - ox, s.y - oy}, {e.x - ox, e.y - oy}, {e.x + ox, e.y + oy}}, true, colour)
	}
	p.disc(a, 1, colour)
	p.disc(b, 1, colour)
}

// sine is that of whole degrees, with the seven digits of OpenCV's table.
func sine(degrees int) float64 {
	s := math.Sin(float64((degrees%360+360)%360) * math.Pi / 180)
	return float64(float32(math.Round(s*1e7) / 1e7))
}

// ellipse is the outline of one turned by whole degrees, one corner a degree.
func ellipse(centre, axes image.Point, angle int) (out []at) {
	angle = (angle%360 + 360) % 360
	sin, cos := sine(angle), sine(angle+90)
	for i := 0; i <= 360; i++ {
		x, y := float64(axes.X)*sine(i+90), float64(axes.Y)*sine(i)
		p := wide(image.Pt(int(math.RoundToEven(float64(centre.X)+x*cos-y*sin)), int(math.RoundToEven(float64(centre.Y)+x*sin+y*cos))))
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	if len(out) == 1 {
		out = []at{wide(centre), wide(centre)}
	}
	return out
}
