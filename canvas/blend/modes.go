package blend

import (
	"encoding/binary"
	"math"
)

// one is full alpha of a source that was weighted by an opacity.
const one = 255 * 255

// Clears says whether the mode takes away what is below where the source is clear.
func (m Mode) Clears() bool { return m == DestinationIn || m == DestinationAtop }

// Plain says whether the mode mixes colours, rather than being one of Porter and Duff's.
func (m Mode) Plain() bool { return m < SourceAtop }

// Atop lays src over dst where dst is, and keeps dst's alpha: a layer that is clipped to the
// one below. With sa, da, B as above, d' = d·(1-sa) + sa·da·B(d/da, s/sa) (section 9.1.4.10). Porter
// and Duff's own modes are as in Span.
func Atop(dst, src []uint8, mode Mode, opacity uint8) {
	n := min(len(dst), len(src)) &^ 3
	if !mode.Plain() {
		Span(dst, src, mode, opacity)
	} else if opacity > 0 {
		mixAll(dst[:n], src[:n], mode, uint32(opacity), true)
	}
}

func mixSpan(dst, src []uint8, mode Mode, opacity uint32) {
	if mode.Plain() {
		mixAll(dst, src, mode, opacity, false)
	} else {
		compose(dst, src, mode, opacity)
	}
}

// mixAll is the general form. The source, weighted by the opacity, is in 0..255², the
// products in 0..255³, and there is one rounding at the end.
func mixAll(dst, src []uint8, mode Mode, opacity uint32, atop bool) {
	dst = dst[:len(src)]
	for i := 0; i <= len(src)-4; i += 4 {
		s := binary.LittleEndian.Uint32(src[i : i+4 : i+4])
		if s>>24 == 0 {
			continue
		}
		p := dst[i : i+4 : i+4]
		d := binary.LittleEndian.Uint32(p)
		sa, da := s>>24*opacity, d>>24
		sr, sg, sb := s&255*opacity, s>>8&255*opacity, s>>16&255*opacity
		dr, dg, db := d&255, d>>8&255, d>>16&255
		var r, g, b uint32
		if mode < Hue {
			r, g, b = mix(mode, sr, dr, sa, da), mix(mode, sg, dg, sa, da), mix(mode, sb, db, sa, da)
		} else {
			r, g, b = mixColours(mode, [3]uint32{sr, sg, sb}, [3]uint32{dr, dg, db}, sa, da)
		}
		a, over := da, uint32(0)
		if !atop {
			a, over = (sa*(255-da)+da*one+one/2)/one, 255-da
		}
		r = (sr*over + dr*(one-sa) + r + one/2) / one
		g = (sg*over + dg*(one-sa) + g + one/2) / one
		b = (sb*over + db*(one-sa) + b + one/2) / one
		// rounding may lift a channel above its alpha by one
		binary.LittleEndian.PutUint32(p, min(r, a)|min(g, a)<<8|min(b, a)<<16|a<<24)
	}
}

// compose are Porter and Duff's operators (section 9.1.4): a share of the source and a share
// of the destination.
func compose(dst, src []uint8, mode Mode, opacity uint32) {
	for i := 0; i <= len(src)-4; i += 4 {
		sa, da := uint32(src[i+3])*opacity, uint32(dst[i+3])
		var fs, fd uint32 // in 0..255 and 0..255²
		switch mode {
		case SourceAtop:
			fs, fd = da, one-sa
		case DestinationIn:
			fd = sa
		case DestinationOut:
			fd = one - sa
		case DestinationAtop:
			fs, fd = 255-da, sa
		}
		for c := range 4 {
			dst[i+c] = uint8((uint32(src[i+c])*opacity*fs + uint32(dst[i+c])*fd + one/2) / one)
		}
		for c := range 3 {
			dst[i+c] = min(dst[i+c], dst[i+3])
		}
	}
}

