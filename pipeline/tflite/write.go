package tflite

import (
	"fmt"
	"io"
	"slices"

	"pentimento/pipeline/graph"
)

// writer turns the operators of a file into those of a graph. A picture is a value in up to two
// forms: with its channels last, as in the file, and first, as ONNX computes. What is made in one
// form is turned into the other where somebody asks for it, so that a network of convolutions is
// turned around at its ends only.
type writer struct {
	b      *graph.Builder
	r      io.ReaderAt
	n      *network
	as     []*array // constants: a tensor, or what it was before it was widened or filled up
	values []forms
	o      *operator // at hand
	path   string    // its name
	err    error
}

// forms are a value as it is in the file, and with its channels first. One that isn't there has no name.
type forms struct{ last, first graph.Value }

// The orders of dimensions that lead from one form to the other.
var (
	toFirst = []int64{0, 3, 1, 2}
	toLast  = []int64{0, 2, 3, 1}
)

func write(name, path string, r io.ReaderAt, n *network) (*graph.Graph, error) {
	w := &writer{r: r, n: n, as: make([]*array, len(n.tensors)), values: make([]forms, len(n.tensors))}
	weights, made := map[string]graph.Weight{}, int64(0)
	for i, a := range n.tensors {
		a.key = fmt.Sprintf("%s [%d]", a.name, i)
		if a.size == 0 {
			continue
		}
		w.as[i] = a
		weight, ok := a.weight(path)
		if !ok {
			continue
		}
		weights[a.key] = weight
		if weight.Decode != nil {
			bytes, err := weight.Type.Bytes(weight.Shape)
			if made += bytes; err != nil || bytes > maxDense || made > maxDense {
				return nil, fmt.Errorf("its tensor %q of shape %v, and others, would take more than %d bytes", a.name, a.shape, maxDense)
			}
		}
	}
	w.b = graph.NewBuilder(name, func(name string) (graph.Weight, bool) { weight, ok := weights[name]; return weight, ok }, graph.Variant{})
	for _, i := range n.inputs {
		a := n.tensors[i]
		if stored[a.kind] != graph.Float32 || slices.ContainsFunc(a.shape, func(d int64) bool { return d < 1 }) {
			return nil, fmt.Errorf("reads %q of shape %v and element type %d, want fp32 of a fixed shape", a.name, a.shape, a.kind)
		}
		w.values[i].last = w.b.Input(a.name, dims(a.shape)...)
	}
	for k, o := range n.operators {
		if err := w.operator(o); err != nil {
			return nil, fmt.Errorf("operator %d (%s): %w", k, w.path, err)
		}
	}
	for _, i := range n.outputs {
		v := w.plain(i)
		if w.err != nil {
			return nil, w.err
		}
		if v.Type != graph.Float32 {
			v = w.b.Cast(v, graph.Float32)
		}
		w.b.Output(n.tensors[i].name, v, dims(n.tensors[i].shape)...)
	}
	return w.b.Finish()
}

func (w *writer) operator(o *operator) error {
	w.o, w.path = o, fmt.Sprint("kind ", o.code)
	if o.custom != "" {
		w.path = o.custom
	}
	row := customs[o.custom]
	if o.code >= 0 && o.code < int64(len(operators)) && o.code != codeCustom {
		row = operators[o.code]
	}
	switch {
	case row.write == nil:
		return fmt.Errorf("is not known here")
	case len(o.in) < row.in || len(o.out) < 1 || slices.Contains(o.in[:row.in], -1):
		return fmt.Errorf("is damaged: it reads %v and makes %v, want at least %d and 1", o.in, o.out, row.in)
	}
	w.path = w.n.tensors[o.out[0]].name
	row.write(w)
	return w.err
}

