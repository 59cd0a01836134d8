package stroke

import "math"

// interval of x in one row; empty where lo > hi.
type interval struct{ lo, hi float64 }

var (
	everything = interval{math.Inf(-1), math.Inf(1)}
	nothing    = interval{math.Inf(1), math.Inf(-1)}
)

// disc is the row dy below the centre of a disc at cx.
func disc(cx, dy, radius float64) interval {
	if radius < 0 || math.Abs(dy) > radius {
		return nothing
	}
	half := math.Sqrt(float64(radius*radius) - float64(dy*dy))
	return interval{cx - half, cx + half}
}

// cut keeps the part where slope·x + at ≥ 0.
func (v *interval) cut(slope, at float64) {
	switch {
	case slope > 0:
		v.lo = math.Max(v.lo, -at/slope)
	case slope < 0:
		v.hi = math.Min(v.hi, -at/slope)
	case at < 0:
		*v = nothing
	}
}

// join grows to hold o as well, and what is between.
func (v *interval) join(o interval) {
	switch {
	case o.lo > o.hi:
	case v.lo > v.hi:
		*v = o
	default:
		v.lo, v.hi = math.Min(v.lo, o.lo), math.Max(v.hi, o.hi)
	}
}
