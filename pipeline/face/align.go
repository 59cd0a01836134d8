package face

import (
	"image"
	"math"
)

// Template is where the five places of a face lie in a square of a side, pixels.
type Template struct {
	Side float64
	Five [5]Point
}

// FFHQ is the square of networks that were trained on FFHQ's faces at 512 pixels (GFPGAN, CodeFormer,
// RestoreFormer, GPEN): facexlib's five places (github.com/xinntao/facexlib, MIT).
var FFHQ = Template{512, [5]Point{{192.98138, 239.94708}, {318.90277, 240.1936}, {256.63416, 314.01935}, {201.26117, 371.41043}, {313.08905, 371.15118}}}

// ArcFace is the square of networks that know faces, 112 pixels: the five places of insightface
// (Deng et al., ArcFace, 2019).
var ArcFace = Template{112, [5]Point{{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}}}

// Scaled is the template in a square of another side.
func (t Template) Scaled(side int) Template {
	k := float64(side) / t.Side
	out := Template{Side: float64(side)}
	for i, p := range t.Five {
		out.Five[i] = Point{p.X * k, p.Y * k}
	}
	return out
}

// Similarity brings places of a picture to those of a square: it scales, turns and shifts them,
// (A·x − B·y + X, B·x + A·y + Y), and never mirrors.
type Similarity struct{ A, B, X, Y float64 }

// Onto is the similarity with the least squares between a face's places and the template's
// (Umeyama 1991, without reflections).
func (t Template) Onto(f Face) Similarity {
	var from, to Point
	for i := range f.Five {
		from, to = Point{from.X + f.Five[i].X/5, from.Y + f.Five[i].Y/5}, Point{to.X + t.Five[i].X/5, to.Y + t.Five[i].Y/5}
	}
	var a, b, all float64
	for i := range f.Five {
		x, y := f.Five[i].X-from.X, f.Five[i].Y-from.Y
		u, v := t.Five[i].X-to.X, t.Five[i].Y-to.Y
		a, b, all = a+x*u+y*v, b+x*v-y*u, all+x*x+y*y
	}
	s := Similarity{A: a / all, B: b / all}
	s.X, s.Y = to.X-s.A*from.X+s.B*from.Y, to.Y-s.B*from.X-s.A*from.Y
	return s
}

// To is where a place of the picture lies in the square.
func (s Similarity) To(p Point) Point { return Point{s.A*p.X - s.B*p.Y + s.X, s.B*p.X + s.A*p.Y + s.Y} }

// Scale is how many pixels of the square one of the picture becomes.
func (s Similarity) Scale() float64 { return math.Hypot(s.A, s.B) }

// Back is the similarity from the square to the picture.
func (s Similarity) Back() Similarity {
	n := s.A*s.A + s.B*s.B
	a, b := s.A/n, -s.B/n
	return Similarity{a, b, -a*s.X + b*s.Y, -b*s.X - a*s.Y}
}

// Shifted is the similarity from places counted from another origin of the picture.
func (s Similarity) Shifted(origin image.Point) Similarity {
	p := s.To(Point{float64(origin.X), float64(origin.Y)})
	return Similarity{s.A, s.B, p.X, p.Y}
}

// Bounds holds every pixel of the picture that the square of a side touches.
func (s Similarity) Bounds(w, h int) image.Rectangle {
	back, x, y := s.Back(), float64(w), float64(h)
	low, high := corners([]Point{back.To(Point{}), back.To(Point{x, 0}), back.To(Point{0, y}), back.To(Point{x, y})})
	return image.Rect(int(math.Floor(low.X)), int(math.Floor(low.Y)), int(math.Ceil(high.X)), int(math.Ceil(high.Y)))
}

// Around is the rectangle of a picture that holds a face and some of what lies around it: what an
// upscaler is shown, whose pixels are the picture's own.
func (f Face) Around(in image.Rectangle) image.Rectangle {
	all, beside := f.Outline, 0.2*f.Size()
	if all == nil {
		all, beside = f.Five[:], 0.8*f.Size()
	}
	low, high := corners(all)
	return image.Rect(int(math.Floor(low.X-beside)), int(math.Floor(low.Y-beside)), int(math.Ceil(high.X+beside)), int(math.Ceil(high.Y+beside))).Intersect(in)
}

// corners are the upper left and the lower right one of the rectangle about all places.
func corners(all []Point) (low, high Point) {
	low, high = Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, p := range all {
		low, high = Point{math.Min(low.X, p.X), math.Min(low.Y, p.Y)}, Point{math.Max(high.X, p.X), math.Max(high.Y, p.Y)}
	}
	return low, high
}
