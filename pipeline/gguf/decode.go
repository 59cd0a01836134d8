package gguf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Type is a kind of values; the numbers are those of ggml's enum ggml_type.
type Type uint32

// The kinds that are read.
const (
	F32    Type = 0
	F16    Type = 1
	Q4_0   Type = 2
	Q4_1   Type = 3
	Q5_0   Type = 6
	Q5_1   Type = 7
	Q8_0   Type = 8
	Q2_K   Type = 10
	Q3_K   Type = 11
	Q4_K   Type = 12
	Q5_K   Type = 13
	Q6_K   Type = 14
	Q8_K   Type = 15
	IQ4_NL Type = 20
	IQ4_XS Type = 23
	I8     Type = 24
	I16    Type = 25
	I32    Type = 26
	I64    Type = 27
	F64    Type = 28
	BF16   Type = 30
)

// kind is how values of a type are laid out: so many in a block of so many bytes.
type kind struct {
	name          string
	values, bytes int64
	decode        func(b []byte, to []float32) // one block; nil: plain numbers
}

var kinds = map[Type]kind{
	F32: {"F32", 1, 4, nil}, F16: {"F16", 1, 2, nil}, BF16: {"BF16", 1, 2, nil}, F64: {"F64", 1, 8, nil},
	I8: {"I8", 1, 1, nil}, I16: {"I16", 1, 2, nil}, I32: {"I32", 1, 4, nil}, I64: {"I64", 1, 8, nil},
	Q4_0: {"Q4_0", 32, 18, q4_0}, Q4_1: {"Q4_1", 32, 20, q4_1}, Q5_0: {"Q5_0", 32, 22, q5_0}, Q5_1: {"Q5_1", 32, 24, q5_1}, Q8_0: {"Q8_0", 32, 34, q8_0},
	Q2_K: {"Q2_K", 256, 84, q2_K}, Q3_K: {"Q3_K", 256, 110, q3_K}, Q4_K: {"Q4_K", 256, 144, q4_K},
	Q5_K: {"Q5_K", 256, 176, q5_K}, Q6_K: {"Q6_K", 256, 210, q6_K}, Q8_K: {"Q8_K", 256, 292, q8_K},
	IQ4_NL: {"IQ4_NL", 32, 18, iq4_NL}, IQ4_XS: {"IQ4_XS", 256, 136, iq4_XS},
}

