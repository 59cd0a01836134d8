// Package blend lays one span of premultiplied pixels over another, in the modes that
// painting programs share. It knows spans of bytes and nothing of tiles or layers.
//
// Pixels are 8-bit RGBA, premultiplied. With s, d source and destination colour, sa, da
// their alphas in 0..1 and B the mode's mixing function on straight colour, every mode is
//
//	d' = s·(1-da) + d·(1-sa) + sa·da·B(d/da, s/sa)      da' = sa + da·(1-sa)
//
// (W3C Compositing and Blending Level 1, sections 5.1 and 9), written here without the
// divisions.
package blend

import "encoding/binary"

// Mode is how a layer mixes with what lies beneath it. The numbers are stored in files.
type Mode uint8

// The modes.
const (
	Normal Mode = iota
	Multiply
	Screen
	Overlay
	Darken
	Lighten
	Add
)

// Modes lists every mode in menu order.
var Modes = []Mode{Normal, Multiply, Screen, Overlay, Darken, Lighten, Add}

var names = [...]string{"normal", "multiply", "screen", "overlay", "darken", "lighten", "add"}

// String is the mode's name in lower case.
func (m Mode) String() string {
	if int(m) < len(names) {
		return names[m]
	}
	return "unknown"
}

// Parse finds a mode by its name.
func Parse(name string) (Mode, bool) {
	for i, n := range names {
		if n == name {
			return Mode(i), true
		}
	}
	return Normal, false
}

// Span lays src over dst in place at an opacity of 0..255. Both hold the same number of
// premultiplied RGBA pixels; what exceeds the shorter one is left alone.
func Span(dst, src []uint8, mode Mode, opacity uint8) {
	n := min(len(dst), len(src)) &^ 3
	dst, src = dst[:n], src[:n]
	switch {
	case opacity == 0:
	case mode == Normal && opacity == 255:
		over(dst, src)
	case mode == Normal:
		overScaled(dst, src, uint32(opacity))
	default:
		mixSpan(dst, src, mode, uint32(opacity))
	}
}

// over handles two channels at a time in the halves of one word: x·a/255, rounded, is
// (t + (t>>8 & mask)) >> 8 with t = x·a + 128.
func over(dst, src []uint8) {
	for i := 0; i+4 <= len(src) && i+4 <= len(dst); i += 4 {
		s := binary.LittleEndian.Uint32(src[i:])
		switch s >> 24 {
		case 0:
		case 255:
			binary.LittleEndian.PutUint32(dst[i:], s)
		default:
			d := binary.LittleEndian.Uint32(dst[i:])
			binary.LittleEndian.PutUint32(dst[i:], s+scale(d, 255-s>>24))
		}
	}
}

func overScaled(dst, src []uint8, opacity uint32) {
	for i := 0; i+4 <= len(src) && i+4 <= len(dst); i += 4 {
		s := binary.LittleEndian.Uint32(src[i:])
		if s>>24 == 0 {
			continue
		}
		s = scale(s, opacity)
		d := binary.LittleEndian.Uint32(dst[i:])
		binary.LittleEndian.PutUint32(dst[i:], s+scale(d, 255-s>>24))
	}
}

// scale multiplies the four bytes of x by a/255, rounding to nearest.
func scale(x, a uint32) uint32 {
	const m = 0x00ff00ff
	lo := (x&m)*a + 0x00800080
	hi := (x>>8&m)*a + 0x00800080
	return (lo+(lo>>8&m))>>8&m | (hi+(hi>>8&m))&^m
}

// Scale multiplies a premultiplied pixel (little-endian RGBA word) by a/255.
func Scale(pixel uint32, a uint8) uint32 { return scale(pixel, uint32(a)) }

// Tint lays one premultiplied colour over dst, pixel i weighted by coverage[i]·opacity.
// It draws the mask overlay.
func Tint(dst, coverage []uint8, colour uint32) {
	n := min(len(dst)/4, len(coverage))
	for i := 0; i < n; i++ {
		c := coverage[i]
		if c == 0 {
			continue
		}
		s := scale(colour, uint32(c))
		d := binary.LittleEndian.Uint32(dst[i*4:])
		binary.LittleEndian.PutUint32(dst[i*4:], s+scale(d, 255-s>>24))
	}
}

// mixSpan is the general form, in units of 255² to keep the products exact.
func mixSpan(dst, src []uint8, mode Mode, opacity uint32) {
	mix := mixers[mode%Mode(len(mixers))]
	for i := 0; i+4 <= len(src) && i+4 <= len(dst); i += 4 {
		s := binary.LittleEndian.Uint32(src[i:])
		if opacity != 255 {
			s = scale(s, opacity)
		}
		sa, da := int(s>>24), int(dst[i+3])
		if sa == 0 {
			continue
		}
		for c := 0; c < 3; c++ {
			sc, dc := int(s>>(8*c)&255), int(dst[i+c])
			v := sc*(255-da) + dc*(255-sa) + mix(dc, sc, da, sa)
			dst[i+c] = uint8(min(max((v+127)/255, 0), 255))
		}
		a := sa + int(scale(uint32(da), uint32(255-sa)))
		dst[i+3] = uint8(a)
		for c := 0; c < 3; c++ { // rounding may lift a channel above its alpha by one
			dst[i+c] = min(dst[i+c], uint8(a))
		}
	}
}

// mixers hold sa·da·B(d, s) for premultiplied d, s in 0..255; the result is in 0..255².
var mixers = [...]func(d, s, da, sa int) int{
	Normal:   func(d, s, da, sa int) int { return s * da },
	Multiply: func(d, s, da, sa int) int { return s * d },
	Screen:   func(d, s, da, sa int) int { return s*da + d*sa - s*d },
	Overlay: func(d, s, da, sa int) int {
		if 2*d <= da {
			return 2 * s * d
		}
		return sa*da - 2*(da-d)*(sa-s)
	},
	Darken:  func(d, s, da, sa int) int { return min(s*da, d*sa) },
	Lighten: func(d, s, da, sa int) int { return max(s*da, d*sa) },
	Add:     func(d, s, da, sa int) int { return min(s*da+d*sa, sa*da) },
}
