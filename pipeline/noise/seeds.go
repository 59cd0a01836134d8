package noise

import "math"

// Batch draws the start noise of a batch of pictures of n values each: picture i comes from
// seed+i, so that each can be made again alone. The sources are returned for the draws
// that follow.
func Batch(kind Kind, seed int64, pictures, n int) ([]float32, []Source) {
	out, sources := make([]float32, 0, pictures*n), make([]Source, pictures)
	for i := range sources {
		sources[i] = New(kind, seed+int64(i))
		out = append(out, sources[i].Normal(n)...)
	}
	return out, sources
}

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

// Centre lays the noise of a smaller or larger picture [channels,fromHeight,fromWidth] over
// the middle of start [channels,height,width], in place (A1111's "resize seed from"): the
// composition of a seed survives a change of size.
func Centre(start []float32, channels, height, width int, from []float32, fromHeight, fromWidth int) {
	if len(start) != channels*height*width || len(from) != channels*fromHeight*fromWidth {
		return
	}
	dx, dy := floorHalf(width-fromWidth), floorHalf(height-fromHeight)
	// where it is larger by an odd number, the rounding drops one more row or column
	w, h := fromWidth+2*min(dx, 0), fromHeight+2*min(dy, 0)
	for c := range channels {
		for y := range h {
			to := (c*height+y+max(dy, 0))*width + max(dx, 0)
			at := (c*fromHeight+y+max(-dy, 0))*fromWidth + max(-dx, 0)
			copy(start[to:to+w], from[at:at+w])
		}
	}
}

// floorHalf is half of n, rounded down for negatives too.
func floorHalf(n int) int { return n >> 1 }

// slerp gives the weights of spherical interpolation (Shoemake 1985) between directions of
// the given cosine; nearly parallel ones are interpolated linearly.
func slerp(cosine, t float64) (a, b float64) {
	if !(math.Abs(cosine) < 0.9995) {
		return 1 - t, t
	}
	angle := math.Acos(cosine)
	return math.Sin((1-t)*angle) / math.Sin(angle), math.Sin(t*angle) / math.Sin(angle)
}