func (w *writer) failf(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func dims(shape []int64) []graph.Dim {
	out := make([]graph.Dim, len(shape))
	for i, n := range shape {
		out[i] = graph.Fixed(n)
	}
	return out
}

// moved is a list in the order of dimensions perm.
func moved[T any](list []T, perm []int64) []T {
	out := make([]T, len(perm))
	for i, p := range perm {
		out[i] = list[p]
	}
	return out
}

// in is a tensor that the operator at hand reads; -1: none.
func (w *writer) in(i int) int64 {
	if i >= len(w.o.in) {
		return -1
	}
	return w.o.in[i]
}

// shape is that of a tensor which the operator reads.
func (w *writer) shape(i int) []int64 { return w.n.tensors[w.o.in[i]].shape }

// made is the shape of what the operator makes.
func (w *writer) made() []int64 { return w.n.tensors[w.o.out[0]].shape }

// picture is the shape [B,h,w,C] of a picture that the operator reads.
func (w *writer) picture(i int) []int64 {
	if s := w.shape(i); len(s) == 4 && len(w.made()) == 4 {
		return s
	}
	w.failf("turns shape %v into %v, want pictures of rank 4", w.shape(i), w.made())
	return []int64{1, 1, 1, 1}
}

// plain is a tensor as the file has it.
func (w *writer) plain(i int64) graph.Value {
	f := &w.values[i]
	switch {
	case f.last.Name != "":
	case f.first.Name != "":
		f.last = w.turn(f.first, toLast)
	default:
		f.last = w.constant(i)
	}
	return f.last
}

// first is a picture with its channels first.
func (w *writer) first(i int64) graph.Value {
	f := &w.values[i]
	if f.first.Name == "" {
		v := w.plain(i)
		if len(v.Shape) != 4 {
			w.failf("reads shape %v, want a picture of rank 4", w.n.tensors[i].shape)
			return v
		}
		f.first = w.turn(v, toFirst)
	}
	return f.first
}

func (w *writer) turn(v graph.Value, perm []int64) graph.Value {
	if len(v.Shape) != len(perm) {
		w.failf("reads %q of rank %d, want %d", v.Name, len(v.Shape), len(perm))
		return v
	}
	return w.b.Op("Transpose", v.Name+"/turned", v.Type, moved(v.Shape, perm), map[string]any{"perm": perm}, v)
}

// constant is a constant of fp32, seen under the given shape (none: its own).
func (w *writer) constant(i int64, shape ...int64) graph.Value {
	a := w.as[i]
	if a == nil || !w.b.Has(a.key) {
		w.failf("reads %q, which nothing makes, or whose element type %d is not read", w.n.tensors[i].name, w.n.tensors[i].kind)
		return graph.Value{Name: w.path, Type: graph.Float32, Shape: dims(shape)}
	}
	if shape == nil {
		shape = a.shape
	}
	if len(shape) == 0 {
		shape = []int64{1} // one number, for every place
	}
	return w.b.Weight(a.key, shape...)
}

// kernel is the constant that the operator reads at i, of rank 4, its dimensions in another order.
func (w *writer) kernel(i int, perm ...int64) (graph.Value, []int64) {
	a := w.as[w.o.in[i]]
	if a == nil || len(a.shape) != 4 {
		w.failf("has a kernel of shape %v, want a constant of rank 4", w.shape(i))
		return graph.Value{Name: w.path, Type: graph.Float32}, []int64{1, 1, 1, 1}
	}
	return w.turn(w.constant(w.o.in[i]), perm), moved(a.shape, perm)
}

// ints are the whole numbers that the operator reads at i, which must be a constant.
func (w *writer) ints(i, n int) []int64 {
	out := make([]int64, max(n, 0))
	if w.in(i) < 0 || w.as[w.in(i)] == nil {
		w.failf("takes numbers that are computed, which is not read")
		return out
	}
	got, err := w.as[w.in(i)].ints(w.r)
	if err == nil && n >= 0 && len(got) != n {
		err = fmt.Errorf("takes %d numbers, want %d", len(got), n)
	}
	if err != nil {
		w.failf("%w", err)
		return out
	}
	return got
}

// isPicture says whether a tensor is at hand with its channels first.
func (w *writer) isPicture(i int64) bool { return w.values[i].first.Name != "" }

// gives makes v what the operator makes: channels says that they stand first.
func (w *writer) gives(v graph.Value, channels bool) {
	if channels {
		w.values[w.o.out[0]].first = v
	} else {
		w.values[w.o.out[0]].last = v
	}
}

// op writes an operator that makes what the one at hand makes, with channels first or as in the file.
func (w *writer) op(op string, channels bool, attrs map[string]any, in ...graph.Value) graph.Value {
	shape := dims(w.made())
	if channels && len(shape) == 4 {
		shape = moved(shape, toFirst)
	}
	return w.b.Op(op, w.path, graph.Float32, shape, attrs, in...)
}

// activated is v after the activation that is fused with an operator (ActivationFunctionType).
func (w *writer) activated(v graph.Value, kind int64) graph.Value {
	same := func(op string, in ...graph.Value) graph.Value {
		return w.b.Op(op, w.path, graph.Float32, v.Shape, nil, in...)
	}
	switch kind {
	case 0:
		return v
	case 1:
		return same("Relu", v)
	case 2:
		return same("Clip", v, w.b.Scalar(-1), w.b.Scalar(1))
	case 3:
		return same("Clip", v, w.b.Scalar(0), w.b.Scalar(6))
	case 4:
		return same("Tanh", v)
	}
	w.failf("has the activation %d, which is not read", kind)
	return v
}
