package noise

import "math"

// Variation moves one picture's start noise [channels,height,width] towards that of another
// seed by strength, 0 to 1, in place (A1111's variation seed): spherical interpolation of
// columns, each channel's values at one x taken as a vector over y, as A1111 does it.
func Variation(start, other []float32, channels, height, width int, strength float64) {
	if strength == 0 || len(start) != len(other) || len(start) != channels*height*width {
		return
	}
	for column := range channels * width {
		first := column/width*height*width + column%width
		var aa, bb, ab float64
		for y := range height {
			a, b := float64(start[first+y*width]), float64(other[first+y*width])
			aa, bb, ab = aa+a*a, bb+b*b, ab+a*b
		}
		wa, wb := slerp(ab/math.Sqrt(aa*bb), strength)
		for y := range height {
			i := first + y*width
			start[i] = float32(wa*float64(start[i]) + wb*float64(other[i]))
		}
	}
}

// slerp gives the weights of spherical interpolation (Shoemake 1985) between directions of
// the given cosine; nearly parallel ones are interpolated linearly.
func slerp(cosine, t float64) (a, b float64) {
	if !(math.Abs(cosine) < 0.9995) {
		return 1 - t, t
	}
	angle := math.Acos(cosine)
	return math.Sin((1-t)*angle) / math.Sin(angle), math.Sin(t*angle) / math.Sin(angle)
}
