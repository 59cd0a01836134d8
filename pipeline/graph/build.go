package graph

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Builder writes a graph operator by operator. It keeps the first mistake and goes on
// harmlessly, so that a network reads as plain statements; Finish reports it. Values are
// fp32: weights of other floating types are widened by Cast nodes, which the runtime
// folds. Batch, height, width and token counts are dynamic, so that one opened graph
// serves every size. A Builder is for one goroutine.
type Builder struct {
	g      *Graph
	source Source
	hooks  []Hook
	after  []Change
	err    error
	count  int
	made   map[string]Value // weights and constants already in the graph
	used   map[string]bool  // names taken from the source
	passed map[string]bool  // sites
	batch  Value
	full   bool // nodes are written by Full
	quiet  bool // and by Unhooked
}

// NewBuilder starts an empty graph whose weights come from own, the file's, unless the
// variant has another source.
func NewBuilder(name string, own Source, v Variant) *Builder {
	if v.Source != nil {
		own = v.Source
	}
	return &Builder{g: &Graph{Name: name, Meta: map[string]string{}}, source: own, hooks: v.Hooks, after: v.Changes,
		made: map[string]Value{}, used: map[string]bool{}, passed: map[string]bool{}}
}

// Fixed is a dimension of a known size.
func Fixed(n int64) Dim { return Dim{Fixed: n} }

// Named is a dimension whose size a run decides.
func Named(name string) Dim { return Dim{Name: name} }

// Failf records a mistake; the first one wins.
func (b *Builder) Failf(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// Input adds an fp32 input. The first dimension of the first input is the batch.
func (b *Builder) Input(name string, shape ...Dim) Value {
	v := Value{Name: name, Type: Float32, Shape: shape}
	b.g.Inputs = append(b.g.Inputs, v)
	b.g.know(v)
	if len(b.g.Inputs) == 1 {
		b.batch = b.Sizes(v, 0, 1)
	}
	return v
}

// Output makes v an output under the given name, described by shape.
func (b *Builder) Output(name string, v Value, shape ...Dim) {
	b.node("Identity", name, []Value{v}, nil, Value{Name: name, Type: Float32, Shape: shape})
	b.g.Outputs = append(b.g.Outputs, Value{Name: name, Type: Float32, Shape: shape})
}

// Has says whether the source has a weight, without taking it.
func (b *Builder) Has(name string) bool {
	_, ok := b.source(name)
	return ok
}

// Dims is the shape of a weight; nil, and a recorded mistake, where there is none.
func (b *Builder) Dims(name string) []int64 {
	w, ok := b.source(name)
	if !ok {
		b.Failf("tensor %q is missing", name)
		return nil
	}
	return w.Shape
}

// Unused lists those of names that the graph took no weight from.
func (b *Builder) Unused(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return b.used[n] })
}

// Finish returns the graph after the variant's changes, or the first mistake.
func (b *Builder) Finish() (*Graph, error) {
	if b.err != nil {
		return nil, fmt.Errorf("graph %q: %w", b.g.Name, b.err)
	}
	if err := b.g.Apply(b.after...); err != nil {
		return nil, err
	}
	return b.g, nil
}

// node appends an operator.
func (b *Builder) node(op, name string, in []Value, attrs map[string]any, out ...Value) {
	n := &Node{Op: op, Name: name, Attrs: attrs, Full: b.full}
	if strings.HasPrefix(op, "ms.") {
		n.Op, n.Domain = op[3:], microsoftDomain
	}
	for _, v := range in {
		n.Inputs = append(n.Inputs, v.Name)
	}
	for _, v := range out {
		n.Outputs = append(n.Outputs, v.Name)
		b.g.know(v)
	}
	b.g.Nodes = append(b.g.Nodes, n)
}

// Op appends an operator with one output of the given type and shape. An op that begins
// with "ms." is one of the runtime's own. path says where in the network it stands.
func (b *Builder) Op(op, path string, t DType, shape []Dim, attrs map[string]any, in ...Value) Value {
	b.count++
	name := fmt.Sprintf("%s#%d", path, b.count)
	v := Value{Name: name, Type: t, Shape: shape}
	b.node(op, name, in, attrs, v)
	return v
}

// Full has what write writes computed in fp32 also where the network is in half precision (Half).
func (b *Builder) Full(write func()) {
	was := b.full
	b.full = true
	write()
	b.full = was
}

