package infill

import (
	"image"
	"math"
)

// frame is a copy of the picture at another scale, a further place to copy from. Below
// the picture a level may hold several; a match there is a match of another size, which
// is what perspective asks for. frames[0] is the picture itself.
//
// Coordinates of the scaled picture are those of the picture times scale; at is where the
// kept part is in the level, from is the scaled coordinate of at's upper left pixel.
type frame struct {
	scale scale
	at    image.Rectangle
	from  image.Point
}

// scales are tried when the picture may be in perspective.
var scales = []scale{{0.8, 0.8}, {0.9, 0.9}, {1.11, 1.11}, {1.25, 1.25}, {0.81, 0.9}, {1.23, 1.11}, {0.9, 0.81}, {1.11, 1.23}}

// scale stretches a picture along x and y.
type scale struct{ x, y float64 }

// otherScale is the extra cost of a match in another scale, in quarters: resampling takes
// noise away, so such patches look better than they are.
const otherScale = 1

// withFrames is a copy of a plain level with frames below the picture. parts[k] is the
// part wanted of list[k] in scaled coordinates, empty for none.
func (l *level) withFrames(list []scale, parts []image.Rectangle) *level {
	w, h := l.w, l.h
	var fs []frame
	for k, r := range parts {
		all := image.Rect(0, 0, int(float64(l.pw)*list[k].x), int(float64(l.ph)*list[k].y))
		if r = r.Intersect(all); r.Dx() < side || r.Dy() < side {
			continue
		}
		fs = append(fs, frame{list[k], image.Rect(pad, h, pad+r.Dx(), h+r.Dy()), r.Min})
		h += r.Dy() + 1 // a row of nothing between frames
		w = max(w, r.Dx()+2*pad)
	}
	d := &level{w: w, h: h + pad, pw: l.pw, ph: l.ph}
	n := d.w * d.h
	d.pix, d.state = make([]uint64, n), make([]state, n)
	if l.alpha != nil {
		d.alpha = make([]uint8, n)
	}
	for y := range l.h {
		copy(d.pix[y*d.w:], l.pix[y*l.w:][:l.w])
		copy(d.state[y*d.w:], l.state[y*l.w:][:l.w])
		if l.alpha != nil {
			copy(d.alpha[y*d.w:], l.alpha[y*l.w:][:l.w])
		}
	}
	d.frames = append([]frame{{scale{1, 1}, image.Rect(pad, pad, pad+l.pw, pad+l.ph), image.Point{}}}, fs...)
	d.frameAt = make([]uint8, d.h)
	for k, f := range d.frames[1:] {
		d.drawFrame(f)
		for y := f.at.Min.Y; y < f.at.Max.Y; y++ {
			d.frameAt[y] = uint8(k + 1)
		}
	}
	return d
}

// drawFrame resamples the known pixels bilinearly; what touches the hole stays nothing.
func (l *level) drawFrame(f frame) {
	for y := range f.at.Dy() {
		v := (float64(f.from.Y+y)+0.5)/f.scale.y - 0.5
		for x := range f.at.Dx() {
			u := (float64(f.from.X+x)+0.5)/f.scale.x - 0.5
			i := (f.at.Min.Y+y)*l.w + f.at.Min.X + x
			if l.sample(i, l, u, v); l.state[i] == hole {
				l.state[i] = nothing
			}
		}
	}
}

// frameOf is the frame that holds anchor m.
func (l *level) frameOf(m int32) *frame { return &l.frames[l.frameAt[int(m)/l.w]] }

// scaled gives the scaled coordinates of anchor m in its frame.
func (l *level) scaled(m int32) (f *frame, x, y int) {
	f = l.frameOf(m)
	return f, int(m)%l.w - f.at.Min.X + f.from.X, int(m)/l.w - f.at.Min.Y + f.from.Y
}

// anchor is the inverse of scaled, -1 outside the frame.
func (l *level) anchor(f *frame, x, y int) int32 {
	p := image.Pt(x, y).Sub(f.from).Add(f.at.Min)
	if !p.In(f.at) {
		return -1
	}
	return int32(p.Y*l.w + p.X)
}

// hop is the anchor in another frame, picked by h, of the patch with the same centre.
func (l *level) hop(m int32, h uint64) int32 {
	f, x, y := l.scaled(m)
	g := &l.frames[h%uint64(len(l.frames))]
	const middle = (side - 1) / 2.0
	x = int(math.Round((float64(x)+middle)*g.scale.x/f.scale.x - middle))
	y = int(math.Round((float64(y)+middle)*g.scale.y/f.scale.y - middle))
	return l.anchor(g, x, y)
}

// used is the part of each frame's scaled coordinates that matches lie in, doubled for
// the next finer level, with some room for refinement.
func (l *level) used() (list []scale, parts []image.Rectangle) {
	parts = make([]image.Rectangle, len(l.frames))
	for _, a := range l.targets {
		_, x, y := l.scaled(l.match[a])
		k := l.frameAt[int(l.match[a])/l.w]
		parts[k] = parts[k].Union(image.Rect(x, y, x+side, y+side))
	}
	for k := range parts {
		list = append(list, l.frames[k].scale)
		if r := parts[k]; !r.Empty() {
			parts[k] = image.Rectangle{r.Min.Mul(2), r.Max.Mul(2)}.Inset(-12)
		}
	}
	return list[1:], parts[1:]
}
