package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"

	"pentimento/pipeline/gguf"
	"pentimento/pipeline/graph"
)

// parseGGUF is parseHeader for a GGUF file. Numbers stand in it as in a safetensors file; blocks
// are decoded when they are asked for, one tensor at a time.
func parseGGUF(r io.ReaderAt, size int64) (*header, error) {
	f, err := gguf.Read(r, size)
	if err != nil {
		return nil, err
	}
	h := &header{metadata: f.Metadata, tensors: make([]Tensor, 0, len(f.Tensors))}
	for _, t := range f.Tensors {
		word := t.Type.String()
		out := Tensor{Name: t.Name, Key: t.Name, Stored: word, Shape: t.Shape, Offset: t.Offset, Length: t.Length, Type: graph.Float32}
		if t.Type.Plain() {
			out.Type = stored[word].t
		} else {
			out.blocks = t.Type
		}
		h.tensors = append(h.tensors, out)
	}
	return h, nil
}

// Word is the safetensors format's word for the type that a tensor's values are read in: "F32" for
// those of blocks, else the file's own.
func (t Tensor) Word() string {
	if t.blocks != 0 {
		return "F32"
	}
	return t.Stored
}

// IsBlocks says whether the file has the tensor in blocks, which are decoded into memory when a
// network is opened, instead of being read in their place.
func (t Tensor) IsBlocks() bool { return t.blocks != 0 }

// decoded are the values of blocks, as fp32.
func (t Tensor) decoded() ([]byte, error) {
	b, err := t.inFile()
	if err != nil {
		return nil, err
	}
	values, size := t.blocks.Block()
	out := make([]byte, 0, int64(len(b))/size*values*4)
	var some [1 << 10]float32
	for most := int64(len(some)) / values * size; len(b) > 0; {
		n := min(most, int64(len(b)))
		to := some[:n/size*values]
		if err := t.blocks.Decode(b[:n], to); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Key, err)
		}
		for _, v := range to {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
		b = b[n:]
	}
	return out, nil
}

// inBlocks are the tensor's blocks as the runtime multiplies with them; nil for kinds that it does
// not know.
func (t Tensor) inBlocks() *graph.Blocks {
	bits := map[gguf.Type]int64{gguf.Q8_0: 8, gguf.Q4_0: 4}[t.blocks]
	if bits == 0 {
		return nil
	}
	return &graph.Blocks{Bits: bits, Parts: func() (codes, scales []byte, err error) {
		b, err := t.inFile()
		if err != nil {
			return nil, nil, err
		}
		codes, scales = t.blocks.Codes(b)
		return codes, scales, nil
	}}
}

// floatsOfBlocks is FloatsFrom for blocks: it decodes those that the values lie in.
func (t Tensor) floatsOfBlocks(first, n int64) ([]float32, error) {
	values, size := t.blocks.Block()
	from, to := first/values, (first+n+values-1)/values
	t.Offset, t.Length = t.Offset+from*size, (to-from)*size
	all, err := t.Floats()
	if err != nil {
		return nil, err
	}
	return all[first-from*values:][:n], nil
}

// IsGGUF says whether a file begins as a GGUF file does.
func IsGGUF(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0) // a short file is none
	return gguf.Is(head[:n]), nil
}
