package graph

import (
	"fmt"
	"math"
)

// Size is the number of bytes of one element; 0 for a type this package does not know.
func (t DType) Size() int64 {
	switch t {
	case Bool, UInt8, Int8, Float8E4M3, Float8E5M2:
		return 1
	case Float16, BFloat16:
		return 2
	case Float32, Int32:
		return 4
	case Float64, Int64:
		return 8
	}
	return 0
}

// String is the type's name as people write it.
func (t DType) String() string {
	switch t {
	case Bool:
		return "bool"
	case UInt8:
		return "uint8"
	case Float16:
		return "fp16"
	case BFloat16:
		return "bf16"
	case Float32:
		return "fp32"
	case Float64:
		return "fp64"
	case Float8E4M3:
		return "fp8 e4m3"
	case Float8E5M2:
		return "fp8 e5m2"
	case Int32:
		return "int32"
	case Int64:
		return "int64"
	}
	return fmt.Sprintf("type %d", int32(t))
}

// Bytes is the size of an array of this type and shape, or an error where a dimension is
// negative, the type unknown or the product above the range of int64.
func (t DType) Bytes(shape []int64) (int64, error) {
	n := t.Size()
	if n == 0 {
		return 0, fmt.Errorf("unknown element type %d", int32(t))
	}
	for _, d := range shape {
		if d < 0 || d > 0 && n > math.MaxInt64/d {
			return 0, fmt.Errorf("shape %v has no size that fits", shape)
		}
		n *= d
	}
	return n, nil
}

// check finds the mistakes that a runtime would report far from their cause: a value
// used before it is made, made twice or never made, and a weight of the wrong size.
func (g *Graph) check() error {
	made := map[string]bool{"": true}
	define := func(name, by string) error {
		if made[name] {
			return fmt.Errorf("graph %q: value %q of %s exists already", g.Name, name, by)
		}
		made[name] = true
		return nil
	}
	for _, v := range g.Inputs {
		if err := define(v.Name, "the inputs"); err != nil {
			return err
		}
	}
	for _, w := range g.Weights {
		if err := define(w.Name, "the weights"); err != nil {
			return err
		}
		if w.raw != nil {
			continue
		}
		want, err := w.Type.Bytes(w.Shape)
		have := w.Length
		if w.File == "" {
			have = int64(len(w.Data))
		}
		if err == nil && want != have && w.Decode == nil {
			err = fmt.Errorf("has %d bytes, shape %v of %s wants %d", have, w.Shape, w.Type, want)
		}
		if err == nil && (w.File == "") == (w.Data == nil) && want > 0 {
			err = fmt.Errorf("wants exactly one of a file and data in memory")
		}
		if err != nil {
			return fmt.Errorf("graph %q: weight %q: %w", g.Name, w.Name, err)
		}
	}
	for _, n := range g.Nodes {
		for _, in := range n.Inputs {
			if !made[in] {
				return fmt.Errorf("graph %q: node %q (%s) reads %q before anything makes it", g.Name, n.Name, n.Op, in)
			}
		}
		for _, out := range n.Outputs {
			if out == "" {
				continue
			}
			if err := define(out, n.Op); err != nil {
				return err
			}
		}
	}
	for _, v := range g.Outputs {
		if !made[v.Name] {
			return fmt.Errorf("graph %q: output %q is never made", g.Name, v.Name)
		}
	}
	return nil
}