// unread are kinds that files have and this package does not decode.
var unread = map[Type]string{9: "Q8_1", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S",
	29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4"}

// String is the type's name as ggml has it.
func (t Type) String() string {
	if k, ok := kinds[t]; ok {
		return k.name
	}
	if name := unread[t]; name != "" {
		return name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Plain says whether values of the type are numbers by themselves, not blocks.
func (t Type) Plain() bool { return kinds[t].decode == nil }

// Named is the type of blocks that has a name: "Q8_0".
func Named(name string) (t Type, ok bool) {
	for t, k := range kinds {
		if k.name == name && k.decode != nil {
			return t, true
		}
	}
	return 0, false
}

// Block is how many values a block of the type holds, and its bytes.
func (t Type) Block() (values, bytes int64) { return kinds[t].values, kinds[t].bytes }

func typeNames() string {
	var types []Type
	for t := range kinds {
		types = append(types, t)
	}
	slices.Sort(types)
	var names []string
	for _, t := range types {
		names = append(names, kinds[t].name)
	}
	return strings.Join(names, ", ")
}

// Decode turns blocks into their values, one by one as ggml's dequantize_row functions do; to has
// room for exactly as many. Plain types are an error.
func (t Type) Decode(b []byte, to []float32) error {
	k := kinds[t]
	if k.decode == nil {
		return fmt.Errorf("values of %s are no blocks", t)
	}
	if int64(len(b))/k.bytes*k.values != int64(len(to)) || int64(len(b))%k.bytes != 0 {
		return fmt.Errorf("%d bytes of %s for %d values: %w", len(b), t, len(to), io.ErrUnexpectedEOF)
	}
	for ; len(to) > 0; b, to = b[k.bytes:], to[k.values:] {
		k.decode(b[:k.bytes], to[:k.values])
	}
	return nil
}

// half is the little-endian fp16 at a place of a block. All 65536 are in a table: blocks have one
// or two each.
func half(b []byte) float32 { return halves[binary.LittleEndian.Uint16(b)] }

var halves = func() (t [1 << 16]float32) {
	for i := range t {
		sign, exponent, fraction := uint32(i&0x8000)<<16, uint32(i>>10)&31, uint32(i&0x3ff)
		switch exponent {
		case 0:
			t[i] = math.Float32frombits(sign | math.Float32bits(float32(fraction)/(1<<24)))
		case 31:
			t[i] = math.Float32frombits(sign | 0x7f800000 | fraction<<13)
		default:
			t[i] = math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
		}
	}
	return t
}()

// The conversions of products to float32 keep compilers from fusing them with the sum behind.

func q4_0(b []byte, to []float32) {
	d := half(b)
	for i, q := range b[2:18] {
		to[i] = d * float32(int(q&15)-8)
		to[i+16] = d * float32(int(q>>4)-8)
	}
}

func q4_1(b []byte, to []float32) {
	d, m := half(b), half(b[2:])
	for i, q := range b[4:20] {
		to[i] = float32(d*float32(q&15)) + m
		to[i+16] = float32(d*float32(q>>4)) + m
	}
}

func q5_0(b []byte, to []float32) {
	d, high := half(b), binary.LittleEndian.Uint32(b[2:])
	for i, q := range b[6:22] {
		to[i] = d * float32(int(q&15)+int(high>>i&1)<<4-16)
		to[i+16] = d * float32(int(q>>4)+int(high>>(i+16)&1)<<4-16)
	}
}

func q5_1(b []byte, to []float32) {
	d, m, high := half(b), half(b[2:]), binary.LittleEndian.Uint32(b[4:])
	for i, q := range b[8:24] {
		to[i] = float32(d*float32(uint32(q&15)+(high>>i&1)<<4)) + m
		to[i+16] = float32(d*float32(uint32(q>>4)+(high>>(i+16)&1)<<4)) + m
	}
}

func q8_0(b []byte, to []float32) {
	d := half(b)
	for i, q := range b[2:34] {
		to[i] = d * float32(int8(q))
	}
}

func q2_K(b []byte, to []float32) {
	d, least := half(b[80:]), half(b[82:])
	for run := range 16 { // of 16 values
		scale := b[run]
		by, off := d*float32(scale&15), least*float32(scale>>4)
		q := b[16+run/8*32+run%2*16:]
		for i := range 16 {
			to[16*run+i] = float32(by*float32(q[i]>>(run%8/2*2)&3)) - off
		}
	}
}

func q3_K(b []byte, to []float32) {
	d := half(b[108:])
	for run := range 16 { // of 16 values
		scale := b[96+run%8] >> (run / 8 * 4) & 15
		scale |= b[104+run%4] >> (run / 4 * 2) & 3 << 4
		by := d * float32(int(scale)-32)
		high, q := b[run%2*16:], b[32+run/8*32+run%2*16:]
		for i := range 16 {
			v := int(q[i] >> (run % 8 / 2 * 2) & 3)
			if high[i]>>(run/2)&1 == 0 {
				v -= 4
			}
			to[16*run+i] = by * float32(v)
		}
	}
}

// scales are the scale and the offset of group j of eight, six bits each, in twelve bytes.
func scales(s []byte, j int) (scale, offset byte) {
	if j < 4 {
		return s[j] & 63, s[j+4] & 63
	}
	return s[j+4]&15 | s[j-4]>>6<<4, s[j+4]>>4 | s[j]>>6<<4
}

func q4_K(b []byte, to []float32) {
	d, least := half(b), half(b[2:])
	for j := range 8 {
		scale, offset := scales(b[4:16], j)
		by, off := d*float32(scale), least*float32(offset)
		for i, q := range b[16+j/2*32 : 48+j/2*32] {
			to[32*j+i] = float32(by*float32(q>>(j%2*4)&15)) - off
		}
	}
}

func q5_K(b []byte, to []float32) {
	d, least, high := half(b), half(b[2:]), b[16:48]
	for j := range 8 {
		scale, offset := scales(b[4:16], j)
		by, off := d*float32(scale), least*float32(offset)
		for i, q := range b[48+j/2*32 : 80+j/2*32] {
			to[32*j+i] = float32(by*float32(q>>(j%2*4)&15+high[i]>>j&1<<4)) - off
		}
	}
}

func q6_K(b []byte, to []float32) {
	d := half(b[208:])
	for run := range 16 { // of 16 values
		h, p := run/8, run%8/2
		by := d * float32(int8(b[192+run]))
		low, high := b[h*64+p%2*32+run%2*16:], b[128+h*32+run%2*16:]
		for i := range 16 {
			q := low[i]>>(p/2*4)&15 | high[i]>>(2*p)&3<<4
			to[16*run+i] = by * float32(int(q)-32)
		}
	}
}

func q8_K(b []byte, to []float32) {
	d := math.Float32frombits(binary.LittleEndian.Uint32(b))
	for i, q := range b[4:260] {
		to[i] = d * float32(int8(q))
	}
}

// uneven are the sixteen values that the codes of IQ4_NL and IQ4_XS mean.
var uneven = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// halfBytes decodes 32 codes of half a byte, whose lower halves are the first sixteen.
func halfBytes(by float32, codes []byte, to []float32) {
	for i, q := range codes[:16] {
		to[i] = by * uneven[q&15]
		to[i+16] = by * uneven[q>>4]
	}
}

func iq4_NL(b []byte, to []float32) { halfBytes(half(b), b[2:], to) }

func iq4_XS(b []byte, to []float32) {
	d, high := half(b), binary.LittleEndian.Uint16(b[2:])
	for j := range 8 { // groups of 32 values, each with a scale of six bits
		scale := int(b[4+j/2]>>(j%2*4)&15) | int(high>>(2*j)&3)<<4
		halfBytes(d*float32(scale-32), b[8+16*j:], to[32*j:])
	}
}
