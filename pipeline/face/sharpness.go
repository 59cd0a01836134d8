package face

import "math"

// lossless is what a face may lose of its colours, on the mean (root of squares, 0 to 1), by being
// reduced and enlarged again: less is not seen.
const lossless = 1.6 / 255

// Reducible is the largest of the factors 1, 2 and 3 by which a square can be made smaller and larger
// again without a visible loss: a picture that was enlarged before, which an upscaler can only
// sharpen when it is given it small.
func Reducible(s *Square) int {
	for _, by := range []int{3, 2} {
		if s.W/by >= 16 && s.H/by >= 16 && s.loss(by) <= lossless {
			return by
		}
	}
	return 1
}

// loss is what is lost by reducing and enlarging again.
func (s *Square) loss(by int) float64 {
	w, h := s.W/by, s.H/by
	k := float64(by)
	small := s.turned(Similarity{A: k}, w, h)
	again := small.turned(Similarity{A: 1 / k}, w*by, h*by)
	sum, n := 0.0, 0
	for y := h / 8; y < h*by-h/8; y++ {
		for x := w / 8; x < w*by-w/8; x++ {
			for c := range 3 {
				d := float64(s.Pix[3*(y*s.W+x)+c] - again.Pix[3*(y*again.W+x)+c])
				sum, n = sum+d*d, n+1
			}
		}
	}
	return math.Sqrt(sum / float64(max(n, 1)))
}
