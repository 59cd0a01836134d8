package chroma

import "image"

// stretch is how many pixels of a row have their chroma made at a time.
const stretch = 256

// JPEG writes the pixels x0 ≤ x < x1 of row y, 4 bytes each, opaque, to dst. x and y are m's
// coordinates, inside m.Rect; m is full-range YCbCr (JFIF 1.02). The result is libjpeg's: 16
// bits of fraction, rounded. It runs for every pixel of every photo.
func JPEG(m *image.YCbCr, x0, x1, y int, dst []byte) {
	var blue, red [stretch]byte
	for ; x0 < x1; x0 += stretch {
		n := min(stretch, x1-x0)
		cbs, crs, luma := blue[:n], red[:n], m.Y[m.YOffset(x0, y):][:n]
		rowJPEG(m, x0, x0+n, y, cbs, crs)
		for i, d := 0, dst; i < n && len(d) >= 4; i, d = i+1, d[4:] {
			l, cb, cr := int32(luma[i])<<16+1<<15, int32(cbs[i])-128, int32(crs[i])-128
			r, g, b := l+91881*cr, l-22554*cb-46802*cr, l+116130*cb
			if uint32(r|g|b)&0xff000000 == 0 {
				d[0], d[1], d[2], d[3] = uint8(r>>16), uint8(g>>16), uint8(b>>16), 255
			} else {
				d[0], d[1], d[2], d[3] = clip24(r), clip24(g), clip24(b), 255
			}
		}
		dst = dst[4*n:]
	}
}

// WebP is JPEG for lossy WebP, whose YCbCr is in BT.601 studio range.
func WebP(m *image.YCbCr, x0, x1, y int, dst []byte) {
	var cb, cr [stretch]byte
	for ; x0 < x1; x0 += stretch {
		n := min(stretch, x1-x0)
		rowWebP(m, x0, x0+n, y, cb[:n], cr[:n])
		for i, l := range m.Y[m.YOffset(x0, y):][:n] {
			d := dst[4*i : 4*i+4 : 4*i+4]
			d[0], d[1], d[2] = bt601(int32(l), int32(cb[i]), int32(cr[i]))
			d[3] = 255
		}
		dst = dst[4*n:]
	}
}

// bt601 converts studio-range YCbCr (16..235, 16..240) with 14-bit coefficients of
// ITU-R BT.601, rounded as the WebP specification's reference decoder does.
func bt601(y, u, v int32) (r, g, b uint8) {
	l := y * 19077 >> 8
	return clip14(l + v*26149>>8 - 14234), clip14(l - u*6419>>8 - v*13320>>8 + 8708), clip14(l + u*33050>>8 - 17685)
}

// clip14 takes 14 bits (8 and 6 of fraction) to 8.
func clip14(v int32) uint8 { return uint8(max(0, min(255, v>>6))) }

// clip24 takes 24 bits (8 and 16 of fraction) to 8.
func clip24(v int32) uint8 {
	if uint32(v)&0xff000000 == 0 {
		return uint8(v >> 16)
	}
	return uint8(^(v >> 31))
}
