package stroke

// The laying functions write a row of pixels from the same row as it was before the
// stroke and the coverage of the stroke there. The weight of a pixel is its coverage
// times strength (0..Full); one rounding to 8 bits happens, at the end, to nearest.
// dst, base and cov must hold the same number of pixels; dst may be base.

// Strength is an opacity of 0..1 as the laying functions take it.
func Strength(opacity float64) uint32 { return uint32(clamp(opacity, 0, 1)*Full + 0.5) }

// Mask lays full coverage over a mask: dst = base + (255-base)·weight.
func Mask(dst, base []uint8, cov []uint16, strength uint32) {
	for i, c := range cov {
		a := weigh(c, strength)
		dst[i] = uint8(div(uint32(base[i])*(Full-a) + 255*a))
	}
}

// MaskErase takes coverage out of a mask: dst = base·(1-weight).
func MaskErase(dst, base []uint8, cov []uint16, strength uint32) {
	for i, c := range cov {
		dst[i] = uint8(div(uint32(base[i]) * (Full - weigh(c, strength))))
	}
}

// Colour lays an opaque colour over premultiplied RGBA pixels.
func Colour(dst, base []uint8, cov []uint16, strength uint32, r, g, b uint8) {
	colour := [4]uint32{uint32(r), uint32(g), uint32(b), 255}
	dst, base = dst[:4*len(cov)], base[:4*len(cov)]
	for i, c := range cov {
		a := weigh(c, strength)
		d, s := dst[4*i:4*i+4:4*i+4], base[4*i:4*i+4:4*i+4]
		switch a {
		case 0:
			copy(d, s)
		case Full:
			d[0], d[1], d[2], d[3] = r, g, b, 255
		default:
			rest := Full - a
			d[0] = uint8(div(uint32(s[0])*rest + colour[0]*a))
			d[1] = uint8(div(uint32(s[1])*rest + colour[1]*a))
			d[2] = uint8(div(uint32(s[2])*rest + colour[2]*a))
			d[3] = uint8(div(uint32(s[3])*rest + colour[3]*a))
		}
	}
}

// Erase makes premultiplied RGBA pixels transparent by weight.
func Erase(dst, base []uint8, cov []uint16, strength uint32) {
	dst, base = dst[:4*len(cov)], base[:4*len(cov)]
	for i, c := range cov {
		rest := Full - weigh(c, strength)
		d, s := dst[4*i:4*i+4:4*i+4], base[4*i:4*i+4:4*i+4]
		for j := range d {
			d[j] = uint8(div(uint32(s[j]) * rest))
		}
	}
}

// weigh is c·strength/Full to nearest.
func weigh(c uint16, strength uint32) uint32 {
	if strength == Full {
		return uint32(c)
	}
	return uint32((uint64(c)*uint64(strength) + Full/2) / Full)
}

// div is x/Full to nearest, for x up to 255·Full.
func div(x uint32) uint32 { return (x + Full/2) / Full }
