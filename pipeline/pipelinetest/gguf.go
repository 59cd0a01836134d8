package pipelinetest

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"slices"

	"pentimento/pipeline/graph"
)

// typesGGUF are the numbers of types of values in GGUF files.
var typesGGUF = map[string]uint32{"F32": 0, "F16": 1, "Q4_0": 2, "Q8_0": 8, "Q6_K": 14, "BF16": 30, "I64": 27}

// WriteGGUF writes a GGUF file of version 3: the items with Data, and texts as its pairs of key and
// value. DType is "F32", "F16", "BF16", "I64", "Q8_0", "Q4_0" (see Blocks) or "Q6_K".
func WriteGGUF(path string, items []Item, pairs map[string]string) error {
	var head, data bytes.Buffer
	num := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&head, binary.LittleEndian, v) // a Buffer takes everything
		}
	}
	text := func(s string) { num(uint64(len(s)), []byte(s)) }
	pad := func(b *bytes.Buffer) { b.Write(make([]byte, -b.Len()&31)) }
	num([]byte("GGUF"), uint32(3), uint64(len(items)), uint64(len(pairs)))
	for k, v := range pairs {
		text(k)
		num(uint32(8))
		text(v)
	}
	for _, it := range items {
		text(it.Name)
		num(uint32(len(it.Shape)))
		for _, d := range slices.Backward(it.Shape) {
			num(uint64(d))
		}
		num(typesGGUF[it.DType], uint64(data.Len()))
		data.Write(it.Data)
		pad(&data)
	}
	pad(&head)
	return os.WriteFile(path, append(head.Bytes(), data.Bytes()...), 0o600)
}

// Blocks are values, a multiple of 32, as blocks of "Q8_0" or "Q4_0", and what those stand for.
func Blocks(kind string, v []float32) (data []byte, values []float32) {
	for ; len(v) > 0; v = v[32:] {
		far := float32(0) // the value that is farthest from 0
		for _, x := range v[:32] {
			if math.Abs(float64(x)) > math.Abs(float64(far)) {
				far = x
			}
		}
		d, least, most := far/127, -127.0, 127.0
		if kind == "Q4_0" {
			d, least, most = far/-8, -8, 7
		}
		data = graph.AppendHalf(data, d)
		d = halfValue(binary.LittleEndian.Uint16(data[len(data)-2:]))
		var q [32]int
		for i, x := range v[:32] {
			if d != 0 {
				q[i] = int(max(least, min(most, math.RoundToEven(float64(x)/float64(d)))))
			}
			values = append(values, float32(q[i])*d)
		}
		for i := range 32 {
			switch {
			case kind == "Q8_0":
				data = append(data, byte(int8(q[i])))
			case i < 16:
				data = append(data, byte(q[i]+8)|byte(q[i+16]+8)<<4)
			}
		}
	}
	return data, values
}

// halfValue is what an fp16 stands for.
func halfValue(h uint16) float32 {
	v := float64(h&0x3ff) / (1 << 24)
	if e := h >> 10 & 31; e > 0 {
		v = (1 + float64(h&0x3ff)/1024) * math.Pow(2, float64(e)-15)
	}
	if h>>15 == 1 {
		v = -v
	}
	return float32(v)
}
