package render

import (
	"image"
	"math"

	"pentimento/canvas"
)

// A mirrored or turned view is drawn upright first, as far as the part to draw lies over it,
// and sampled from there: pixel by pixel where the axes are the screen's, else between four
// pixels. Cells, levels and the background know nothing of it, and an upright view costs
// nothing more.

// Upright says whether the picture's rows lie along the screen's, not mirrored.
func (v View) Upright() bool { return v.Turn == 0 && !v.Mirror }

// Doc is the document point under a device point.
func (v View) Doc(x, y float64) (float64, float64) {
	if v.Upright() {
		return v.X + x/v.Scale, v.Y + y/v.Scale
	}
	a, b, c, d := canvas.Axes(v.Turn, v.Mirror)
	return v.X + (a*x+b*y)/v.Scale, v.Y + (c*x+d*y)/v.Scale
}

// turned is where the view shows a rectangle of upright device pixels, rounded outward.
func (v View) turned(r image.Rectangle) image.Rectangle {
	a, b, c, d := canvas.Axes(v.Turn, v.Mirror)
	return around(r, a, c, b, d).Inset(-1)
}

// around is the smallest rectangle that holds r after x, y became a·x + b·y, c·x + d·y.
func around(r image.Rectangle, a, b, c, d float64) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range 4 {
		x, y := float64(r.Min.X+i&1*r.Dx()), float64(r.Min.Y+i>>1*r.Dy())
		x, y = a*x+b*y, c*x+d*y
		x0, y0, x1, y1 = math.Min(x0, x), math.Min(y0, y), math.Max(x1, x), math.Max(y1, y)
	}
	return image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1)))
}

// turned is Render of a view that is not upright.
func (r *Renderer) turned(dst *image.RGBA, rect image.Rectangle, v View, q Quality) (complete bool) {
	a, b, c, d := canvas.Axes(v.Turn, v.Mirror)
	o := v.origin()
	under := around(rect, a, b, c, d).Inset(-1).Add(o) // of the upright plane
	flat := &r.behind
	flat.Pix = resize(flat.Pix, under.Dx()*under.Dy()*4)
	flat.Stride, flat.Rect = under.Dx()*4, image.Rect(0, 0, under.Dx(), under.Dy())
	complete = r.upright(flat, flat.Rect, View{X: float64(under.Min.X) / v.Scale, Y: float64(under.Min.Y) / v.Scale, Scale: v.Scale, W: under.Dx(), H: under.Dy(), Tile: v.Tile}, q, rect == dst.Rect)

	// Positions are in 1/256 of an upright pixel, in whole numbers of the absolute device pixel
	// alone: the parts of a view drawn one by one equal the view drawn at once.
	const one = 1 << 20
	ix, iy, jx, jy := int(math.Round(a*one)), int(math.Round(b*one)), int(math.Round(c*one)), int(math.Round(d*one))
	left, up := (under.Min.X-o.X)<<8, (under.Min.Y-o.Y)<<8
	whole := a*b == 0 || q == Nearest
	inParallel(rect.Dy(), rect.Dx()*rect.Dy()*16, func(lo, hi int) {
		for y := rect.Min.Y + lo; y < rect.Min.Y+hi; y++ {
			out := dst.Pix[dst.PixOffset(rect.Min.X, y):][:rect.Dx()*4]
			x := 2*rect.Min.X + 1
			u, w := ix*x+iy*(2*y+1), jx*x+jy*(2*y+1)
			for i := 0; i < len(out); i, u, w = i+4, u+2*ix, w+2*jx {
				if s, t := u>>13-left, w>>13-up; whole {
					store(out[i:i+4], load(flat.Pix[(t>>8)*flat.Stride+(s>>8)*4:]))
				} else {
					store(out[i:i+4], between4(flat, s-128, t-128))
				}
			}
		}
	})
	return complete
}

// between4 is the picture at a point in 1/256 of a pixel, between the centres of four.
func between4(p *image.RGBA, u, w int) uint32 {
	at := (w>>8)*p.Stride + (u>>8)*4
	x, y := uint64(u&255), uint64(w&255)
	row := func(pix []byte) uint64 {
		l, r := spread(load(pix)), spread(load(pix[4:]))
		return (l<<8 + (r-l)*x + half) >> 8 & lanes
	}
	top, bottom := row(p.Pix[at:at+8:at+8]), row(p.Pix[at+p.Stride:at+p.Stride+8])
	m := (top<<8 + (bottom-top)*y + half) >> 8 & lanes
	return uint32(m) | uint32(m>>24)
}
