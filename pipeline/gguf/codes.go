package gguf

import (
	"encoding/binary"
	"math"
)

// Codes takes blocks of Q8_0 or Q4_0 apart: a byte for each value or half a byte, the first value
// in the lower half, and the scales as fp32. A value is (code − 128)·scale, of Q4_0 (code − 8)·scale.
func (t Type) Codes(b []byte) (codes, scales []byte) {
	size := int(kinds[t].bytes)
	codes, scales = make([]byte, 0, len(b)/size*(size-2)), make([]byte, 0, len(b)/size*4)
	for ; len(b) >= size; b = b[size:] {
		scales = binary.LittleEndian.AppendUint32(scales, math.Float32bits(half(b)))
		q := b[2:size]
		if t == Q8_0 {
			for _, c := range q {
				codes = append(codes, c^0x80)
			}
			continue
		}
		for i := 0; i < 16; i += 2 { // the lower halves are the first sixteen
			codes = append(codes, q[i]&15|q[i+1]<<4)
		}
		for i := 0; i < 16; i += 2 {
			codes = append(codes, q[i]>>4|q[i+1]&0xf0)
		}
	}
	return codes, scales
}
