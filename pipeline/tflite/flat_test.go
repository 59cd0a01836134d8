package tflite

import (
	"encoding/binary"
	"math"
	"slices"
)

// fields are those of a table by their places: int32, uint8, uint32, string, []byte, []uint16,
// []int32, []int64, fields and []fields.
type fields map[int]any

// flatten writes a flatbuffer with the given root: each table behind the list of where its fields
// are, what it points to behind it.
func flatten(root fields) []byte {
	b := append(make([]byte, 4), "TFL3"...)
	at := placed(&b, root)
	binary.LittleEndian.PutUint32(b, uint32(at))
	return b
}

// placed writes a value behind b and says where it begins.
func placed(b *[]byte, v any) int {
	for len(*b)%8 != 4 { // lists begin with their length
		*b = append(*b, 0)
	}
	at := len(*b)
	count := func(n int) { *b = binary.LittleEndian.AppendUint32(*b, uint32(n)) }
	switch v := v.(type) {
	case string:
		count(len(v))
		*b = append(*b, v...)
	case []byte:
		count(len(v))
		*b = append(*b, v...)
	case []int32:
		count(len(v))
		for _, x := range v {
			count(int(x))
		}
	case []uint16:
		count(len(v))
		for _, x := range v {
			*b = binary.LittleEndian.AppendUint16(*b, x)
		}
	case []int64:
		count(len(v))
		for _, x := range v {
			*b = binary.LittleEndian.AppendUint64(*b, uint64(x))
		}
	case []fields:
		count(len(v))
		*b = append(*b, make([]byte, 4*len(v))...)
		for i, t := range v {
			point(*b, at+4+4*i, placed(b, t))
		}
	case fields:
		return table0(b, v)
	}
	return at
}

func table0(b *[]byte, t fields) int {
	n := 0
	for k := range t {
		n = max(n, k+1)
	}
	list := make([]byte, 4+2*n)
	binary.LittleEndian.PutUint16(list, uint16(len(list)))
	body := make([]byte, 4)
	for k := range n {
		if v, ok := t[k]; ok {
			binary.LittleEndian.PutUint16(list[4+2*k:], uint16(len(body)))
			word := uint32(0)
			switch v := v.(type) {
			case int32:
				word = uint32(v)
			case uint32:
				word = v
			case uint8:
				word = uint32(v)
			}
			body = binary.LittleEndian.AppendUint32(body, word)
		}
	}
	binary.LittleEndian.PutUint16(list[2:], uint16(len(body)))
	from := len(*b)
	*b = append(*b, list...)
	for len(*b)%4 != 0 {
		*b = append(*b, 0)
	}
	at := len(*b)
	binary.LittleEndian.PutUint32(body, uint32(at-from))
	*b = append(*b, body...)
	for k := range n {
		switch v := t[k].(type) {
		case string, []byte, []uint16, []int32, []int64, fields, []fields:
			slot := at + int(binary.LittleEndian.Uint16(list[4+2*k:]))
			where := placed(b, v)
			point(*b, slot, where)
		}
	}
	return at
}

func point(b []byte, slot, to int) { binary.LittleEndian.PutUint32(b[slot:], uint32(to-slot)) }

// tensorSpec is a tensor of a model that a test writes; one with bytes is a constant.
type tensorSpec struct {
	shape  []int32
	kind   uint8
	bytes  []byte
	sparse fields
	scale  []float32
	zero   []int64
	axis   int32
}

// step is an operator of such a model, with a shape for each thing that it makes.
type step struct {
	code   int32
	custom string
	raw    []byte
	o      fields
	in     []int32 // tensors by number, -1: none
	out    []int32
}

// modelOf writes a model.
func modelOf(tensors []tensorSpec, steps []step, in, out []int32) []byte {
	var ts, ops, codes []fields
	buffers := []fields{{}}
	for i, t := range tensors {
		f := fields{0: t.shape, 1: t.kind, 2: int32(0), 3: string(rune('a' + i))}
		if t.bytes != nil {
			f[2] = int32(len(buffers))
			buffers = append(buffers, fields{0: t.bytes})
		}
		if t.scale != nil {
			var bits []int32
			for _, s := range t.scale {
				bits = append(bits, int32(math.Float32bits(s)))
			}
			f[4] = fields{2: bits, 3: t.zero, 6: t.axis}
		}
		if t.sparse != nil {
			f[6] = t.sparse
		}
		ts = append(ts, f)
	}
	for i, s := range steps {
		codes = append(codes, fields{0: uint8(min(s.code, 127)), 3: s.code})
		if s.custom != "" {
			codes[i][1] = s.custom
		}
		f := fields{0: int32(i), 1: s.in, 2: s.out}
		if s.o != nil {
			f[3], f[4] = uint8(1), s.o
		}
		if s.raw != nil {
			f[5] = s.raw
		}
		ops = append(ops, f)
	}
	return flatten(fields{0: int32(3), 1: codes, 2: []fields{{0: ts, 1: in, 2: out, 3: ops}}, 4: buffers})
}

func floats(v ...float32) []byte {
	var b []byte
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

func whole(v ...int32) []byte {
	var b []byte
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(f))
	}
	return b
}

// convModel is a model that a fuzz test begins with: a sparse kernel of fp16, filled up, widened
// and used.
func convModel() []byte {
	half := binary.LittleEndian.AppendUint16
	dense, list := fields{1: int32(1)}, func(values ...byte) fields { return fields{0: values} }
	return modelOf([]tensorSpec{
		{shape: []int32{1, 2, 2, 1}},
		{shape: []int32{3, 1, 1, 1}, kind: 1, bytes: half(half(nil, 0x3c00), 0x4000), sparse: fields{0: []int32{0, 1, 2, 3}, 1: []int32{},
			2: []fields{{0: uint8(1), 1: int32(3), 2: uint8(3), 3: list(0, 2), 4: uint8(3), 5: list(0, 2)}, dense, dense, dense}}},
		{shape: []int32{3, 1, 1, 1}, kind: 1}, {shape: []int32{3, 1, 1, 1}},
		{shape: []int32{3}, bytes: floats(0, 5, 10)},
		{shape: []int32{1, 2, 2, 3}},
	}, []step{
		{code: 124, in: []int32{1}, out: []int32{2}}, {code: 6, in: []int32{2}, out: []int32{3}},
		{code: 3, o: fields{0: uint8(1), 1: int32(1), 2: int32(1)}, in: []int32{0, 3, 4}, out: []int32{5}},
	}, []int32{0}, []int32{5})
}

func repeated(n int, v float32) []float32 { return slices.Repeat([]float32{v}, n) }
