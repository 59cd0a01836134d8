package infill

import (
	"context"
	"image"
)

// The finish works on the full size after the last vote, on colours as cells:
//
//  1. seam: where the copied patches reach over known pixels they predict them; the
//     prediction's error, spread harmonically into the hole, takes brightness steps off
//     the border (as Poisson cloning does, Pérez 2003).
//  2. calm: where the fill is a smooth surface with weak white noise (sky, wall paint),
//     the surface is replaced by a plate through its surroundings (plate.go) and the noise is
//     laid over it, somewhat weaker. Copying cannot beat that on gradients; texture and
//     edges are left alone.
const (
	seamReach  = 3  // known pixels beside the hole whose prediction is looked at
	seamLimit  = 28 // larger errors are misplaced structure, not brightness
	windowHalf = 3  // half the window of local statistics
)

// finisher holds the part of a level around the hole.
type finisher struct {
	l     *level
	at    image.Rectangle // in level coordinates
	sheet *sheet          // colours now, 0..255
}

// finish improves the filled pixels of the full-size level.
func (l *level) finish(ctx context.Context) error {
	f := l.finisher(2 * windowHalf)
	if err := f.seam(ctx); err != nil {
		return err
	}
	f.store()
	return l.calm(ctx)
}

// finisher reads the hole and margin pixels around it.
func (l *level) finisher(margin int) *finisher {
	f := &finisher{l: l, at: l.inner.Inset(-margin).Intersect(image.Rect(pad, pad, pad+l.pw, pad+l.ph))}
	f.sheet = &sheet{w: f.at.Dx(), h: f.at.Dy()}
	f.sheet.c = make([]cell, f.sheet.w*f.sheet.h)
	for i := range f.sheet.c {
		f.sheet.c[i] = l.cell(f.index(i))
	}
	return f
}

// store writes the hole's pixels back to the level.
func (f *finisher) store() {
	for i, c := range f.sheet.c {
		if j := f.index(i); f.l.state[j] == hole {
			f.l.pix[j] = pack(uint64(byteOf(c.r)), uint64(byteOf(c.g)), uint64(byteOf(c.b)))
		}
	}
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
