package face

import (
	"image"
	"math"

	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// Square is a picture of three channels from 0 to 1, interleaved.
type Square struct {
	W, H int
	Pix  []float32
}

func newSquare(w, h int) *Square { return &Square{w, h, make([]float32, 3*w*h)} }

// SquareOf is a picture as it is; its upper left corner becomes the origin, transparent pixels grey as far
// as they are transparent.
func SquareOf(img *image.NRGBA) *Square {
	s := newSquare(img.Rect.Dx(), img.Rect.Dy())
	pixels.InParallel(s.H, func(y int) {
		for x := range s.W {
			p := img.Pix[y*img.Stride+4*x:][:4]
			a := float32(p[3]) / 255
			for c := range 3 {
				s.Pix[3*(y*s.W+x)+c] = float32(p[c])/255*a + 0.5*(1-a)
			}
		}
	})
	return s
}

// Cut is the square of a side that the similarity brings the picture's pixels to. Beyond the picture
// its border is continued. Where the picture shrinks, several places of a pixel are averaged.
func (s Similarity) Cut(img *image.NRGBA, side int) *Square {
	place := s.Shifted(image.Point{}).Bounds(side, side).Inset(-4).Intersect(img.Rect)
	if place.Empty() {
		return newSquare(side, side)
	}
	from := SquareOf(pixels.Crop(img, place))
	return from.turned(s.Shifted(place.Min).Back(), side, side)
}

// turned is the picture w × h whose places back brings to places of s.
func (s *Square) turned(back Similarity, w, h int) *Square {
	out := newSquare(w, h)
	n := min(max(int(math.Ceil(back.Scale()-0.01)), 1), 16)
	pixels.InParallel(h, func(y int) {
		for x := range w {
			var sum [3]float32
			for i := range n * n {
				p := back.To(Point{float64(x) + (float64(i%n)+0.5)/float64(n), float64(y) + (float64(i/n)+0.5)/float64(n)})
				s.add(p, 1, &sum)
			}
			for c := range 3 {
				out.Pix[3*(y*w+x)+c] = sum[c] / float32(n*n)
			}
		}
	})
	return out
}

// add adds a share of the colour at a place by Catmull and Rom's cubic; the border is continued.
func (s *Square) add(p Point, share float32, sum *[3]float32) {
	x, y := p.X-0.5, p.Y-0.5
	if !(math.Abs(x) < 1e6 && math.Abs(y) < 1e6) {
		return
	}
	x0, y0 := math.Floor(x), math.Floor(y)
	wx, wy := cubic(float32(x-x0)), cubic(float32(y-y0))
	for j := range 4 {
		v := min(max(int(y0)+j-1, 0), s.H-1)
		for i := range 4 {
			if k := share * wx[i] * wy[j]; k != 0 {
				u := min(max(int(x0)+i-1, 0), s.W-1)
				q := s.Pix[3*(v*s.W+u):][:3]
				sum[0], sum[1], sum[2] = sum[0]+k*q[0], sum[1]+k*q[1], sum[2]+k*q[2]
			}
		}
	}
}

// cubic are the weights of four neighbours for a place t behind the second (Catmull and Rom 1974).
func cubic(t float32) [4]float32 {
	return [4]float32{
		((-0.5*t+1)*t - 0.5) * t,
		(1.5*t-2.5)*t*t + 1,
		((-1.5*t+2)*t + 0.5) * t,
		(0.5*t - 0.5) * t * t,
	}
}

// Tensor is the picture [1,3,H,W] with 0 to 1 brought to low to high.
func (s *Square) Tensor(low, high float32) *tensor.Tensor {
	t := tensor.New(1, 3, s.H, s.W)
	n := s.W * s.H
	for i := range n {
		for c := range 3 {
			t.Data[c*n+i] = low + (high-low)*s.Pix[3*i+c]
		}
	}
	return t
}

// Made is Tensor's reverse, held within 0 and 1.
func Made(t *tensor.Tensor, low, high float32) *Square {
	s := newSquare(t.Shape[3], t.Shape[2])
	n := s.W * s.H
	for i := range n {
		for c := range 3 {
			s.Pix[3*i+c] = min(max((t.Data[c*n+i]-low)/(high-low), 0), 1)
		}
	}
	return s
}