// mix is sa·da·B(d, s) for one channel (section 10.1): premultiplied s, sa in 0..255², d, da in 0..255.
func mix(mode Mode, s, d, sa, da uint32) uint32 {
	switch mode {
	case Multiply:
		return s * d
	case Screen:
		return s*da + d*sa - s*d
	case Overlay: // hard light with the two exchanged
		if 2*d <= da {
			return 2 * s * d
		}
		return sa*da - 2*(da-d)*(sa-s)
	case HardLight:
		if 2*s <= sa {
			return 2 * s * d
		}
		return sa*da - 2*(da-d)*(sa-s)
	case Darken:
		return min(s*da, d*sa)
	case Lighten:
		return max(s*da, d*sa)
	case Add:
		return min(s*da+d*sa, sa*da)
	case ColourDodge:
		switch {
		case d == 0:
			return 0
		case s >= sa:
			return sa * da
		}
		return uint32(min(uint64(sa)*uint64(da), uint64(d)*uint64(sa)*uint64(sa)/uint64(sa-s)))
	case ColourBurn:
		switch {
		case d >= da:
			return sa * da
		case s == 0:
			return 0
		}
		return sa*da - uint32(min(uint64(sa)*uint64(da), uint64(da-d)*uint64(sa)*uint64(sa)/uint64(s)))
	case SoftLight:
		return softLight(s, d, sa, da)
	case Difference:
		return max(s*da, d*sa) - min(s*da, d*sa)
	case Exclusion:
		return s*da + d*sa - 2*s*d
	}
	return s * da
}

func softLight(s, d, sa, da uint32) uint32 {
	if da == 0 {
		return 0
	}
	cs, cb := float64(s)/float64(sa), float64(d)/float64(da)
	var v float64
	switch {
	case cs <= 0.5:
		v = cb - (1-2*cs)*cb*(1-cb)
	case cb <= 0.25:
		v = cb + (2*cs-1)*(((16*cb-12)*cb+4)*cb-cb)
	default:
		v = cb + (2*cs-1)*(math.Sqrt(cb)-cb)
	}
	return weighted(v, sa, da)
}

func weighted(v float64, sa, da uint32) uint32 {
	return uint32(min(max(v, 0), 1)*float64(sa)*float64(da) + 0.5)
}

// mixColours is sa·da·B for the modes that look at all three channels (section 10.2).
func mixColours(mode Mode, s, d [3]uint32, sa, da uint32) (r, g, b uint32) {
	if da == 0 {
		return 0, 0, 0
	}
	var cs, cb [3]float64
	for c := range cs {
		cs[c], cb[c] = float64(s[c])/float64(sa), float64(d[c])/float64(da)
	}
	var v [3]float64
	switch mode {
	case Hue:
		v = withLuminosity(withSaturation(cs, saturation(cb)), luminosity(cb))
	case Saturation:
		v = withLuminosity(withSaturation(cb, saturation(cs)), luminosity(cb))
	case Colour:
		v = withLuminosity(cs, luminosity(cb))
	case Luminosity:
		v = withLuminosity(cb, luminosity(cs))
	}
	return weighted(v[0], sa, da), weighted(v[1], sa, da), weighted(v[2], sa, da)
}

func luminosity(c [3]float64) float64 { return 0.3*c[0] + 0.59*c[1] + 0.11*c[2] }

func saturation(c [3]float64) float64 { return max(c[0], c[1], c[2]) - min(c[0], c[1], c[2]) }

// withLuminosity is SetLum: the colour moved to another luminosity, then drawn towards grey
// until it can be shown (ClipColor).
func withLuminosity(c [3]float64, l float64) [3]float64 {
	by := l - luminosity(c)
	for i := range c {
		c[i] += by
	}
	lo, hi := min(c[0], c[1], c[2]), max(c[0], c[1], c[2])
	for i := range c {
		if lo < 0 {
			c[i] = l + (c[i]-l)*l/(l-lo)
		}
		if hi > 1 {
			c[i] = l + (c[i]-l)*(1-l)/(hi-l)
		}
	}
	return c
}

// withSaturation is SetSat: the lowest channel becomes 0, the highest s, the one between
// keeps its place.
func withSaturation(c [3]float64, s float64) [3]float64 {
	lo, hi := min(c[0], c[1], c[2]), max(c[0], c[1], c[2])
	if hi == lo {
		return [3]float64{}
	}
	for i := range c {
		c[i] = (c[i] - lo) * s / (hi - lo)
	}
	return c
}
