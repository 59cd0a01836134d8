package checkpoint

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Planned is a tensor of a file that is to be written: Stored is the format's word for its
// type ("F32", "F16", …).
type Planned struct {
	Name, Stored string
	Shape        []int64
}

// Write writes a safetensors file of the planned tensors, in the order of their names. data
// writes the values of one, row-major and little-endian; it is an error where they are more or
// fewer than its shape says. Nothing but the header is held in memory.
func Write(w io.Writer, metadata map[string]string, plan []Planned, data func(p Planned, w io.Writer) error) error {
	plan = slices.SortedFunc(slices.Values(plan), func(a, b Planned) int { return strings.Compare(a.Name, b.Name) })
	head, sizes, at := map[string]any{}, make([]int64, len(plan)), int64(0)
	if len(metadata) > 0 {
		head["__metadata__"] = metadata
	}
	for i, p := range plan {
		kind, known := stored[p.Stored]
		if !known || head[p.Name] != nil {
			return fmt.Errorf("tensor %q of type %q: it appears twice, or the type is unknown", p.Name, p.Stored)
		}
		size := kind.n
		for _, d := range p.Shape {
			if d < 0 || d > 0 && size > math.MaxInt64/2/d {
				return fmt.Errorf("tensor %q: shape %v has no size that fits", p.Name, p.Shape)
			}
			size *= d
		}
		head[p.Name] = entry[int64]{p.Stored, append([]int64{}, p.Shape...), [2]int64{at, at + size}}
		sizes[i], at = size, at+size
	}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	for len(text)%8 != 0 { // the data begin aligned
		text = append(text, ' ')
	}
	b := bufio.NewWriterSize(w, 1<<20)
	_, _ = b.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
	_, _ = b.Write(text) // a bufio.Writer keeps its first error
	for i, p := range plan {
		c := &counter{w: b}
		if err := data(p, c); err != nil {
			return err
		}
		if c.n != sizes[i] {
			return fmt.Errorf("tensor %q: %d bytes of %s, want %d for shape %v", p.Name, c.n, p.Stored, sizes[i], p.Shape)
		}
	}
	return b.Flush()
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// CopyTo writes a tensor's bytes as its file has them, blocks decoded, a few at a time.
func (t Tensor) CopyTo(w io.Writer) error {
	return t.pieces(func(piece []byte) error {
		_, err := w.Write(piece)
		return err
	})
}

// Count is how many values the tensor has.
func (t Tensor) Count() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// FloatsFrom reads n values from the first on, in row-major order, widened to float32. A view
// is gathered whole for it.
func (t Tensor) FloatsFrom(first, n int64) ([]float32, error) {
	size := t.Type.Size()
	if t.Stride != nil || size == 0 || first == 0 && n == t.Count() {
		all, err := t.Floats()
		if err != nil {
			return nil, err
		}
		return all[first : first+n], nil
	}
	if t.blocks != 0 {
		return t.floatsOfBlocks(first, n)
	}
	t.Offset, t.Length = t.Offset+first*size, n*size
	return t.Floats()
}

// Numbers reads a tensor's values as float32, whole numbers and truth values too.
func (t Tensor) Numbers() ([]float32, error) {
	value := whole[t.Stored]
	if value == nil {
		return t.Floats()
	}
	b, err := t.bytes()
	if err != nil {
		return nil, err
	}
	var out []float32
	for size := stored[t.Stored].n; len(b) > 0; b = b[size:] {
		out = append(out, float32(value(b)))
	}
	return out, nil
}

// IsFloat says whether the values are of a type that Floats reads.
func (t Tensor) IsFloat() bool {
	switch t.Word() {
	case "F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2":
		return true
	}
	return false
}
