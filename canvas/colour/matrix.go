package colour

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Chromaticities are the xy of white, red, green and blue.
type Chromaticities [8]float64

// SRGBPrimaries and P3 are the primaries of sRGB and of Display P3, white at D65.
var (
	SRGBPrimaries = Chromaticities{0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06}
	P3            = Chromaticities{0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}
	BT2020        = Chromaticities{0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046}
)

// Gamma is the curve of a power as an ICC tag has it.
func Gamma(power float64) []byte {
	return fixed([]byte("para\x00\x00\x00\x00\x00\x00\x00\x00"), power)
}

// SRGBCurve is the curve of sRGB as an ICC tag has it.
func SRGBCurve() []byte {
	return fixed([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)
}

// Brightness of the white of paper on a screen, and of the brightest that PQ and HLG have, in
// nits (ITU-R BT.2408; BT.2100 with a screen of 1000).
const (
	paper, brightestPQ, brightestHLG = 203, 10000, 1000
)

// PQ is the ICC profile of BT.2100 PQ, and HLG of its hybrid log-gamma with the system's gamma
// taken channel by channel. White is that of paper: brighter light is beyond 1 and is cut off
// by whoever has no place for it. name is how the profile calls itself, code the number of the
// primaries (ITU-T H.273), which the profile says beside them (CICP).
func PQ(name string, c Chromaticities, code byte) []byte {
	const m1, m2, c1, c2, c3 = 2610. / 16384, 2523. / 32, 3424. / 4096, 2413. / 128, 2392. / 128
	return matrixOf(name, c, table(func(v float64) float64 {
		p := math.Pow(v, 1/m2)
		return math.Pow(max(p-c1, 0)/(c2-c3*p), 1/m1)
	}), float64(brightestPQ)/paper, tag{cicp, []byte{'c', 'i', 'c', 'p', 0, 0, 0, 0, code, 16, 0, 1}})
}

// HLG is described at PQ.
func HLG(name string, c Chromaticities, code byte) []byte {
	const a, b, c0, gamma = 0.17883277, 0.28466892, 0.55991073, 1.2
	return matrixOf(name, c, table(func(v float64) float64 {
		light := v * v / 3
		if v > 0.5 {
			light = (math.Exp((v-c0)/a) + b) / 12
		}
		return math.Pow(light, gamma)
	}), float64(brightestHLG)/paper, tag{cicp, []byte{'c', 'i', 'c', 'p', 0, 0, 0, 0, code, 18, 0, 1}})
}

// table is a curve as an ICC tag of 4096 values has it.
func table(curve func(float64) float64) []byte {
	const n = 4096
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), n)
	for i := range n {
		v := curve(float64(i) / (n - 1))
		b = binary.BigEndian.AppendUint16(b, uint16(math.Round(min(max(v, 0), 1)*65535)))
	}
	return b
}

// Matrix is the ICC profile of a space with the given primaries and curve (Gamma, SRGBCurve,
// or a profile's own tag); nil where the primaries span none.
func Matrix(name string, c Chromaticities, curve []byte) []byte { return matrixOf(name, c, curve, 1) }

// matrixOf is Matrix with primaries that are gain times as bright, and with more tags.
func matrixOf(name string, c Chromaticities, curve []byte, gain float64, more ...tag) []byte {
	m, ok := c.toD50()
	if !ok {
		return nil
	}
	xyz := func(col int) []byte {
		return fixed([]byte("XYZ \x00\x00\x00\x00"), gain*m[0][col], gain*m[1][col], gain*m[2][col])
	}
	text := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	text = binary.BigEndian.AppendUint32(text, uint32(2*len(name)))
	text = binary.BigEndian.AppendUint32(text, 28)
	for _, b := range []byte(name) { // ASCII as UTF-16
		text = append(text, 0, b)
	}
	white := fixed([]byte("XYZ \x00\x00\x00\x00"), d50[0], d50[1], d50[2])
	return assemble(append([]tag{{"desc", text}, {"wtpt", white}, {"rXYZ", xyz(0)}, {"gXYZ", xyz(1)}, {"bXYZ", xyz(2)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve}}, more...))
}

// cicp is the tag of H.273's numbers (ICC.1:2022, 9.2.17).
const cicp = "cicp"

