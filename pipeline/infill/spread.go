package infill

import (
	"context"
	"image"
)

// cell is a premultiplied colour (0..255) and how much of it is known (0..1).
type cell struct{ r, g, b, a, w float32 }

// membraneSteps is how long each level of a pyramid is relaxed: the coarser levels leave
// only errors of a few cells' reach.
const membraneSteps = 12

// sheet is a picture of cells.
type sheet struct {
	w, h int
	c    []cell
}

// half averages 2×2 cells by weight.
func (s *sheet) half(ctx context.Context) (*sheet, error) {
	d := &sheet{w: (s.w + 1) / 2, h: (s.h + 1) / 2}
	d.c = make([]cell, d.w*d.h)
	err := chunks(ctx, d.h, 32, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range d.w {
				var t cell
				for yy := 2 * y; yy < min(2*y+2, s.h); yy++ {
					for xx := 2 * x; xx < min(2*x+2, s.w); xx++ {
						c := s.c[yy*s.w+xx]
						t.r += c.r * c.w
						t.g += c.g * c.w
						t.b += c.b * c.w
						t.a += c.a * c.w
						t.w += c.w
					}
				}
				if t.w > 0 {
					i := 1 / t.w
					t.r, t.g, t.b, t.a = t.r*i, t.g*i, t.b*i, t.a*i
					t.w = min(1, t.w)
				}
				d.c[y*d.w+x] = t
			}
		}
	})
	return d, err
}

// fillFrom gives the unknown share of every cell of s the colour of the coarser sheet,
// interpolated bilinearly.
func (s *sheet) fillFrom(ctx context.Context, d *sheet) error {
	return chunks(ctx, s.h, 32, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			ya, yb := weights(y, d.h)
			for x := range s.w {
				c := &s.c[y*s.w+x]
				if c.w >= 1 {
					continue
				}
				xa, xb := weights(x, d.w)
				p, q := &d.c[ya*d.w+xa], &d.c[ya*d.w+xb]
				r, t := &d.c[yb*d.w+xa], &d.c[yb*d.w+xb]
				up := func(p, q, r, t float32) float32 { return (9*p + 3*q + 3*r + t) / 16 }
				k := c.w
				c.r = c.r*k + up(p.r, q.r, r.r, t.r)*(1-k)
				c.g = c.g*k + up(p.g, q.g, r.g, t.g)*(1-k)
				c.b = c.b*k + up(p.b, q.b, r.b, t.b)*(1-k)
				c.a = c.a*k + up(p.a, q.a, r.a, t.a)*(1-k)
				c.w = 1
			}
		}
	})
}

// weights names the nearer (weight 3/4) and the farther (1/4) coarse neighbour of i.
func weights(i, n int) (near, far int) {
	near = i / 2
	far = near - 1 + 2*(i&1)
	return near, min(max(far, 0), n-1)
}

// pullPush fills every cell of weight 0 from the known ones through a pyramid (Gortler
// et al. 1996, "The Lumigraph", §3.3), with relax steps of membrane smoothing at each
// level: cost is linear in the number of cells.
func pullPush(ctx context.Context, s *sheet, relax int) error {
	stack := []*sheet{s}
	for s.w > 1 || s.h > 1 {
		var err error
		if s, err = s.half(ctx); err != nil {
			return err
		}
		stack = append(stack, s)
	}
	for i := len(stack) - 2; i >= 0; i-- {
		free := stack[i].free()
		if err := stack[i].fillFrom(ctx, stack[i+1]); err != nil {
			return err
		}
		if err := stack[i].relax(ctx, free, relax); err != nil {
			return err
		}
	}
	return nil
}

// free lists the cells that are not known at all, even ones ((x+y)&1 == 0) first.
func (s *sheet) free() (list [2][]int32) {
	for i := range s.c {
		if s.c[i].w == 0 {
			odd := (i%s.w + i/s.w) & 1
			list[odd] = append(list[odd], int32(i))
		}
	}
	return list
}

// relax moves free cells toward the mean of their neighbours, Δu = 0, by red-black
// over-relaxation: cells of one colour depend on the other colour alone, so the order in
// which goroutines run does not matter.
func (s *sheet) relax(ctx context.Context, free [2][]int32, steps int) error {
	const over = 1.5
	for range steps {
		for _, list := range free {
			err := chunks(ctx, len(list), 4096, func(from, to int) {
				for _, i := range list[from:to] {
					s.relaxCell(int(i), over)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// relaxCell treats the world outside as a mirror.
func (s *sheet) relaxCell(i int, over float32) {
	x, y := i%s.w, i/s.w
	l, r, u, d := i-1, i+1, i-s.w, i+s.w
	if x == 0 {
		l = i
	}
	if x == s.w-1 {
		r = i
	}
	if y == 0 {
		u = i
	}
	if y == s.h-1 {
		d = i
	}
	c, a, b, e, f := &s.c[i], &s.c[l], &s.c[r], &s.c[u], &s.c[d]
	c.r += over * ((a.r+b.r+e.r+f.r)/4 - c.r)
	c.g += over * ((a.g+b.g+e.g+f.g)/4 - c.g)
	c.b += over * ((a.b+b.b+e.b+f.b)/4 - c.b)
	c.a += over * ((a.a+b.a+e.a+f.a)/4 - c.a)
}

// fillEdge writes the membrane's colours into the hole. It reads a margin of the hole's
// size around it, no more: colours from farther away would have no weight.
func fillEdge(ctx context.Context, out *image.NRGBA, mask *image.Alpha, hole image.Rectangle, report func(string, float64)) error {
	box := hole.Inset(-max(16, hole.Dx(), hole.Dy())).Intersect(out.Rect)
	if _, source := sizes(out.SubImage(box).(*image.NRGBA), mask.SubImage(box).(*image.Alpha)); source == 0 {
		box = out.Rect
	}
	s := &sheet{w: box.Dx(), h: box.Dy(), c: make([]cell, box.Dx()*box.Dy())}
	for y := range s.h {
		px := out.Pix[out.PixOffset(box.Min.X, box.Min.Y+y):]
		m := mask.Pix[mask.PixOffset(box.Min.X, box.Min.Y+y):]
		for x := range s.w {
			p := px[4*x:][:4]
			if m[x] != 0 || p[3] == 0 {
				continue
			}
			a := float32(p[3])
			s.c[y*s.w+x] = cell{float32(p[0]) * a / 255, float32(p[1]) * a / 255, float32(p[2]) * a / 255, a, 1}
		}
	}
	report("edge", 0.2)
	if err := pullPush(ctx, s, membraneSteps); err != nil {
		return err
	}
	for y := range s.h {
		px := out.Pix[out.PixOffset(box.Min.X, box.Min.Y+y):]
		m := mask.Pix[mask.PixOffset(box.Min.X, box.Min.Y+y):]
		for x := range s.w {
			if m[x] != 0 {
				c := s.c[y*s.w+x]
				straight(px[4*x:][:4], c.r, c.g, c.b, c.a)
			}
		}
	}
	return nil
}

// straight writes a premultiplied colour (0..255) as straight alpha.
func straight(p []uint8, r, g, b, a float32) {
	if a < 0.5 {
		p[0], p[1], p[2], p[3] = 0, 0, 0, 0
		return
	}
	k := 255 / a
	p[0], p[1], p[2], p[3] = byteOf(r*k), byteOf(g*k), byteOf(b*k), byteOf(a)
}

// byteOf rounds to 0..255.
func byteOf(v float32) uint8 { return uint8(min(max(v+0.5, 0), 255)) }
