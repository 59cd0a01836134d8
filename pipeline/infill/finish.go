package infill

import (
	"context"
	"image"
	"math"
)

// The finish works on the full size after the last vote, on colours as cells:
//
//  1. seam: where the copied patches reach over known pixels they predict them; the
//     prediction's error, spread harmonically into the hole, takes brightness steps off
//     the border (as Poisson cloning does, Pérez 2003).
//  2. calm: where the fill is a smooth surface with weak white noise (sky, wall paint),
//     the surface is replaced by a membrane through its surroundings and the noise is
//     laid over it, somewhat weaker. Copying cannot beat that on gradients; texture and
//     edges are left alone.
const (
	seamReach  = 3  // known pixels beside the hole whose prediction is looked at
	seamLimit  = 28 // larger errors are misplaced structure, not brightness
	windowHalf = 3  // half the window of local statistics
	calmInside = 10 // pixels from the nearest structure where the membrane is free
)

// finisher holds the part of a level around the hole.
type finisher struct {
	l     *level
	at    image.Rectangle // in level coordinates
	sheet *sheet          // colours now, 0..255
}

// finish improves the filled pixels of the full-size level.
func (l *level) finish(ctx context.Context) error {
	f := &finisher{l: l, at: l.inner.Inset(-2 * windowHalf).Intersect(image.Rect(0, 0, l.w, l.h))}
	f.sheet = &sheet{w: f.at.Dx(), h: f.at.Dy()}
	f.sheet.c = make([]cell, f.sheet.w*f.sheet.h)
	for i := range f.sheet.c {
		f.sheet.c[i] = l.cell(f.index(i))
	}
	if err := f.seam(ctx); err != nil {
		return err
	}
	if err := f.calm(ctx); err != nil {
		return err
	}
	for i, c := range f.sheet.c {
		if j := f.index(i); l.state[j] == hole {
			l.pix[j] = pack(uint64(byteOf(c.r)), uint64(byteOf(c.g)), uint64(byteOf(c.b)))
		}
	}
	return nil
}

// index is the level's index of cell i.
func (f *finisher) index(i int) int {
	return (f.at.Min.Y+i/f.sheet.w)*f.l.w + f.at.Min.X + i%f.sheet.w
}

// cell reads a pixel; its weight says whether there is a colour.
func (l *level) cell(i int) cell {
	r, g, b := unpack(l.pix[i])
	c := cell{r: float32(r), g: float32(g), b: float32(b), a: 255}
	if l.state[i] != nothing {
		c.w = 1
	}
	return c
}

// seam corrects the brightness at the border.
func (f *finisher) seam(ctx context.Context) error {
	l, s := f.l, f.sheet
	fix := &sheet{w: s.w, h: s.h, c: make([]cell, len(s.c))}
	errs := make([]cell, len(s.c))
	err := chunks(ctx, s.h, 8, func(y0, y1 int) {
		for i := y0 * s.w; i < y1*s.w; i++ {
			j := f.index(i)
			if l.state[j] != known || !f.nearHole(i, seamReach) {
				continue
			}
			if p, ok := l.predict(j); ok {
				c := s.c[i]
				e := cell{c.r - p.r, c.g - p.g, c.b - p.b, 0, 1}
				if max(abs(e.r), abs(e.g), abs(e.b)) < seamLimit {
					errs[i] = e
				}
			}
		}
	})
	if err != nil {
		return err
	}
	err = chunks(ctx, s.h, 8, func(y0, y1 int) {
		for i := y0 * s.w; i < y1*s.w; i++ {
			if errs[i].w > 0 {
				fix.c[i] = meanAround(errs, s.w, s.h, i, windowHalf)
			}
		}
	})
	if err != nil {
		return err
	}
	if err := pullPush(ctx, fix, membraneSteps); err != nil {
		return err
	}
	for i := range s.c {
		if l.state[f.index(i)] == hole {
			c, e := &s.c[i], fix.c[i]
			c.r, c.g, c.b = clampTo(c.r+e.r, c.a), clampTo(c.g+e.g, c.a), clampTo(c.b+e.b, c.a)
		}
	}
	return nil
}

func abs(v float32) float32 { return max(v, -v) }

func clampTo(v, most float32) float32 { return min(max(v, 0), most) }

// nearHole says whether a hole pixel is within reach along a row, column or diagonal.
func (f *finisher) nearHole(i, reach int) bool {
	x, y := i%f.sheet.w, i/f.sheet.w
	for d := 1; d <= reach; d++ {
		for _, v := range [...][2]int{{d, 0}, {-d, 0}, {0, d}, {0, -d}, {d, d}, {-d, -d}, {d, -d}, {-d, d}} {
			xx, yy := x+v[0], y+v[1]
			if xx >= 0 && xx < f.sheet.w && yy >= 0 && yy < f.sheet.h && f.l.state[f.index(yy*f.sheet.w+xx)] == hole {
				return true
			}
		}
	}
	return false
}

