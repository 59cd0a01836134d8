package stroke

import "encoding/binary"

// The laying functions write a row of pixels from the same row as it was before the
// stroke and the coverage of the stroke there. The weight of a pixel is its coverage
// times strength (0..Full); one rounding to 8 bits happens, at the end, to nearest.
// dst, base and cov must hold the same number of pixels; dst may be base.

// Strength is an opacity of 0..1 as the laying functions take it.
func Strength(opacity float64) uint32 { return uint32(clamp(opacity, 0, 1)*Full + 0.5) }

// MaskErase takes coverage out of a mask: dst = base·(1-weight).
func MaskErase(dst, base []uint8, cov []uint16, strength uint32) {
	dst, base = dst[:len(cov)], base[:len(cov)]
	for i, c := range cov {
		dst[i] = uint8(div(uint32(base[i]) * (Full - weigh(c, strength))))
	}
}

// Level lays a value over a mask: dst = base + (value-base)·weight.
func Level(dst, base []uint8, cov []uint16, strength uint32, value uint8) {
	dst, base = dst[:len(cov)], base[:len(cov)]
	for i, c := range cov {
		a := weigh(c, strength)
		dst[i] = uint8(div(uint32(base[i])*(Full-a) + uint32(value)*a))
	}
}

// Atop lays an opaque colour over premultiplied RGBA pixels as far as they are there: their
// alpha stays.
func Atop(dst, base []uint8, cov []uint16, strength uint32, r, g, b uint8) {
	dst, base = dst[:4*len(cov)], base[:4*len(cov)]
	for i, c := range cov {
		a, alpha := uint64(weigh(c, strength)), uint64(base[4*i+3])
		for k, v := range [3]uint8{r, g, b} {
			mixed := uint64(base[4*i+k])*255*(Full-a) + uint64(v)*alpha*a
			dst[4*i+k] = uint8(min((mixed+255*Full/2)/(255*Full), alpha))
		}
		dst[4*i+3] = uint8(alpha)
	}
}

// Colour lays an opaque colour over premultiplied RGBA pixels.
func Colour(dst, base []uint8, cov []uint16, strength uint32, r, g, b uint8) {
	pixel := uint32(r) | uint32(g)<<8 | uint32(b)<<16 | 255<<24
	even, odd := lanes(pixel)
	dst, base = dst[:4*len(cov)], base[:4*len(cov)]
	for i, c := range cov {
		a := uint64(weigh(c, strength))
		if a == Full {
			binary.LittleEndian.PutUint32(dst[4*i:], pixel)
			continue
		}
		e, o := lanes(binary.LittleEndian.Uint32(base[4*i:]))
		binary.LittleEndian.PutUint32(dst[4*i:], join(e*(Full-a)+even*a, o*(Full-a)+odd*a))
	}
}

// Erase makes premultiplied RGBA pixels transparent by weight.
func Erase(dst, base []uint8, cov []uint16, strength uint32) {
	dst, base = dst[:4*len(cov)], base[:4*len(cov)]
	for i, c := range cov {
		rest := uint64(Full - weigh(c, strength))
		e, o := lanes(binary.LittleEndian.Uint32(base[4*i:]))
		binary.LittleEndian.PutUint32(dst[4*i:], join(e*rest, o*rest))
	}
}

// lanes spreads a pixel's four channels over the 32-bit halves of two words, so that two
// channels are weighted by one multiplication.
func lanes(pixel uint32) (even, odd uint64) {
	const bytes = 0x000000ff_000000ff
	p := uint64(pixel)
	return (p | p<<16) & bytes, (p>>8 | p<<8) & bytes
}

// join divides every lane by Full, to nearest, and puts the pixel together again.
func join(even, odd uint64) uint32 {
	const (
		half  = (Full/2 + 1) * 0x00000001_00000001 // with the 1 that the division adds
		carry = 0x0000ffff_0000ffff
		bytes = 0x000000ff_000000ff
	)
	even += half
	even = (even + ((even-0x00000001_00000001)>>16)&carry) >> 16 & bytes
	odd += half
	odd = (odd + ((odd-0x00000001_00000001)>>16)&carry) >> 16 & bytes
	return uint32(even | even>>16 | odd<<8 | odd>>8)
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
