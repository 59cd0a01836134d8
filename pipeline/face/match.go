package face

import "math"

// Match gives a square the mean and the spread of another's colours where a mask of its size is, in CIE L*a*b* (Reinhard
// et al., Color Transfer between Images, 2001, there in lαβ), as far as share says.
func Match(made, like *Square, mask []float32, share float64) {
	if share <= 0 {
		return
	}
	is, want := statistics(made, mask), statistics(like, mask)
	for i := range made.W * made.H {
		p := made.Pix[3*i:][:3]
		v := labOf(p)
		for c := range 3 {
			k := 1.0
			if is[c].spread > 1e-3 { // of a flat one noise would be made
				k = math.Min(math.Max(want[c].spread/is[c].spread, 0.5), 2)
			}
			v[c] += share * ((v[c]-is[c].mean)*k + want[c].mean - v[c])
		}
		rgbOf(v, p)
	}
}

type statistic struct{ mean, spread float64 }

// statistics are those of each channel of L*a*b*, weighted by a mask.
func statistics(s *Square, mask []float32) (out [3]statistic) {
	var all float64
	var sum, squares [3]float64
	for i, m := range mask {
		if m == 0 {
			continue
		}
		all += float64(m)
		for c, v := range labOf(s.Pix[3*i:]) {
			sum[c], squares[c] = sum[c]+float64(m)*v, squares[c]+float64(m)*v*v
		}
	}
	if all == 0 {
		return out
	}
	for c := range out {
		mean := sum[c] / all
		out[c] = statistic{mean, math.Sqrt(math.Max(squares[c]/all-mean*mean, 0))}
	}
	return out
}

// The primaries of sRGB (IEC 61966-2-1) by the white D65: rows are X, Y and Z by white's.
var (
	toXYZ   = [3][3]float64{{0.4339499, 0.3762098, 0.1898403}, {0.2126729, 0.7151522, 0.0721750}, {0.0177566, 0.1094680, 0.8727754}}
	fromXYZ = inverse(toXYZ)
)

// labOf is a colour of sRGB, 0 to 1, in L*a*b*.
func labOf(p []float32) (out [3]float64) {
	var f [3]float64
	for r := range 3 {
		v := 0.0
		for c := range 3 {
			v += toXYZ[r][c] * linear(float64(p[c]))
		}
		if f[r] = 7.787037*v + 16.0/116; v > 216.0/24389 {
			f[r] = math.Cbrt(v)
		}
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

// rgbOf is labOf's reverse, held within 0 and 1.
func rgbOf(v [3]float64, to []float32) {
	f := [3]float64{(v[0]+16)/116 + v[1]/500, (v[0] + 16) / 116, (v[0]+16)/116 - v[2]/200}
	for r, t := range f {
		if f[r] = (t - 16.0/116) / 7.787037; t > 6.0/29 {
			f[r] = t * t * t
		}
	}
	for c := range 3 {
		x := fromXYZ[c][0]*f[0] + fromXYZ[c][1]*f[1] + fromXYZ[c][2]*f[2]
		to[c] = float32(math.Min(math.Max(curved(x), 0), 1))
	}
}

func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func curved(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// inverse is that of a 3 × 3 matrix, by its cofactors.
func inverse(m [3][3]float64) (out [3][3]float64) {
	det := 0.0
	for i := range 3 {
		for j := range 3 {
			a, b, c, d := m[(j+1)%3][(i+1)%3], m[(j+2)%3][(i+2)%3], m[(j+1)%3][(i+2)%3], m[(j+2)%3][(i+1)%3]
			out[i][j] = a*b - c*d
		}
		det += m[0][i] * out[i][0]
	}
	for i := range 3 {
		for j := range 3 {
			out[i][j] /= det
		}
	}
	return out
}
