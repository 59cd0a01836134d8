package harmony

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
)

const (
	darkest    = 0.75 // of 1: no shadow in daylight is black
	thinnest   = 0.08 // of the layer's height: what a shadow to the side is high
	contact    = 0.2  // of the layer's height: what of it darkens the ground that it touches
	foot       = 0.1  // of the layer's height: how far above its lowest row it stands
	mostShadow = 1 << 20
)

// Shadow is how dark the ground is around the layer, 0..255 of black, with the bounds where
// it is at all; nil for none. It is made of two: the outline laid down on the ground from the
// layer's lowest row on, lighter the farther it is from there, and the dark line where the
// layer touches the ground. None falls where nothing is below.
func (s *Scene) Shadow(l Look) *image.Alpha {
	strength := part(l.Shadow, l.Strength)
	if strength == 0 || s.box.Empty() {
		return nil
	}
	c := s.cast(l)
	r := c.reach().Intersect(s.below.Rect)
	if r.Empty() {
		return nil
	}
	step := 1
	for r.Dx()/step*(r.Dy()/step) > mostShadow {
		step++
	}
	size := image.Rect(0, 0, r.Dx()/step+2, r.Dy()/step+2)
	fallen, touching := image.NewAlpha(size), image.NewAlpha(size)
	pixels.InParallel(size.Dy(), func(y int) {
		for x := range size.Dx() {
			at := image.Pt(r.Min.X+x*step, r.Min.Y+y*step)
			fallen.Pix[y*fallen.Stride+x] = c.fallen(at)
			touching.Pix[y*touching.Stride+x] = c.touching(at)
		}
	})
	soft := c.soft / float64(step)
	fallen, touching = region.Tent(fallen, int(2*soft+0.5)), region.Tent(touching, int(soft+0.5))
	out := image.NewAlpha(r)
	pixels.InParallel(r.Dy(), func(y int) {
		for x := range r.Dx() {
			fx, fy := float64(x)/float64(step), float64(y)/float64(step)
			a, b := between(fallen, fx, fy)/255, between(touching, fx, fy)/255
			dark := darkest * strength * (1 - (1-a)*(1-b))
			below := float64(s.below.Pix[s.below.PixOffset(r.Min.X+x, r.Min.Y+y)+3])
			out.Pix[y*out.Stride+x] = uint8(dark*below + 0.5)
		}
	})
	return out
}

// cast is a shadow's shape.
type cast struct {
	*Scene
	base int     // the row on which the layer stands
	dx   float64 // pixels to the right for each pixel of height
	dy   float64 // down
	soft float64 // pixels
}

func (s *Scene) cast(l Look) cast {
	sin, cos := math.Sincos(l.Direction * math.Pi / 180)
	c := cast{Scene: s, base: s.box.Max.Y - int(foot*float64(s.box.Dy())), dx: l.Length * sin, dy: -l.Length * cos, soft: s.shorter() * min(max(l.Softness, 0), 1)}
	if math.Abs(c.dy) < thinnest {
		c.dy = math.Copysign(thinnest, c.dy)
	}
	return c
}

// reach is where the shadow may be.
func (c *cast) reach() image.Rectangle {
	high := float64(c.base - c.box.Min.Y)
	r := c.box.Union(image.Rectangle{
		Min: c.box.Min.Add(image.Pt(int(min(c.dx*high, 0)), 0)),
		Max: c.box.Max.Add(image.Pt(int(max(c.dx*high, 0)), int(max(c.dy*high, 0)))),
	})
	r.Min.Y = min(r.Min.Y, c.base+int(min(c.dy*high, 0)))
	return r.Inset(-int(2*c.soft) - 2)
}

// fallen is the outline that has fallen on the ground, at a place.
func (c *cast) fallen(at image.Point) uint8 {
	high := (float64(at.Y-c.base) + 0.5) / c.dy
	if high < 0 || high >= float64(c.base-c.box.Min.Y) {
		return 0
	}
	x, y := at.X-int(math.Round(c.dx*high)), c.base-1-int(high)
	return uint8(float64(c.cover.AlphaAt(x, y).A) * (1 - 0.75*high/float64(c.box.Dy())))
}

// touching is the lowest part of the layer.
func (c *cast) touching(at image.Point) uint8 {
	at.Y -= int(c.soft / 4)
	high := float64(c.box.Max.Y-at.Y) / max(contact*float64(c.box.Dy()), 1)
	if high < 0 || high >= 1 {
		return 0
	}
	return uint8(float64(c.cover.AlphaAt(at.X, at.Y).A) * (1 - high*high))
}

// between reads a mask between its pixels.
func between(m *image.Alpha, x, y float64) float64 {
	x0, y0 := int(x), int(y)
	fx, fy := x-float64(x0), y-float64(y0)
	x1, y1 := min(x0+1, m.Rect.Max.X-1), min(y0+1, m.Rect.Max.Y-1)
	at := func(x, y int) float64 { return float64(m.Pix[y*m.Stride+x]) }
	return (at(x0, y0)*(1-fx)+at(x1, y0)*fx)*(1-fy) + (at(x0, y1)*(1-fx)+at(x1, y1)*fx)*fy
}