// CICP are the numbers that a profile says beside its curves: primaries, transfer, matrix,
// full range; nil for none.
func CICP(profile []byte) []byte {
	if check(profile) != nil {
		return nil
	}
	for i := range int(binary.BigEndian.Uint32(profile[128:])) {
		e := profile[132+12*i:]
		at, size := binary.BigEndian.Uint32(e[4:]), binary.BigEndian.Uint32(e[8:])
		if string(e[:4]) == cicp && size >= 12 {
			return bytes.Clone(profile[at+8 : at+12])
		}
	}
	return nil
}

// OfGrey is an RGB profile that shows grey pixels as a grey profile does; nil where the
// profile has no curve of its own.
func OfGrey(profile []byte) []byte {
	if check(profile) != nil || Channels(profile) != 1 {
		return nil
	}
	for i := range int(binary.BigEndian.Uint32(profile[128:])) {
		e := profile[132+12*i:]
		at, size := binary.BigEndian.Uint32(e[4:]), binary.BigEndian.Uint32(e[8:])
		if string(e[:4]) == "kTRC" {
			return Matrix(Name(profile), SRGBPrimaries, profile[at:at+size])
		}
	}
	return nil
}

type tag struct {
	name string
	data []byte
}

// assemble writes a display profile of version 4.
func assemble(tags []tag) []byte {
	head := make([]byte, 128)
	copy(head[8:], "\x04\x30\x00\x00mntrRGB XYZ ")
	copy(head[36:], "acsp")
	fixed(head[:68], d50[:]...)
	table, data := binary.BigEndian.AppendUint32(nil, uint32(len(tags))), []byte(nil)
	start := 128 + 4 + 12*len(tags)
	for _, t := range tags {
		table = append(table, t.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(start+len(data)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(t.data)))
		for data = append(data, t.data...); len(data)%4 != 0; {
			data = append(data, 0)
		}
	}
	out := append(append(head, table...), data...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// fixed appends numbers as s15Fixed16.
func fixed(b []byte, values ...float64) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}

var d50 = [3]float64{0.9642, 1, 0.8249}

type matrix [3][3]float64

// toD50 is the matrix from linear RGB to XYZ, adapted to D50 by Bradford.
func (c Chromaticities) toD50() (matrix, bool) {
	var p matrix // columns: XYZ of the primaries at Y = 1
	for i := range 3 {
		x, y := c[2+2*i], c[3+2*i]
		if y <= 0 {
			return p, false
		}
		p[0][i], p[1][i], p[2][i] = x/y, 1, (1-x-y)/y
	}
	if c[1] <= 0 {
		return p, false
	}
	white := [3]float64{c[0] / c[1], 1, (1 - c[0] - c[1]) / c[1]}
	inv, ok := p.inverse()
	if !ok {
		return p, false
	}
	s := inv.times(white)
	for r := range 3 {
		for i := range 3 {
			p[r][i] *= s[i]
		}
	}
	cone := matrix{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}
	was, is := cone.times(white), cone.times(d50)
	scaled := cone
	for r := range 3 {
		for i := range 3 {
			scaled[r][i] *= is[r] / was[r]
		}
	}
	uncone, _ := cone.inverse()
	return uncone.mul(scaled).mul(p), true
}

func (m matrix) times(v [3]float64) (out [3]float64) {
	for r := range 3 {
		out[r] = m[r][0]*v[0] + m[r][1]*v[1] + m[r][2]*v[2]
	}
	return out
}

func (m matrix) mul(o matrix) (out matrix) {
	for r := range 3 {
		for c := range 3 {
			out[r][c] = m[r][0]*o[0][c] + m[r][1]*o[1][c] + m[r][2]*o[2][c]
		}
	}
	return out
}

func (m matrix) inverse() (out matrix, ok bool) {
	minor := func(r, c int) float64 {
		a, b, d, e := (r+1)%3, (r+2)%3, (c+1)%3, (c+2)%3
		return m[a][d]*m[b][e] - m[a][e]*m[b][d]
	}
	det := m[0][0]*minor(0, 0) + m[0][1]*minor(0, 1) + m[0][2]*minor(0, 2)
	if det > -1e-9 && det < 1e-9 {
		return out, false
	}
	for r := range 3 {
		for c := range 3 {
			out[c][r] = minor(r, c) / det
		}
	}
	return out, true
}
