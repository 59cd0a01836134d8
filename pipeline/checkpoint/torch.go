package checkpoint

import (
	"fmt"
	"io"
	"os"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pickle"
)

// parseTorch is parseHeader for a file that torch.save wrote: its tensors stand in the file
// as in a safetensors file, or, where they are views, are gathered when they are asked for.
func parseTorch(r io.ReaderAt, size int64) (*header, error) {
	found, err := pickle.Read(r, size)
	if err != nil {
		return nil, err
	}
	h := &header{metadata: map[string]string{}, tensors: make([]Tensor, 0, len(found))}
	for _, t := range found {
		h.tensors = append(h.tensors, Tensor{Name: t.Name, Key: t.Name, Type: stored[t.DType].t, Stored: t.DType,
			Shape: t.Shape, Stride: t.Stride, Offset: t.Offset, Length: t.Length})
	}
	sortTensors(h.tensors)
	return h, nil
}

// bytes reads a tensor's values in row-major order, decoded where the file has blocks.
func (t Tensor) bytes() ([]byte, error) {
	if t.blocks != 0 {
		return t.decoded()
	}
	return t.inFile()
}

// inFile reads a tensor's bytes, in row-major order where it is a view.
func (t Tensor) inFile() ([]byte, error) {
	f, err := os.Open(t.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if t.Stride == nil || t.Length == 0 {
		b := make([]byte, t.Length)
		if n, err := f.ReadAt(b, t.Offset); n < len(b) {
			return nil, fmt.Errorf("tensor %q: %w", t.Key, noEOF(err))
		}
		return b, nil
	}
	size := stored[t.Stored].n
	reach := int64(1)
	for i, d := range t.Shape {
		reach += (d - 1) * t.Stride[i]
	}
	from := make([]byte, reach*size)
	if n, err := f.ReadAt(from, t.Offset); n < len(from) {
		return nil, fmt.Errorf("tensor %q: %w", t.Key, noEOF(err))
	}
	return gather(from, size, t.Shape, t.Stride, make([]byte, 0, t.Length)), nil
}

// gather appends the values that shape and stride choose from a run of them.
func gather(from []byte, size int64, shape, stride []int64, to []byte) []byte {
	if len(shape) == 0 {
		return append(to, from[:size]...)
	}
	for i := range shape[0] {
		to = gather(from[i*stride[0]*size:], size, shape[1:], stride[1:], to)
	}
	return to
}

// Rows are the rows from first on, n of them, of a tensor with at least one axis.
func (t Tensor) Rows(first, n int64) Tensor {
	if t.Stride != nil {
		t.Offset += first * t.Stride[0] * stored[t.Stored].n
	} else if t.Shape[0] > 0 {
		t.Offset += first * (t.Length / t.Shape[0])
	}
	if t.Shape[0] > 0 {
		t.Length = t.Length / t.Shape[0] * n
	}
	t.Shape = append([]int64{n}, t.Shape[1:]...)
	return t
}

// weight is the tensor for a graph: in its file, or gathered where it is a view.
func (t Tensor) weight(name string) graph.Weight {
	w := graph.Weight{Name: name, Type: t.Type, Shape: t.Shape, File: t.File, Offset: t.Offset, Length: t.Length}
	if t.blocks != 0 {
		w.Decode, w.Blocks = t.decoded, t.inBlocks()
	}
	if w.Scale = t.scale; t.Stride == nil {
		return w
	}
	data, err := t.bytes()
	if err != nil {
		w.Offset = -1 // an error when the graph is written; Changed says why
		return w
	}
	w.File, w.Offset, w.Length, w.Data = "", 0, 0, data
	return w
}
