package stroke

import "math"

// falloff is the brush's profile: coverage over the distance from the centre. Inside
// inner it is Full, outside outer it is 0, between them it follows a table. A hard edge
// is one pixel wide and straight, which is what area sampling gives; wide edges follow
// 3u²-2u³, which starts and ends without a kink.
type falloff struct {
	hardness float64
	byDist   []uint16 // over u = 0..1 from inner to outer; made when first needed
	// bySquare is the same over the squared distance, from inner² to outer², for a brush
	// of the full radius: the pixel loops need no square root. Entry 0 is exact at the
	// start, the others at the middle of their range.
	bySquare           [steps]uint16
	squareIn           float64 // where bySquare starts: inner², or 0 where inner is negative
	perPixel           float64 // entries of bySquare per squared pixel
	inner, outer, soft float64
}

// steps of the tables: fine enough that neighbours differ by less than 8 bits show.
const steps = 4096

func newFalloff(radius, hardness float64) *falloff {
	f := &falloff{hardness: hardness}
	f.inner, f.outer = f.edges(radius)
	f.soft = clamp((f.outer-f.inner-1)/3, 0, 1)
	in := math.Max(f.inner, 0)
	f.squareIn = in * in
	f.perPixel = steps / (float64(f.outer*f.outer) - f.squareIn)
	f.bySquare[0] = f.profile((in - f.inner) / (f.outer - f.inner))
	for i := 1; i < steps; i++ {
		dist := math.Sqrt(f.squareIn + (float64(i)+0.5)/f.perPixel)
		f.bySquare[i] = f.profile((dist - f.inner) / (f.outer - f.inner))
	}
	return f
}

func (f *falloff) profile(u float64) uint16 {
	u = clamp(u, 0, 1)
	smooth := u * u * (3 - 2*u)
	return uint16(math.Round((1 - u + float64(f.soft*(u-smooth))) * Full))
}

// at is the coverage at a distance from the centre of a brush of any radius, with the
// profile of the full one.
func (f *falloff) at(dist, radius, opacity float64) uint16 {
	if f.byDist == nil {
		f.byDist = make([]uint16, steps+1)
		for i := range f.byDist {
			f.byDist[i] = f.profile(float64(i) / steps)
		}
	}
	inner, outer := f.edges(radius)
	u := clamp((dist-inner)/(outer-inner)*steps, 0, steps)
	return uint16(math.Round(float64(f.byDist[int(u+0.5)]) * opacity))
}

// edges are the radii at which the profile leaves Full and reaches 0. They lie at least
// one pixel apart, so that edges are antialiased; of a soft brush narrower than that
// not even the centre is Full.
func (f *falloff) edges(radius float64) (inner, outer float64) {
	outer = radius + f.hardness/2
	return math.Min(f.hardness*radius, outer-1), outer
}