// meanAround is the mean of the cells with weight in a window.
func meanAround(c []cell, w, h, i, half int) cell {
	var t cell
	x, y := i%w, i/w
	for yy := max(0, y-half); yy <= min(h-1, y+half); yy++ {
		for xx := max(0, x-half); xx <= min(w-1, x+half); xx++ {
			if e := c[yy*w+xx]; e.w > 0 {
				t.r, t.g, t.b, t.a, t.w = t.r+e.r, t.g+e.g, t.b+e.b, t.a+e.a, t.w+1
			}
		}
	}
	if t.w > 0 {
		k := 1 / t.w
		t = cell{t.r * k, t.g * k, t.b * k, t.a * k, 1}
	}
	return t
}

// calm replaces smooth surfaces by a membrane and weakens their noise.
func (f *finisher) calm(ctx context.Context) error {
	s := f.sheet
	smooth := make([]float32, len(s.c)) // 1: a smooth surface, 0: structure
	keep := make([]float32, len(s.c))   // share of the noise to keep
	base := &sheet{w: s.w, h: s.h, c: make([]cell, len(s.c))}
	err := chunks(ctx, s.h, 8, func(y0, y1 int) {
		for i := y0 * s.w; i < y1*s.w; i++ {
			if s.c[i].w > 0 {
				smooth[i], keep[i] = f.judge(i)
				base.c[i] = meanAround(s.c, s.w, s.h, i, windowHalf)
			}
		}
	})
	if err != nil {
		return err
	}
	inside := f.inside(smooth)
	local := append([]cell(nil), base.c...)
	for i := range base.c {
		switch {
		case smooth[i] < 0.99:
			base.c[i].w = 0
		case inside[i] >= calmInside && f.l.state[f.index(i)] != known:
			base.c[i].w = 0
		}
	}
	if err := pullPush(ctx, base, 2*membraneSteps); err != nil {
		return err
	}
	for i := range s.c {
		if t := smooth[i]; t > 0 && f.l.state[f.index(i)] == hole {
			u := local[i]
			if inside[i] >= calmInside {
				u = base.c[i]
			}
			c, m, k := &s.c[i], local[i], keep[i]
			c.r += t * (u.r + k*(c.r-m.r) - c.r)
			c.g += t * (u.g + k*(c.g-m.g) - c.g)
			c.b += t * (u.b + k*(c.b-m.b) - c.b)
		}
	}
	return nil
}

// inside is the chessboard distance to the nearest cell that is not smooth.
func (f *finisher) inside(smooth []float32) []uint8 {
	w := f.sheet.w
	d := make([]uint8, len(smooth))
	pass := func(i, step, row int) {
		if smooth[i] < 0.99 && f.sheet.c[i].w > 0 {
			d[i] = 0
			return
		}
		for _, j := range [...]int{i + step, i + row - 1, i + row, i + row + 1} {
			if j >= 0 && j < len(d) && d[j] < 254 {
				d[i] = min(d[i], d[j]+1)
			}
		}
	}
	for i := range d {
		d[i] = 255
		pass(i, -1, -w)
	}
	for i := len(d) - 1; i >= 0; i-- {
		pass(i, 1, w)
	}
	return d
}

// judge looks at the luma around cell i: residual of the best plane, and how much of it
// neighbouring pixels share. White noise shares nothing, texture and edges do.
func (f *finisher) judge(i int) (smooth, keep float32) {
	s := f.sheet
	x, y := i%s.w, i/s.w
	if x < windowHalf || y < windowHalf || x >= s.w-windowHalf || y >= s.h-windowHalf {
		return 0, 1
	}
	var n, sum, sq, sx, sy, diff, dn float32
	for dy := -windowHalf; dy <= windowHalf; dy++ {
		row := s.c[(y+dy)*s.w+x-windowHalf:][:2*windowHalf+1]
		var last float32
		for k, c := range row {
			if c.w == 0 {
				return 0, 1
			}
			v := (c.r + 2*c.g + c.b) / 4
			n, sum, sq = n+1, sum+v, sq+v*v
			sx += v * float32(k-windowHalf)
			sy += v * float32(dy)
			if k > 0 {
				diff += (v - last) * (v - last)
				dn++
			}
			last = v
		}
	}
	spread := n * windowHalf * (windowHalf + 1) / 3 // Σx² = Σy² over the window
	slope := sx / spread
	total := (sq-sum*sum/n-sx*sx/spread-sy*sy/spread)/(n-3) + 0.05
	white := (diff/dn - slope*slope) / 2
	shared := total - white
	smooth = 1 - min(max((shared-0.3*total-4)/(0.3*total+8), 0), 1)
	sigma := float32(math.Sqrt(float64(max(total, 0))))
	return smooth, min(max(0.35+(sigma-3)*0.08, 0.35), 1)
}
