package colour

import (
	"math"
	"slices"

	"github.com/kovidgoyal/imaging/prism/meta/icc"
)

// shaper is a space of three curves and a matrix: a channel's light, measured through the
// library, is a share of what it gives at full.
type shaper struct {
	light   [3][]float64 // by the channel's value, curvePoints from 0 to 1, rising from 0 to 1
	bytes   [3][256]float64
	primary matrix // columns: XYZ of a channel at full
}

const curvePoints = 4097

// shaperOf measures a profile; nil where its channels do not add up.
func shaperOf(p *icc.Profile) *shaper {
	pipe, err := p.CreateTransformerToPCS(intent, 3, true)
	if err != nil || p.Header.ProfileConnectionSpace != icc.ColorSpaceXYZ {
		return nil
	}
	xyz := func(r, g, b float64) [3]float64 {
		x, y, z := pipe.Transform(r, g, b)
		return [3]float64{x, y, z}
	}
	alone := func(c int, v float64) [3]float64 {
		var in [3]float64
		in[c] = v
		return xyz(in[0], in[1], in[2])
	}
	s := &shaper{}
	for c := range 3 {
		full := alone(c, 1)
		strong := 0
		for k, v := range full {
			s.primary[k][c] = v
			if v > full[strong] {
				strong = k
			}
		}
		if full[strong] <= 0 {
			return nil
		}
		share := func(v float64) float64 { return min(max(alone(c, v)[strong]/full[strong], 0), 1) }
		s.light[c] = make([]float64, curvePoints)
		for i := range s.light[c] {
			s.light[c][i] = share(float64(i) / (curvePoints - 1))
			if i > 0 { // one that falls cannot be gone back
				s.light[c][i] = max(s.light[c][i], s.light[c][i-1])
			}
		}
		for i := range s.bytes[c] {
			s.bytes[c][i] = share(float64(i) / 255)
		}
	}
	for i := range 27 { // do they add up?
		v := [3]float64{float64(i%3) / 2, float64(i/3%3) / 2, float64(i/9) / 2}
		got := xyz(v[0], v[1], v[2])
		var want [3]float64
		for c := range 3 {
			for k, x := range alone(c, v[c]) {
				want[k] += x
			}
		}
		for k := range got {
			if math.Abs(got[k]-want[k]) > 1e-3 {
				return nil
			}
		}
	}
	return s
}

// into is the conversion to another such space; nil: its primaries span none.
func (s *shaper) into(to *shaper) *Conversion {
	inv, ok := to.primary.inverse()
	if !ok {
		return nil
	}
	m := inv.mul(s.primary)
	c := &Conversion{adds: new([3][256][4]float32), levels: new([3][steps]uint8)}
	for ch := range 3 {
		for v, light := range s.bytes[ch] {
			for k := range 3 {
				c.adds[ch][v][k] = float32(m[k][ch] * light)
			}
		}
		for i := range c.levels[ch][1:] { // the first is black
			c.levels[ch][i+1] = level(value(to.light[ch], light(i+1)))
		}
	}
	return c
}

// value is the channel's value that gives so much light.
func value(light []float64, x float64) float64 {
	i, _ := slices.BinarySearch(light, x)
	switch {
	case i == 0:
		return 0
	case i == len(light):
		return 1
	}
	a, b := light[i-1], light[i]
	part := 1.0
	if b > a {
		part = (x - a) / (b - a)
	}
	return (float64(i-1) + part) / float64(len(light)-1)
}
