// Package tensor is a shaped []float32 with the few operations that samplers and
// denoisers need. It knows no networks, no pictures and no files.
//
// Every tensor is dense, row-major and float32: half-precision weights are widened
// by the graph that reads them, token ids are carried as whole numbers (exact up to
// 2^24) and cast inside the graph.
package tensor

import "fmt"

// Tensor is a dense row-major array. Data has exactly the product of Shape elements.
// Several goroutines may read one; writing needs the caller's own lock.
type Tensor struct {
	Shape []int
	Data  []float32
}

// New returns a tensor of zeros. A negative dimension is a programming error and is
// treated as zero, so that no caller's arithmetic slip can panic across a package.
func New(shape ...int) *Tensor {
	return &Tensor{Shape: append([]int(nil), shape...), Data: make([]float32, Size(shape))}
}

// From wraps data, which is not copied; it reports an error where the lengths differ.
func From(data []float32, shape ...int) (*Tensor, error) {
	if n := Size(shape); n != len(data) {
		return nil, fmt.Errorf("tensor: %d values for shape %v, want %d", len(data), shape, n)
	}
	return &Tensor{Shape: append([]int(nil), shape...), Data: data}, nil
}

// Size is the number of elements of a shape; the empty shape is a scalar and has one.
func Size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= max(d, 0)
	}
	return n
}

// Clone returns a deep copy.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{Shape: append([]int(nil), t.Shape...), Data: append([]float32(nil), t.Data...)}
}

// SameShape says whether two tensors have equal shapes.
func (t *Tensor) SameShape(o *Tensor) bool {
	if len(t.Shape) != len(o.Shape) {
		return false
	}
	for i, d := range t.Shape {
		if d != o.Shape[i] {
			return false
		}
	}
	return true
}
