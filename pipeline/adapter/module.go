package adapter

import (
	"fmt"
	"math"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// Tensor is a weight or an adapter's tensor, widened to float32.
type Tensor struct {
	Name   string
	Shape  []int64
	Values []float32
}

// Module is what an adapter says of one module, by key.
type Module struct {
	Name    string // as the file has it; "" is every module
	Ranks   int    // so many of a LoRA's ranks count, the first ones; 0: all
	tensors map[string]checkpoint.Tensor
}

// Has says whether the module has a key.
func (m Module) Has(key string) bool { _, ok := m.tensors[key]; return ok }

// Shape is that of a key's tensor, nil where the module lacks it.
func (m Module) Shape(key string) []int64 { return m.tensors[key].Shape }

// Need is an error that names the first of some keys that the module lacks.
func (m Module) Need(keys ...string) error {
	for _, key := range keys {
		if !m.Has(key) {
			return fault.New("has no "+key, "The file is incomplete: get it again.")
		}
	}
	return nil
}

// Tensor reads the values of a key; a key that the module lacks is an error, as is a value
// that is not finite.
func (m Module) Tensor(key string) (Tensor, error) {
	if err := m.Need(key); err != nil {
		return Tensor{}, err
	}
	t := m.tensors[key]
	values, err := t.Floats()
	if err != nil {
		return Tensor{}, err
	}
	if v := largest(values); v-v != 0 {
		return Tensor{}, fault.New(fmt.Sprintf("%s holds %g, want finite numbers", key, v), "The file is damaged: get it again.")
	}
	return Tensor{t.Key, t.Shape, values}, nil
}

// Tensors reads the values of several keys, in their order.
func (m Module) Tensors(keys ...string) ([][]float32, error) {
	var all [][]float32
	for _, key := range keys {
		t, err := m.Tensor(key)
		if err != nil {
			return nil, err
		}
		all = append(all, t.Values)
	}
	return all, nil
}

// Scalar is the only value of a key, or otherwise where the module lacks it.
func (m Module) Scalar(key string, otherwise float32) (float32, error) {
	if !m.Has(key) {
		return otherwise, nil
	}
	if shape := m.Shape(key); size(shape) != 1 {
		return 0, fmt.Errorf("%s has shape %v, want one number", key, shape)
	}
	t, err := m.Tensor(key)
	if err != nil {
		return 0, err
	}
	return t.Values[0], nil
}

// scale is alpha / rank times LyCORIS' scalar; without alpha it is that scalar alone, 1
// where there is none. A rank of 0 stands for a module whose kind has none.
func (m Module) scale(rank int64) (float32, error) {
	scalar, err := m.Scalar("scalar", 1)
	if err != nil || rank == 0 {
		return scalar, err
	}
	alpha, err := m.Scalar("alpha", float32(rank))
	return scalar * alpha / float32(rank), err
}

// size counts the values of a shape; one with more than any memory holds has -1.
func size(shape []int64) int64 {
	n := int64(1)
	for _, d := range shape {
		if d < 0 || d > 0 && n > math.MaxInt32*16/d {
			return -1
		}
		n *= d
	}
	return n
}

// matrix is a shape as rows and what remains; ok is false where it is none.
func matrix(shape []int64) (rows, rest int64, ok bool) {
	if len(shape) < 2 || size(shape) < 1 {
		return 0, 0, false
	}
	return shape[0], size(shape[1:]), true
}
