package canvas

import "math"

// Axes says where a view that is mirrored (left and right) and then turned clockwise by an
// angle in degrees shows a document's axes: a step of x, y pixels goes by
// (a·x + c·y, b·x + d·y) on the screen, and back by (a·x + b·y, c·x + d·y). At right angles the
// numbers are whole.
func Axes(turn float64, mirror bool) (a, b, c, d float64) {
	sin, cos := math.Sincos(turn * math.Pi / 180)
	if quarter := math.Round(turn / 90); quarter*90 == turn {
		sin, cos = math.Round(sin), math.Round(cos)
	}
	a, b, c, d = cos, sin, -sin, cos
	if mirror {
		a, b = -a, -b
	}
	return a, b, c, d
}