// Ints is a constant of whole numbers, kept once a graph; no values make a vector of none.
func (b *Builder) Ints(values ...int64) Value {
	data := make([]byte, 0, 8*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return b.constant(fmt.Sprint("int", values), Int64, data, int64(len(values)))
}

// Scalar is an fp32 constant without dimensions.
func (b *Builder) Scalar(v float32) Value {
	return b.constant(fmt.Sprint("float ", v), Float32, binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
}

// Filled is an fp32 vector of n equal values.
func (b *Builder) Filled(v float32, n int64) Value {
	data := make([]byte, 0, 4*n)
	for range n {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return b.constant(fmt.Sprint("float ", v, "×", n), Float32, data, n)
}

func (b *Builder) constant(name string, t DType, data []byte, shape ...int64) Value {
	if v, ok := b.made[name]; ok {
		return v
	}
	return b.keep(name, &Weight{Name: name, Type: t, Shape: shape, Data: data})
}

// keep makes a weight part of the graph, under the key it is found by again.
func (b *Builder) keep(key string, w *Weight) Value {
	b.g.Weights = append(b.g.Weights, w)
	v := Value{Name: w.Name, Type: w.Type, Shape: dims(w.Shape)}
	b.g.know(v)
	b.made[key] = v
	return v
}

func dims(shape []int64) []Dim {
	out := make([]Dim, len(shape))
	for i, n := range shape {
		out[i] = Fixed(n)
	}
	return out
}

// Raw takes a weight as it is stored, seen under the given shape (nil: its own). The
// initializer's name is the weight's, with the shape behind it where that is not its own.
// One that has a scale comes multiplied by it, in fp32.
func (b *Builder) Raw(name string, shape ...int64) Value {
	w, ok := b.source(name)
	if !ok {
		b.Failf("tensor %q is missing", name)
		return Value{Name: name, Type: Float32, Shape: dims(shape)}
	}
	if shape == nil {
		shape = w.Shape
	}
	switch w.Type {
	case Float8E4M3, Float8E5M2, Float16, BFloat16, Float32, Float64:
	default:
		b.Failf("tensor %q holds %s, want a floating type", name, w.Type)
	}
	if elements(shape) != elements(w.Shape) {
		b.Failf("tensor %q has shape %v, want %v", name, w.Shape, shape)
	}
	key := name
	if !slices.Equal(shape, w.Shape) {
		key = fmt.Sprint(name, " as ", shape)
	}
	if v, ok := b.made[key]; ok {
		return v
	}
	b.used[name] = true
	w.Name, w.Shape, w.From = key, shape, name
	scale := w.Scale
	w.Scale = 0
	v := b.keep(key, &w)
	if scale != 0 {
		v = b.Mul(key+"/scale", b.Widen(v), b.Scalar(scale))
		b.made[key] = v
	}
	return v
}

// Weight is Raw widened to fp32.
func (b *Builder) Weight(name string, shape ...int64) Value {
	return b.Widen(b.Raw(name, shape...))
}

// Widen casts a value to fp32 where it is not.
func (b *Builder) Widen(v Value) Value {
	if v.Type == Float32 {
		return v
	}
	key := v.Name + " widened"
	if w, ok := b.made[key]; ok {
		return w
	}
	w := b.Cast(v, Float32)
	b.made[key] = w
	return w
}

// Cast converts a value's elements.
func (b *Builder) Cast(v Value, t DType) Value {
	return b.Op("Cast", v.Name+"/cast", t, v.Shape, map[string]any{"to": int64(t)}, v)
}

func elements(shape []int64) int64 {
	n, err := Bool.Bytes(shape)
	if err != nil {
		return -1
	}
	return n
}

// Sizes is the dimensions [from, to) of a value, as a run finds them.
func (b *Builder) Sizes(v Value, from, to int64) Value {
	return b.Op("Shape", v.Name+"/sizes", Int64, []Dim{Fixed(to - from)}, map[string]any{"start": from, "end": to}, v)
}

// channels is a value's fixed dimension at axis; a mistake is recorded where it is dynamic.
func (b *Builder) channels(path string, v Value, axis int) int64 {
	if axis >= len(v.Shape) || v.Shape[axis].Fixed <= 0 {
		b.Failf("%s: value %q of rank %d has no fixed dimension %d", path, v.Name, len(v.Shape), axis)
		return 1
	}
	return v.Shape[axis].Fixed
}

// with is a copy of a shape with one dimension replaced.
func with(shape []Dim, axis int, d Dim) []Dim {
	out := slices.Clone(shape)
	if axis < len(out) {
		out[axis] = d
	}
	return out
}
