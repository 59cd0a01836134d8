// Package blend lays one span of premultiplied pixels over another, in the modes that
// painting programs share. It knows spans of bytes and nothing of tiles or layers.
//
// Pixels are 8-bit RGBA, premultiplied. With s, d source and destination colour, sa, da
// their alphas in 0..1 and B the mode's mixing function on straight colour, every mode is
//
//	d' = s·(1-da) + d·(1-sa) + sa·da·B(d/da, s/sa)      da' = sa + da·(1-sa)
//
// (W3C Compositing and Blending Level 1, sections 5.1 and 10), written here without the
// divisions where there are none in B. The last four modes are Porter and Duff's operators
// (section 9.1), which OpenRaster has among its modes.
//
// Start at Span; modes.go has the mixing functions.
package blend

import "encoding/binary"

// Mode is how a layer mixes with what is below it. The numbers are stored in files.
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
	ColourDodge
	ColourBurn
	HardLight
	SoftLight
	Difference
	Exclusion
	Hue
	Saturation
	Colour
	Luminosity
	SourceAtop
	DestinationIn
	DestinationOut
	DestinationAtop
)

// Modes lists every mode in menu order.
var Modes = []Mode{Normal, Multiply, Darken, ColourBurn, Screen, Lighten, ColourDodge, Add, Overlay, SoftLight, HardLight,
	Difference, Exclusion, Hue, Saturation, Colour, Luminosity, SourceAtop, DestinationIn, DestinationOut, DestinationAtop}

var names = [...]string{"normal", "multiply", "screen", "overlay", "darken", "lighten", "add", "colour dodge", "colour burn",
	"hard light", "soft light", "difference", "exclusion", "hue", "saturation", "colour", "luminosity",
	"source atop", "destination in", "destination out", "destination atop"}

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
	case opacity == 0 && !mode.Clears():
	case mode == Normal && opacity == 255:
		over(dst, src)
	case mode == Normal:
		overScaled(dst, src, uint32(opacity))
	default:
		mixSpan(dst, src, mode, uint32(opacity))
	}
}

// lanes selects every other byte of a word: four numbers of 16 bits that can be
// multiplied by a byte all at once. x·a/255, rounded, is (t + t>>8) >> 8 with
// t = x·a + 128.
const (
	lanes = 0x00ff00ff00ff00ff
	round = 0x0080008000800080
	alphs = 0xff000000ff000000 // the alphas of two pixels
)

// over takes two pixels of src at a time: runs that are clear or opaque are common.
func over(dst, src []uint8) {
	dst = dst[:len(src)]
	i := 0
	for ; i <= len(src)-8; i += 8 {
		s, d := binary.LittleEndian.Uint64(src[i:i+8:i+8]), dst[i:i+8:i+8]
		switch {
		case s == 0:
		case s&alphs == alphs:
			binary.LittleEndian.PutUint64(d, s)
		default:
			binary.LittleEndian.PutUint64(d, s+beneath(binary.LittleEndian.Uint64(d), 255-s>>24&255, 255-s>>56))
		}
	}
	if i < len(src) {
		overPixel(dst[i:], binary.LittleEndian.Uint32(src[i:]))
	}
}

// overScaled is over with src weighted by opacity/255.
func overScaled(dst, src []uint8, opacity uint32) {
	dst = dst[:len(src)]
	w := share(opacity)
	unit := (w<<24 + 127) / 255 // w·alpha/255 without a division for each pixel
	for i := 0; i <= len(src)-4; i += 4 {
		s := binary.LittleEndian.Uint32(src[i : i+4 : i+4])
		if s == 0 {
			continue
		}
		d := dst[i : i+4 : i+4]
		binary.LittleEndian.PutUint32(d, overWeighted(binary.LittleEndian.Uint32(d), s, w, 65536-(uint64(s>>24)*unit+1<<23)>>24))
	}
}

// share is a/255 in units of 1/65536.
func share(a uint32) uint64 { return uint64((a<<16 + 127) / 255) }

// shares are all of them.
var shares = func() (t [256]uint64) {
	for a := range t {
		t[a] = share(uint32(a))
	}
	return t
}()

// overWeighted is s·w + d·v in units of 1/65536; v is 65536 − w·(s's alpha)/255. Sixteen bits of weight and one
// rounding keep it within 0.51 of the exact value, where scaling s first may miss by 1.5.
func overWeighted(d, s uint32, w, v uint64) uint32 {
	const m, half = 0x000000ff000000ff, 0x0000800000008000
	x, y := uint64(s), uint64(d)
	rb := ((x|x<<16)&m*w + (y|y<<16)&m*v + half) >> 16
	ga := ((x>>8|x<<8)&m*w + (y>>8|y<<8)&m*v + half) >> 16
	rb, ga = rb&m, ga&m
	return uint32(rb|rb>>16) | uint32(ga<<8|ga>>8)
}

// beneath weights two pixels by a0/255 and a1/255. The channels of a pixel are spread
// over the lanes of one word, so that one multiplication does for all four.
func beneath(x, a0, a1 uint64) uint64 {
	e, o := x&lanes, x>>8&lanes
	p := (e&0xffffffff|o<<32)*a0 + round
	q := (e>>32|o&^0xffffffff)*a1 + round
	p, q = (p+p>>8&lanes)>>8&lanes, (q+q>>8&lanes)>>8&lanes
	return p&0xffffffff | q<<32 | (p>>32|q&^0xffffffff)<<8
}

func overPixel(dst []uint8, s uint32) {
	d := binary.LittleEndian.Uint32(dst)
	binary.LittleEndian.PutUint32(dst, s+scale(d, 255-s>>24))
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

// Tint lays one premultiplied colour over dst, pixel i weighted by coverage[i]/255. It
// draws the mask overlay.
func Tint(dst, coverage []uint8, colour uint32) {
	n := min(len(dst)/4, len(coverage))
	unit := (uint64(colour>>24)<<24 + 127) / 255
	for i, c := range coverage[:n] {
		if c == 0 {
			continue
		}
		d := dst[i*4 : i*4+4 : i*4+4]
		w := shares[c]
		binary.LittleEndian.PutUint32(d, overWeighted(binary.LittleEndian.Uint32(d), colour, w, 65536-(w*unit+1<<23)>>24))
	}
}
