package infill

import (
	"context"
	"image"
	"math"
)

// tilt is a perspective about a centre: a picture point p (from the centre) is drawn at
// p/(1+tilt·p), and back at q/(1−tilt·q). Up to an affine map, which copying patches does
// not mind, that is every way a plane can be foreshortened; 1+tilt·p = 0 is its vanishing
// line. Drawn with the right tilt, a wall seen from the side repeats itself exactly.
type tilt struct{ x, y float64 }

// steepest bounds the change of size in a drawing; what would change more is left out.
const steepest = 4

// warp maps between a picture and its tilted drawing, in pixels of one level.
type warp struct {
	tilt
	cx, cy float64         // the centre, where the size stays
	at     image.Rectangle // of the drawing, in drawing coordinates
}

// forth maps picture to drawing; ok is false beyond steepest.
func (w warp) forth(x, y float64) (u, v float64, ok bool) {
	x, y = x-w.cx, y-w.cy
	d := 1 + w.x*x + w.y*y
	return x/d + w.cx, y/d + w.cy, d > 1/steepest && d < steepest
}

// back maps drawing to picture.
func (w warp) back(u, v float64) (x, y float64, ok bool) {
	u, v = u-w.cx, v-w.cy
	e := 1 - w.x*u - w.y*v
	return u/e + w.cx, v/e + w.cy, e > 1/steepest && e < steepest
}

// warpFor is the warp of l about the middle of its hole, and the share of the hole that fits
// the drawing: what is near or beyond the vanishing line does not.
func (l *level) warpFor(t tilt) (w warp, fits float64) {
	w = warp{tilt: t}
	w.cx = float64(l.inner.Min.X+l.inner.Max.X-1)/2 - pad
	w.cy = float64(l.inner.Min.Y+l.inner.Max.Y-1)/2 - pad
	low, high := [2]float64{w.cx, w.cy}, [2]float64{w.cx, w.cy}
	const n = 32
	for i := range n + 1 {
		for j := range n + 1 {
			if u, v, ok := w.forth(float64(l.pw*i)/n, float64(l.ph*j)/n); ok {
				low, high = [2]float64{min(low[0], u), min(low[1], v)}, [2]float64{max(high[0], u), max(high[1], v)}
			}
		}
	}
	w.at = image.Rect(int(math.Floor(low[0])), int(math.Floor(low[1])), int(math.Ceil(high[0]))+1, int(math.Ceil(high[1]))+1)
	// A near side drawn very large is not worth its memory; and with more room wrong tilts
	// fitted long strips, and ten chained outpaints lost their colours.
	const room = 8
	w.at = w.at.Intersect(image.Rect(-l.pw/room, -l.ph/room, l.pw+l.pw/room, l.ph+l.ph/room))
	in, all := 0, 0
	for _, i := range l.todo {
		if l.state[i] == hole {
			all++
			if _, _, ok := l.drawn(i, w); ok {
				in++
			}
		}
	}
	return w, float64(in) / float64(max(all, 1))
}

// drawn is where pixel i is in the drawing.
func (l *level) drawn(i int32, w warp) (u, v float64, ok bool) {
	u, v, ok = w.forth(float64(int(i)%l.w-pad), float64(int(i)/l.w-pad))
	return u, v, ok && image.Pt(int(math.Floor(u)), int(math.Floor(v))).In(w.at.Inset(1))
}

// tilted draws the known part of l and its hole.
func (l *level) tilted(ctx context.Context, w warp) (*level, error) {
	d := newLevel(w.at.Dx(), w.at.Dy(), l.alpha == nil)
	err := chunks(ctx, d.ph, 16, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range d.pw {
				if u, v, ok := w.back(float64(x+w.at.Min.X), float64(y+w.at.Min.Y)); ok {
					d.sample((y+pad)*d.w+x+pad, l, u, v)
				}
			}
		}
	})
	return d, err
}

// fetch takes the hole's pixels back from a completed drawing; they are known then. At the picture's sides, where a pixel of the
// drawing is wider than one of the picture, what the drawing has beside it counts alone.
func (l *level) fetch(ctx context.Context, d *level, w warp) error {
	return chunks(ctx, len(l.todo), 4096, func(from, to int) {
		for _, i := range l.todo[from:to] {
			u, v, ok := l.drawn(i, w)
			if !ok || l.state[i] != hole {
				continue
			}
			j, fx, fy := d.cornerOf(u-float64(w.at.Min.X), v-float64(w.at.Min.Y))
			if d.state[j] == nothing || d.state[j+1] == nothing || d.state[j+d.w] == nothing || d.state[j+d.w+1] == nothing {
				if j, fx, fy = d.something(j, fx, fy), 0, 0; j < 0 {
					continue
				}
			}
			l.take(int(i), d, j, fx, fy)
			l.state[i] = known
		}
	})
}

// something is the pixel nearest to a point between four, given as cornerOf does, that is not nothing; -1 where two pixels around
// there is none.
func (d *level) something(corner int, fx, fy uint64) (at int) {
	at = -1
	least := math.Inf(1)
	for y := -1; y <= 2; y++ {
		for x := -1; x <= 2; x++ {
			j := corner + y*d.w + x
			if far := math.Hypot(float64(x*256)-float64(fx), float64(y*256)-float64(fy)); far < least && d.state[j] != nothing {
				at, least = j, far
			}
		}
	}
	return at
}
