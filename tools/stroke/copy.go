package stroke

// Over lays premultiplied RGBA pixels of src over base by weight (coverage times strength, as
// in Colour): dst = base·(1 − weight·alpha) + src·weight, rounded once, to nearest.
func Over(dst, base, src []uint8, cov []uint16, strength uint32) {
	const whole = Full * 255
	n := 4 * len(cov)
	dst, base, src = dst[:n], base[:n], src[:n]
	for i, c := range cov {
		w := uint64(weigh(c, strength))
		rest := whole - w*uint64(src[4*i+3])
		for k := 4 * i; k < 4*i+4; k++ {
			dst[k] = uint8((uint64(base[k])*rest + uint64(src[k])*w*255 + whole/2) / whole)
		}
	}
}

// Replace puts premultiplied RGBA pixels of src, transparent ones too, in the place of base by
// weight: dst = base·(1 − weight) + src·weight, rounded once, to nearest.
func Replace(dst, base, src []uint8, cov []uint16, strength uint32) {
	n := 4 * len(cov)
	dst, base, src = dst[:n], base[:n], src[:n]
	for i, c := range cov {
		w := weigh(c, strength)
		for k := 4 * i; k < 4*i+4; k++ {
			dst[k] = uint8(div(uint32(base[k])*(Full-w) + uint32(src[k])*w))
		}
	}
}
