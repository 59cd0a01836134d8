package harmony

import (
	"image"
	"math"
	"slices"

	"pentimento/pipeline/pixels"
)

// toning moves colours from the layer's statistics to those of its surroundings, in OKLab.
type toning struct {
	from, shift, gain [3]float64
	some              bool // false: there was nothing to measure
}

// The limits of what toning does at most: a red ball on grass must not become a green one.
const (
	mostLight  = 0.25 // of L, 0..1
	mostColour = 0.04 // of a and b
	mostGain   = 1.3
)

// leastMeasured is how many pixels must be seen, of the layer and around it.
const leastMeasured = 64

// measure compares the layer with what is under it and around it, as far as a quarter of
// its longer side.
func (s *Scene) measure() (t toning) {
	around := max(s.box.Dx(), s.box.Dy())/4 + 16
	own := sample(s.box, func(x, y int) ([3]uint8, bool) {
		i := s.layer.PixOffset(x, y)
		return [3]uint8(s.layer.Pix[i : i+3]), s.cover.AlphaAt(x, y).A >= 128
	})
	other := sample(s.box.Inset(-around).Intersect(s.below.Rect), func(x, y int) ([3]uint8, bool) {
		i := s.below.PixOffset(x, y)
		return [3]uint8(s.below.Pix[i : i+3]), s.below.Pix[i+3] >= 128
	})
	if len(own[0]) < leastMeasured || len(other[0]) < leastMeasured {
		return t
	}
	t.some = true
	for k, most := range [3]float64{mostLight, mostColour, mostColour} {
		mean, dev := robust(own[k])
		toMean, toDev := robust(other[k])
		t.from[k], t.gain[k] = mean, 1
		t.shift[k] = most * math.Tanh((toMean-mean)/most)
		if dev > 1e-3 {
			t.gain[k] = min(max(toDev/dev, 1/mostGain), mostGain)
		}
	}
	return t
}

// sample reads at most some 40,000 pixels of r, on a grid, as OKLab.
func sample(r image.Rectangle, at func(x, y int) ([3]uint8, bool)) (out [3][]float64) {
	step := max(1, int(math.Sqrt(float64(r.Dx())*float64(r.Dy())/40000)))
	for y := r.Min.Y; y < r.Max.Y; y += step {
		for x := r.Min.X; x < r.Max.X; x += step {
			if c, ok := at(x, y); ok {
				for k, v := range toLab(c) {
					out[k] = append(out[k], v)
				}
			}
		}
	}
	return out
}

// robust is the mean of the middle four fifths of some values, and the deviation that a
// normal distribution of that width has: specular lights and a hole of black don't count.
func robust(v []float64) (mean, dev float64) {
	slices.Sort(v)
	lo, hi := len(v)/10, len(v)-1-len(v)/10
	for _, x := range v[lo : hi+1] {
		mean += x
	}
	return mean / float64(hi+1-lo), (v[hi] - v[lo]) / 2.5631
}

// pixel is a colour wholly moved, 0..255 and not rounded.
func (t *toning) pixel(c [3]uint8) [3]float64 {
	if !t.some {
		return [3]float64{float64(c[0]), float64(c[1]), float64(c[2])}
	}
	lab := toLab(c)
	for k := range lab {
		lab[k] = t.from[k] + t.shift[k] + t.gain[k]*(lab[k]-t.from[k])
	}
	return fromLab(lab)
}

// toLab is a colour of sRGB in OKLab.
func toLab(c [3]uint8) [3]float64 {
	return pixels.OKLab(pixels.Light[c[0]], pixels.Light[c[1]], pixels.Light[c[2]])
}

// fromLab is its inverse, 0..255 and cut to what sRGB has.
func fromLab(c [3]float64) [3]float64 {
	v := pixels.FromOKLab(c)
	return [3]float64{encode(v[0]), encode(v[1]), encode(v[2])}
}

// encodeSteps: between so many places the curve is straight within 0.01 of 255.
const encodeSteps = 1 << 12

var encoded = func() (t [encodeSteps + 2]float64) {
	for i := range t {
		t[i] = 255 * pixels.Encoded(float64(i)/encodeSteps)
	}
	return t
}()

// encode is linear light in sRGB, 0..255 and not rounded.
func encode(v float64) float64 {
	v = min(max(v, 0), 1) * encodeSteps
	i := int(v)
	return encoded[i] + (v-float64(i))*(encoded[i+1]-encoded[i])
}
