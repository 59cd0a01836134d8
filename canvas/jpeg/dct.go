package jpeg

import "math"

// zigzag is the order in which coefficients are written, places in natural order (T.81, 3.6).
var zigzag = [64]int{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// quantTables are those of T.81, K.1, for luma and chroma, in natural order.
var quantTables = [2][64]uint8{{
	16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
	18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
}, {
	17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
	99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
}}

// scaled is a table at a quality of 1 to 100, by the rule of the IJG's library.
func scaled(table [64]uint8, quality int) (out [64]uint8) {
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	for i, v := range table {
		out[i] = uint8(min(max((int(v)*scale+50)/100, 1), 255))
	}
	return out
}

// divisorsOf are what transformed samples are multiplied by: one by the quantum, and by the
// factors that transform leaves out.
func divisorsOf(quant [64]uint8) (out [64]float32) {
	var factor [8]float64
	for k := range factor {
		factor[k] = math.Sqrt2 * math.Cos(float64(k)*math.Pi/16)
	}
	factor[0] = 1
	for i, q := range quant {
		out[i] = float32(1 / (float64(q) * factor[i/8] * factor[i%8] * 8))
	}
	return out
}

// transform is the DCT of 8×8 samples by Arai, Agui and Nakajima (1988), but for a factor of
// each coefficient, which divisorsOf has.
func transform(s *[64]float32) {
	for i := 0; i < 64; i += 8 {
		r := (*[8]float32)(s[i : i+8])
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = line(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
	}
	for i := range 8 {
		s[i], s[i+8], s[i+16], s[i+24], s[i+32], s[i+40], s[i+48], s[i+56] =
			line(s[i], s[i+8], s[i+16], s[i+24], s[i+32], s[i+40], s[i+48], s[i+56])
	}
}

// line transforms eight samples.
func line(v0, v1, v2, v3, v4, v5, v6, v7 float32) (o0, o1, o2, o3, o4, o5, o6, o7 float32) {
	const c2, c4, c6 = 0.92387953251, 0.70710678119, 0.38268343236 // cos(kπ/16)
	t0, t7 := v0+v7, v0-v7
	t1, t6 := v1+v6, v1-v6
	t2, t5 := v2+v5, v2-v5
	t3, t4 := v3+v4, v3-v4

	a0, a3, a1, a2 := t0+t3, t0-t3, t1+t2, t1-t2
	z1 := (a2 + a3) * c4
	o0, o4, o2, o6 = a0+a1, a0-a1, a3+z1, a3-z1

	a0, a1, a2 = t4+t5, t5+t6, t6+t7
	z5 := (a0 - a2) * c6
	z2, z4, z3 := (c2-c6)*a0+z5, (c2+c6)*a2+z5, a1*c4
	z11, z13 := t7+z3, t7-z3
	return o0, z11 + z4, o2, z13 - z2, o4, z13 + z2, o6, z11 - z4
}
