package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"
	"unsafe"

	"pentimento/pipeline/graph"
)

// Floats reads a tensor's values, widened to float32 (fp64 is narrowed). It is for small
// tensors and for merging adapters; networks map their weights instead.
func (t Tensor) Floats() ([]float32, error) {
	b, err := t.bytes()
	if err != nil {
		return nil, err
	}
	var v []float32
	if little && t.Type == graph.Float32 && len(b) >= 4 && len(b)%4 == 0 {
		v = unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4) // nobody else has b
	} else {
		v, err = Widen(b, t.Type)
	}
	if t.scale != 0 {
		for i := range v {
			v[i] *= t.scale
		}
	}
	return v, err
}

// little says whether this machine keeps numbers as files do.
var little = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// halves are all values of binary16.
var halves = sync.OnceValue(func() *[1 << 16]float32 {
	var all [1 << 16]float32
	for i := range all {
		all[i] = half(uint16(i))
	}
	return &all
})

// Widen turns little-endian values of a floating type into float32.
func Widen(b []byte, t graph.DType) ([]float32, error) {
	out := make([]float32, len(b)/max(int(t.Size()), 1))
	return out, widen(out, b, t)
}

// widen is Widen into memory for exactly as many values.
func widen(out []float32, b []byte, t graph.DType) error {
	size := int(t.Size())
	switch t {
	case graph.Float8E4M3, graph.Float8E5M2, graph.Float16, graph.BFloat16, graph.Float32, graph.Float64:
	default:
		return fmt.Errorf("values of %s, want a floating type", t)
	}
	if len(b) != len(out)*size {
		return io.ErrUnexpectedEOF
	}
	if t == graph.Float16 {
		done := widenHalves(out, b)
		if out, b = out[done:], b[2*done:]; len(out) > 1<<16 {
			all := halves()
			for i := range out {
				out[i] = all[binary.LittleEndian.Uint16(b[2*i:])]
			}
			return nil
		}
	}
	for i := range out {
		p := b[i*size:]
		switch t {
		case graph.Float8E4M3:
			out[i] = e4m3(p[0])
		case graph.Float8E5M2:
			out[i] = half(uint16(p[0]) << 8)
		case graph.Float32:
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(p))
		case graph.BFloat16:
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(p)) << 16)
		case graph.Float16:
			out[i] = half(binary.LittleEndian.Uint16(p))
		case graph.Float64:
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(p)))
		}
	}
	return nil
}

// e4m3 widens an 8-bit float of four bits of exponent: bias 7, no infinities.
func e4m3(b byte) float32 {
	sign, exponent, fraction := uint32(b&0x80)<<24, uint32(b>>3)&15, uint32(b&7)
	switch {
	case b&0x7f == 0x7f:
		return math.Float32frombits(sign | 0x7fc00000)
	case exponent == 0:
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)/(1<<9)))
	}
	return math.Float32frombits(sign | (exponent+120)<<23 | fraction<<20)
}

// half widens an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10)&31, uint32(h&0x3ff)
	switch exponent {
	case 0:
		v := float32(fraction) / (1 << 24)
		if sign != 0 {
			return -v
		}
		return v
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
