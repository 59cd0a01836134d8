package checkpoint

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"pentimento/pipeline/tensor"
)

// ReadTensors reads a safetensors file of plain tensors, such as another program writes
// for comparison: every tensor of a float type, widened to float32. The file is checked
// like a model's.
func ReadTensors(path string) (map[string]*tensor.Tensor, error) {
	h, err := readFile(path)
	if err != nil {
		return nil, wrap(path, err)
	}
	out := map[string]*tensor.Tensor{}
	for _, t := range h.tensors {
		v, err := t.Floats()
		if err != nil {
			return nil, wrap(path, fmt.Errorf("tensor %q: %w", t.Name, err))
		}
		shape := make([]int, len(t.Shape))
		for i, d := range t.Shape {
			shape[i] = int(d)
		}
		if out[t.Key], err = tensor.From(v, shape...); err != nil {
			return nil, wrap(path, fmt.Errorf("tensor %q: %w", t.Key, err))
		}
	}
	return out, nil
}

// WriteWidened writes the tensors of a part as safetensors in the order of their names: floats
// as F32, whole numbers and truth values as I64. It holds a small piece of a tensor at a time,
// or one view whole.
func WriteWidened(w io.Writer, p *Part) error {
	head := map[string]entry[int64]{}
	for n, t := range p.Tensors {
		if head[n] = (entry[int64]{DType: "F32", Shape: t.Shape}); whole[t.Stored] != nil {
			head[n] = entry[int64]{DType: "I64", Shape: t.Shape}
		}
	}
	text, err := headText(head)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	_, _ = b.Write(text)
	for _, n := range p.Names() {
		t := p.Tensors[n]
		if err := t.pieces(func(piece []byte) error { return t.widenTo(b, piece) }); err != nil {
			return err
		}
	}
	return b.Flush()
}

// pieces gives a tensor's bytes in order, blocks decoded, a few at a time and whole values.
func (t Tensor) pieces(each func([]byte) error) error {
	const few = 1 << 20
	most := int64(few)
	if t.blocks != 0 {
		_, n := t.blocks.Block()
		most -= most % n
	}
	for t.Stride == nil && t.Length > most {
		piece := t
		piece.Length = most
		b, err := piece.bytes()
		if err == nil {
			err = each(b)
		}
		if err != nil {
			return err
		}
		t.Offset, t.Length = t.Offset+most, t.Length-most
	}
	b, err := t.bytes()
	for len(b) > few && err == nil {
		err = each(b[:few])
		b = b[few:]
	}
	if err != nil {
		return err
	}
	return each(b)
}

// whole reads one value of each type that is no float.
var whole = map[string]func(p []byte) int64{
	"I64":  func(p []byte) int64 { return int64(binary.LittleEndian.Uint64(p)) },
	"I32":  func(p []byte) int64 { return int64(int32(binary.LittleEndian.Uint32(p))) },
	"I16":  func(p []byte) int64 { return int64(int16(binary.LittleEndian.Uint16(p))) },
	"I8":   func(p []byte) int64 { return int64(int8(p[0])) },
	"U64":  func(p []byte) int64 { return int64(binary.LittleEndian.Uint64(p)) },
	"U32":  func(p []byte) int64 { return int64(binary.LittleEndian.Uint32(p)) },
	"U16":  func(p []byte) int64 { return int64(binary.LittleEndian.Uint16(p)) },
	"U8":   func(p []byte) int64 { return int64(p[0]) },
	"BOOL": func(p []byte) int64 { return int64(min(p[0], 1)) },
}

// widenTo writes a piece of a tensor's bytes.
func (t Tensor) widenTo(w io.Writer, b []byte) error {
	var out []byte
	if value := whole[t.Stored]; value != nil {
		for size := stored[t.Stored].n; len(b) > 0; b = b[size:] {
			out = binary.LittleEndian.AppendUint64(out, uint64(value(b)))
		}
	} else {
		v, err := Widen(b, t.Type)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Key, err)
		}
		for i := range v {
			if t.scale != 0 {
				v[i] *= t.scale
			}
		}
		for _, x := range v {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
		}
	}
	_, err := w.Write(out)
	return err
}

// entry is a tensor in the head of a file.
type entry[N int | int64] struct {
	DType   string   `json:"dtype"`
	Shape   []N      `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// headText is the length and the JSON of a file whose tensors stand in the order of their
// names; it sets their places.
func headText[N int | int64](head map[string]entry[N]) ([]byte, error) {
	at := int64(0)
	for _, n := range slices.Sorted(maps.Keys(head)) {
		e := head[n]
		size := stored[e.DType].n
		for _, d := range e.Shape {
			if d > 0 && size > math.MaxInt64/2/int64(d) {
				return nil, fmt.Errorf("tensor %q: shape %v has no size that fits", n, e.Shape)
			}
			size *= int64(d)
		}
		e.Shape, e.Offsets = append([]N{}, e.Shape...), [2]int64{at, at + size}
		head[n] = e
		at += size
	}
	text, err := json.Marshal(head)
	for len(text)%8 != 0 { // the data begin aligned
		text = append(text, ' ')
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), err
}

// WriteTensors writes tensors as F32 safetensors, in the order of their names.
func WriteTensors(w io.Writer, tensors map[string]*tensor.Tensor) error {
	head := map[string]entry[int]{}
	for n, t := range tensors {
		head[n] = entry[int]{DType: "F32", Shape: t.Shape}
	}
	text, err := headText(head)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	_, _ = b.Write(text)
	var four [4]byte
	for _, n := range slices.Sorted(maps.Keys(tensors)) {
		for _, v := range tensors[n].Data {
			binary.LittleEndian.PutUint32(four[:], math.Float32bits(v))
			_, _ = b.Write(four[:])
		}
	}
	return b.Flush() // a bufio.Writer keeps its first error
}
