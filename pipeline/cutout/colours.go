package cutout

import (
	"context"
	"image"
	"sync/atomic"

	"pentimento/pipeline/pixels"
)

// Pixels are a picture's colours of any depth, 0 to 1, by place in row order. Set is called of several
// goroutines, at each place once.
type Pixels struct {
	W, H int
	At   func(i int) (r, g, b float32)
	Set  func(i int, r, g, b float32)
}

// PixelsOf are those of a picture of 8 bits and straight alpha.
func PixelsOf(img *image.NRGBA) Pixels {
	w := img.Rect.Dx()
	place := func(i int) []uint8 { return img.Pix[i/w*img.Stride+4*(i%w):][:3] }
	return Pixels{w, img.Rect.Dy(), func(i int) (r, g, b float32) {
		p := place(i)
		return float32(p[0]) / 255, float32(p[1]) / 255, float32(p[2]) / 255
	}, func(i int, r, g, b float32) {
		p := place(i)
		p[0], p[1], p[2] = uint8(255*r+0.5), uint8(255*g+0.5), uint8(255*b+0.5)
	}}
}

// The radii of the two passes, those of the paper.
const (
	wide   = 90
	narrow = 6
	// tile is the side of what is looked at at once, around which the windows of both passes see.
	tile = 512
)

// Clean gives the pixels of soft edges, with shares between 0 and 1, the colours of the subject alone, so that
// no halo of the old background stays: blur fusion (Forte, Approximate Fast Foreground Colour Estimation,
// ICIP 2021, equations 3 to 5), twice. Others keep theirs. It works in tiles, so that a large picture takes
// no more than a small one. report (may be nil) hears of the fraction done.
func Clean(ctx context.Context, p Pixels, m *Matte, report func(float64)) error {
	if report == nil {
		report = func(float64) {}
	}
	across, down := (p.W+tile-1)/tile, (p.H+tile-1)/tile
	type edge struct {
		at      int
		r, g, b float32
	}
	var made []edge // set at the end: tiles beside them still look at what was there
	for i := range across * down {
		in := image.Rect(i%across*tile, i/across*tile, min((i%across+1)*tile, p.W), min((i/across+1)*tile, p.H))
		if soft(m, in) {
			c := estimate(ctx, p, m, in.Inset(-wide-narrow).Intersect(image.Rect(0, 0, p.W, p.H)))
			for y := in.Min.Y; y < in.Max.Y; y++ {
				for x := in.Min.X; x < in.Max.X; x++ {
					if a := m.A[y*m.W+x]; a > 0 && a < 1 {
						r, g, b := c.at(x, y)
						made = append(made, edge{y*p.W + x, r, g, b})
					}
				}
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		report(float64(i+1) / float64(across*down))
	}
	for _, e := range made {
		p.Set(e.at, e.r, e.g, e.b)
	}
	return nil
}

// soft says whether there is an edge in a rectangle.
func soft(m *Matte, in image.Rectangle) bool {
	var found atomic.Bool
	pixels.InParallel(in.Dy(), func(y int) {
		for _, a := range m.A[(in.Min.Y+y)*m.W+in.Min.X:][:in.Dx()] {
			if a > 0 && a < 1 {
				found.Store(true)
				return
			}
		}
	})
	return found.Load()
}

// fusion are the colours of subject and background in a rectangle.
type fusion struct {
	in         image.Rectangle
	alpha      []float32
	seen, f, b [3][]float32
	share      []float32 // blurred
	scratch    []float32
}

func (u *fusion) at(x, y int) (r, g, b float32) {
	i := (y-u.in.Min.Y)*u.in.Dx() + x - u.in.Min.X
	return u.f[0][i], u.f[1][i], u.f[2][i]
}

// estimate finds the colours of the subject in a rectangle; nothing of use once ctx has ended.
func estimate(ctx context.Context, p Pixels, m *Matte, in image.Rectangle) *fusion {
	n := in.Dx() * in.Dy()
	u := &fusion{in: in, alpha: make([]float32, n), share: make([]float32, n), scratch: make([]float32, n)}
	for c := range 3 {
		u.seen[c], u.f[c], u.b[c] = make([]float32, n), make([]float32, n), make([]float32, n)
	}
	pixels.InParallel(in.Dy(), func(y int) {
		for x := range in.Dx() {
			at, i := (in.Min.Y+y)*p.W+in.Min.X+x, y*in.Dx()+x
			u.alpha[i] = m.A[at]
			u.seen[0][i], u.seen[1][i], u.seen[2][i] = p.At(at)
		}
	})
	for c := range 3 {
		copy(u.f[c], u.seen[c])
		copy(u.b[c], u.seen[c])
	}
	for _, r := range []int{wide, narrow} {
		if ctx.Err() == nil {
			u.pass(r)
		}
	}
	return u
}

// pass is one blur fusion: both colours are the means of their surroundings, weighted by their shares, and what
// of the picture they do not explain goes to the subject.
func (u *fusion) pass(r int) {
	w, h := u.in.Dx(), u.in.Dy()
	copy(u.share, u.alpha)
	box(u.share, u.scratch, w, h, r)
	for c := range 3 {
		f, b := u.f[c], u.b[c]
		each(h, w, func(i int) { f[i] *= u.alpha[i]; b[i] *= 1 - u.alpha[i] })
		box(f, u.scratch, w, h, r)
		box(b, u.scratch, w, h, r)
		each(h, w, func(i int) {
			const least = 1e-5
			fi, bi, a := f[i]/(u.share[i]+least), b[i]/(1-u.share[i]+least), u.alpha[i]
			f[i] = min(max(fi+a*(u.seen[c][i]-a*fi-(1-a)*bi), 0), 1)
			b[i] = min(bi, 1)
		})
	}
}

// each runs do at all places of h rows of w.
func each(h, w int, do func(i int)) {
	pixels.InParallel(h, func(y int) {
		for i := y * w; i < (y+1)*w; i++ {
			do(i)
		}
	})
}
