package adjust

import "math"

// Shift is one range of colours in Hues: the turn of the hue in degrees, −180..180, and
// saturation and lightness, −1..1.
type Shift struct{ Hue, Saturation, Lightness float64 }

// Hues change colours in HSL: All applies to every colour, Range i to those within 60° of
// the hue i·60° (reds, yellows, greens, cyans, blues, magentas), less the further away.
type Hues struct {
	All   Shift
	Range [6]Shift
}

// Change is what these Hues do. Colours are taken to HSL and back as in Smith, "Color gamut
// transform pairs", SIGGRAPH 1978 (the bi-hexcone). Saturation is multiplied by 1 + s,
// lightness goes s of the way to black or white.
func (h Hues) Change() *Change {
	if h == (Hues{}) {
		return &Change{}
	}
	return &Change{Grey: true, Together: func(rgb [3]float64) [3]float64 {
		hue, s, l := ToHSL(rgb)
		t := h.All
		if s > 0 {
			sector := int(hue / 60)
			f := hue/60 - float64(sector)
			a, b := h.Range[sector%6], h.Range[(sector+1)%6]
			t.Hue += a.Hue*(1-f) + b.Hue*f
			t.Saturation += a.Saturation*(1-f) + b.Saturation*f
			t.Lightness += a.Lightness*(1-f) + b.Lightness*f
		}
		if t == (Shift{}) {
			return rgb
		}
		hue = math.Mod(hue+t.Hue+1080, 360)
		s = min(max(s*(1+t.Saturation), 0), 1)
		if t.Lightness = min(max(t.Lightness, -1), 1); t.Lightness < 0 {
			l *= 1 + t.Lightness
		} else {
			l += (1 - l) * t.Lightness
		}
		return FromHSL(hue, s, l)
	}}
}

// ToHSL is a colour's hue in degrees, 0 ≤ h < 360 (0 for grey), saturation and lightness.
func ToHSL(c [3]float64) (h, s, l float64) {
	hi, lo := max(c[0], c[1], c[2]), min(c[0], c[1], c[2])
	l = (hi + lo) / 2
	d := hi - lo
	if d == 0 {
		return 0, 0, l
	}
	s = d / (1 - math.Abs(hi+lo-1))
	switch hi {
	case c[0]:
		h = math.Mod((c[1]-c[2])/d+6, 6)
	case c[1]:
		h = (c[2]-c[0])/d + 2
	default:
		h = (c[0]-c[1])/d + 4
	}
	if h *= 60; h >= 360 {
		h = 0
	}
	return h, s, l
}

// FromHSL is the colour of a hue in degrees, a saturation and a lightness.
func FromHSL(h, s, l float64) [3]float64 {
	a := s * min(l, 1-l)
	at := func(n float64) float64 {
		k := math.Mod(n+h/30, 12)
		return l - a*max(min(k-3, 9-k, 1), -1)
	}
	return [3]float64{at(0), at(8), at(4)}
}

// Contrast is brightness and contrast, −1..1 each.
type Contrast struct{ Brightness, Contrast float64 }

// Change is what they do: brightness goes b of the way to black or white, then contrast
// turns the line about the middle to a slope of tan((c + 1)·π/4), from 0 to upright, as
// GIMP's manual, 8.9.3, describes.
func (b Contrast) Change() *Change {
	c := &Change{Grey: true}
	if b == (Contrast{}) {
		return c
	}
	slope := math.Tan((min(b.Contrast, 0.999) + 1) * math.Pi / 4)
	at := func(v float64) float64 {
		if b.Brightness < 0 {
			v *= 1 + b.Brightness
		} else {
			v += (1 - v) * b.Brightness
		}
		return min(max((v-0.5)*slope+0.5, 0), 1)
	}
	c.Each = [3]func(float64) float64{at, at, at}
	return c
}

// Invert turns every channel round.
func Invert() *Change {
	at := func(v float64) float64 { return 1 - v }
	return &Change{Each: [3]func(float64) float64{at, at, at}, Grey: true}
}

// Desaturate makes colours grey by their luma of ITU-R BT.709: 0.2126 R + 0.7152 G + 0.0722 B
// of the encoded values.
func Desaturate() *Change {
	return &Change{Grey: true, Together: func(c [3]float64) [3]float64 {
		if c[0] == c[1] && c[1] == c[2] {
			return c
		}
		y := 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
		return [3]float64{y, y, y}
	}}
}
