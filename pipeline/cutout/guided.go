package cutout

import (
	"context"
	"errors"
	"image"

	"pentimento/pipeline/pixels"
)

// Refining is how a rough matte is brought to a picture's edges.
type Refining struct {
	// Radius of the windows in which the matte is taken for a linear function of the picture, in pixels of
	// the picture: about how far the rough edge may be off. 0: by how rough the matte is; below 0: no
	// refinement, the matte is only enlarged.
	Radius int
	// Eps is the variance, of values 0 to 1, below which a window counts as flat: the larger, the
	// smoother. 0: 1e-4.
	Eps float64
	// Grey guides by lightness alone, which is some faster and cannot tell colours of one lightness.
	Grey bool
	// Threshold is which share of the rough matte becomes a half, above 0 and below 1: less takes more along. 0: ½.
	Threshold float64
	// Shift moves the finished edge outward by pixels, below 0 inward.
	Shift int
}

// usualEps suits photographs; He, Sun and Tang use 1e-6 for matting without noise.
const usualEps = 1e-4

// radius is the one that is used for a picture of a size.
func (o Refining) radius(m *Matte, w, h int) int {
	if o.Radius != 0 {
		return min(o.Radius, 512)
	}
	return UsualRadius(m.W, m.H, w, h)
}

// UsualRadius is that for a matte of a size and a picture of another.
func UsualRadius(matteW, matteH, w, h int) int {
	cell := max(float64(w)/float64(matteW), float64(h)/float64(matteH))
	return min(max(int(3*cell+0.5), 4), 96)
}

// Refine gives a matte of the picture's size whose edges are the picture's, by a guided filter (He, Sun and
// Tang, Guided Image Filtering, IEEE TPAMI 35(6), 2013, equations 5 to 8, 19 and 20 for colour). Where the
// rough matte is flat within the radius it stays as it is. report (may be nil) hears of the fraction done.
func Refine(ctx context.Context, guide *image.NRGBA, rough *Matte, o Refining, report func(float64)) (*Matte, error) {
	w, h := guide.Rect.Dx(), guide.Rect.Dy()
	if rough == nil || len(rough.A) != rough.W*rough.H || len(rough.A) == 0 || w < 1 || h < 1 {
		return nil, errors.New("cutout: found no matte, or no picture")
	}
	if report == nil {
		report = func(float64) {}
	}
	rough = rough.levelled(o.Threshold)
	r := o.radius(rough, w, h)
	if r < 0 {
		a, err := plane(ctx, rough.A, rough.W, rough.H, w, h)
		if err != nil {
			return nil, err
		}
		return (&Matte{w, h, a}).shifted(ctx, o.Shift)
	}
	if o.Eps <= 0 {
		o.Eps = usualEps
	}
	g := newGuided(guide, r, o)
	g.guide = g.small(ctx, guide)
	p, err := plane(ctx, rough.A, rough.W, rough.H, g.w, g.h)
	if err != nil {
		return nil, err
	}
	if err := g.fit(ctx, p, report); err != nil {
		return nil, err
	}
	m, err := g.apply(ctx, guide, report)
	if err != nil {
		return nil, err
	}
	return m.shifted(ctx, o.Shift)
}

// guided is a filter on its way: all planes are of the smaller picture.
type guided struct {
	w, h  int // of the smaller picture
	step  int // pixels of the picture for one of these, each way
	r     int // in pixels of the smaller picture
	eps   float64
	grey  bool
	whole image.Point
	guide [][]float32 // its channels
	a     [][]float32 // coefficients of the channels, and what is added
}

// fine is how many pixels of the smaller picture a radius is at least, where the picture has them.
const fine = 4

func newGuided(guide *image.NRGBA, r int, o Refining) *guided {
	g := &guided{step: max(r/fine, 1), eps: o.Eps, grey: o.Grey, whole: guide.Rect.Size()}
	g.r = max(r/g.step, 1)
	g.w, g.h = (g.whole.X+g.step-1)/g.step, (g.whole.Y+g.step-1)/g.step
	return g
}

// channels are the guide's values of a pixel, 0 to 1.
func (g *guided) channels(p []uint8, into *[3]float32) int {
	if g.grey {
		into[0] = (0.299*over(p[0], p[3]) + 0.587*over(p[1], p[3]) + 0.114*over(p[2], p[3])) / 255
		return 1
	}
	for c := range 3 {
		into[c] = over(p[c], p[3]) / 255
	}
	return 3
}

// small is the guide by the means of its blocks.
func (g *guided) small(ctx context.Context, guide *image.NRGBA) [][]float32 {
	n := 3
	if g.grey {
		n = 1
	}
	out := planes(n, g.w*g.h)
	pixels.InParallel(g.h, func(y int) {
		if ctx.Err() != nil {
			return
		}
		var v [3]float32
		for x := range g.w {
			var sum [3]float32
			in := image.Rect(x*g.step, y*g.step, min((x+1)*g.step, g.whole.X), min((y+1)*g.step, g.whole.Y))
			for py := in.Min.Y; py < in.Max.Y; py++ {
				row := guide.Pix[py*guide.Stride:]
				for px := in.Min.X; px < in.Max.X; px++ {
					g.channels(row[4*px:4*px+4:4*px+4], &v)
					for c := range n {
						sum[c] += v[c]
					}
				}
			}
			for c := range n {
				out[c][y*g.w+x] = sum[c] / float32(in.Dx()*in.Dy())
			}
		}
	})
	return out
}

func planes(n, size int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = make([]float32, size)
	}
	return out
}

// box replaces each value by the mean of the window of a radius around it; windows end at the plane's
// sides. scratch is of the plane's size.
func box(v, scratch []float32, w, h, r int) {
	pixels.InParallel(h, func(y int) {
		row, out := v[y*w:][:w], scratch[y*w:][:w]
		sum := 0.0
		for x := range min(r, w) {
			sum += float64(row[x])
		}
		for x := range w {
			if x+r < w {
				sum += float64(row[x+r])
			}
			if x-r-1 >= 0 {
				sum -= float64(row[x-r-1])
			}
			out[x] = float32(sum / float64(min(x+r, w-1)-max(x-r, 0)+1))
		}
	})
	const strip = 64 // columns that are summed at once, so that rows are read in pieces
	pixels.InParallel((w+strip-1)/strip, func(s int) {
		from, to := s*strip, min((s+1)*strip, w)
		var sums [strip]float64
		add := func(y int, f float64) {
			for i, x := range scratch[y*w+from : y*w+to] {
				sums[i] += f * float64(x)
			}
		}
		for y := range min(r, h) {
			add(y, 1)
		}
		for y := range h {
			if y+r < h {
				add(y+r, 1)
			}
			if y-r-1 >= 0 {
				add(y-r-1, -1)
			}
			n := float64(min(y+r, h-1) - max(y-r, 0) + 1)
			for i := range to - from {
				v[y*w+from+i] = float32(sums[i] / n)
			}
		}
	})
}
