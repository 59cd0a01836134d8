package kra

import "io"

// lzf fills dst with what src packs (LZF, Marc Lehmann): a byte below 32 is that many and one
// more bytes as they are; others are a length and a distance back.
func lzf(dst, src []byte) error {
	n := 0
	for len(src) > 0 && n < len(dst) {
		c := int(src[0])
		src = src[1:]
		if c < 32 {
			c++
			if c > len(src) || c > len(dst)-n {
				return io.ErrUnexpectedEOF
			}
			n += copy(dst[n:], src[:c])
			src = src[c:]
			continue
		}
		size := c >> 5
		if size == 7 {
			if len(src) < 1 {
				return io.ErrUnexpectedEOF
			}
			size += int(src[0])
			src = src[1:]
		}
		size += 2
		if len(src) < 1 {
			return io.ErrUnexpectedEOF
		}
		from := n - (c&31)<<8 - int(src[0]) - 1
		src = src[1:]
		if from < 0 || size > len(dst)-n {
			return io.ErrUnexpectedEOF
		}
		for range size { // may overlap what it writes
			dst[n] = dst[from]
			n, from = n+1, from+1
		}
	}
	if n < len(dst) {
		return io.ErrUnexpectedEOF
	}
	return nil
}
