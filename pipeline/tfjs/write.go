package tfjs

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"pentimento/pipeline/graph"
)

// writer writes operators of a graph. A picture is a value in up to two forms: with its channels
// last, as in the file, and first, as ONNX computes. What is made in one form is turned into the
// other where somebody asks for it.
type writer struct {
	b        *graph.Builder
	weights  map[string]graph.Weight
	values   map[string]forms
	channels bool   // they stand first in pictures that are read and made
	path     string // the layer or node at hand
	err      error
}

// forms are a value as it is in the file, and with its channels first. One that isn't there has no name.
type forms struct{ last, first graph.Value }

// The orders of dimensions that lead from one form to the other.
var (
	toFirst = []int64{0, 3, 1, 2}
	toLast  = []int64{0, 2, 3, 1}
)

func newWriter(name string, weights map[string]graph.Weight) *writer {
	w := &writer{weights: weights, values: map[string]forms{}}
	source := func(name string) (graph.Weight, bool) {
		x, ok := weights[name]
		return x, ok && (x.Type == graph.Float32 || x.Type == graph.Float16)
	}
	w.b = graph.NewBuilder(name, source, graph.Variant{})
	return w
}

func (w *writer) failf(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// input begins the network with a value of the given shape; dimensions below 1 are open.
func (w *writer) input(name string, shape []int64) {
	dims := make([]graph.Dim, len(shape))
	for i, d := range shape {
		dims[i] = graph.Named(fmt.Sprintf("%s[%d]", name, i))
		if d > 0 {
			dims[i] = graph.Fixed(d)
		}
	}
	if w.channels && len(dims) == 4 {
		w.values[name] = forms{first: w.b.Input(name, dims[0], dims[3], dims[1], dims[2])}
		return
	}
	w.values[name] = forms{last: w.b.Input(name, dims...)}
}

// finish makes values the outputs.
func (w *writer) finish(outputs []string) (*graph.Graph, error) {
	if len(outputs) == 0 {
		return nil, fmt.Errorf("makes nothing")
	}
	for _, name := range outputs {
		v, first := w.either(name)
		if w.channels && len(v.Shape) == 4 {
			v = w.first(name)
		} else if first {
			v = w.plain(name)
		}
		if w.err != nil {
			return nil, w.err
		}
		w.b.Output(name, v, v.Shape...)
	}
	return w.b.Finish()
}

// plain is a value as the file has it.
func (w *writer) plain(name string) graph.Value {
	f, ok := w.values[name]
	switch {
	case f.last.Name != "":
		return f.last
	case ok:
		f.last = w.turn(f.first, toLast)
	case w.b.Has(name):
		shape := w.weights[name].Shape
		if len(shape) == 0 {
			shape = []int64{1} // one number, for every place
		}
		f.last = w.b.Weight(name, shape...)
	default:
		w.failf("reads %q, which nothing makes, or which isn't fp32", name)
		return graph.Value{Name: name, Type: graph.Float32}
	}
	w.values[name] = f
	return f.last
}

// first is a picture with its channels first.
func (w *writer) first(name string) graph.Value {
	f := w.values[name]
	if f.first.Name == "" {
		v := w.plain(name)
		f = w.values[name]
		f.first = w.turn(v, toFirst)
		w.values[name] = f
	}
	return f.first
}

func (w *writer) turn(v graph.Value, perm []int64) graph.Value {
	if len(v.Shape) != len(perm) {
		w.failf("reads %q of rank %d, want %d", v.Name, len(v.Shape), len(perm))
		return v
	}
	shape := make([]graph.Dim, len(perm))
	for i, p := range perm {
		shape[i] = v.Shape[p]
	}
	return w.b.Op("Transpose", v.Name+"/turned", v.Type, shape, map[string]any{"perm": perm}, v)
}

// kernel is a weight of rank 4, its dimensions in another order.
func (w *writer) kernel(name string, perm ...int64) (graph.Value, []int64) {
	s := w.weights[name].Shape
	if !w.b.Has(name) || len(s) != 4 || slices.Contains(s, 0) {
		w.failf("has a kernel %q of shape %v, want a weight of rank 4", name, s)
		return graph.Value{Name: name, Type: graph.Float32}, []int64{1, 1, 1, 1}
	}
	return w.turn(w.b.Weight(name), perm), []int64{s[perm[0]], s[perm[1]], s[perm[2]], s[perm[3]]}
}

// ints are the numbers of a weight of whole numbers.
func (w *writer) ints(name string) []int64 {
	x := w.weights[name]
	if x.Type != graph.Int32 || x.File == "" || x.Decode != nil || x.Length > 256 {
		w.failf("takes %q, which is no short list of whole numbers", name)
		return nil
	}
	b := make([]byte, x.Length)
	if err := readAt(x.File, b, x.Offset); err != nil {
		w.failf("%w", err)
		return nil
	}
	out := []int64{}
	for ; len(b) >= 4; b = b[4:] {
		out = append(out, int64(int32(binary.LittleEndian.Uint32(b))))
	}
	return out
}

// open are dimensions of a picture whose height and width are open.
func (w *writer) open(channels graph.Dim) []graph.Dim {
	return []graph.Dim{graph.Named(w.path + " batch"), channels, graph.Named(w.path + " height"), graph.Named(w.path + " width")}
}

func (w *writer) op(op string, shape []graph.Dim, attrs map[string]any, in ...graph.Value) graph.Value {
	return w.b.Op(op, w.path, graph.Float32, shape, attrs, in...)
}

// gives makes v the value of the part at hand; channels says that they stand first.
func (w *writer) gives(v graph.Value, channels bool) {
	f := forms{last: v}
	if channels {
		f = forms{first: v}
	}
	w.values[w.path] = f
}

// either is a value in the form that is at hand, channels first if it can be.
func (w *writer) either(name string) (v graph.Value, channels bool) {
	if w.values[name].first.Name != "" {
		return w.first(name), true
	}
	return w.plain(name), false
}

// window is how a kernel walks over a picture, heights first.
type window struct {
	size, step, spread [2]int64
	padding            string   // "SAME", "VALID" or "EXPLICIT"
	pads               [4]int64 // top, left, bottom, right
}

func (w *writer) attrs(o window) map[string]any {
	for _, v := range [][2]int64{o.size, o.step, o.spread} {
		if min(v[0], v[1]) < 1 || max(v[0], v[1]) > 1<<16 {
			w.failf("has a window of %v, steps of %v and spread of %v", o.size, o.step, o.spread)
			o = window{size: [2]int64{1, 1}, step: [2]int64{1, 1}, spread: [2]int64{1, 1}, padding: "VALID"}
		}
	}
	a := map[string]any{"kernel_shape": o.size[:], "strides": o.step[:]}
	if o.spread != [2]int64{1, 1} {
		a["dilations"] = o.spread[:]
	}
	switch o.padding {
	case "VALID":
	case "EXPLICIT":
		a["pads"] = o.pads[:]
	case "SAME":
		if o.step != [2]int64{1, 1} { // by how many places fit into what is read
			a["auto_pad"] = "SAME_UPPER"
			break
		}
		h, v := (o.size[0]-1)*o.spread[0], (o.size[1]-1)*o.spread[1]
		a["pads"] = []int64{h / 2, v / 2, h - h/2, v - v/2}
	default:
		w.failf("pads in the way %q, which is not read", o.padding)
	}
	return a
}

// conv is a convolution by a kernel [h,w,in,out], or, deep, [h,w,in,multiplier].
func (w *writer) conv(in, kernel, bias string, deep bool, o window) graph.Value {
	x := w.first(in)
	var k graph.Value
	var s []int64
	if groups := int64(1); deep {
		k, s = w.kernel(kernel, 2, 3, 0, 1)
		out := s[0] * s[1]
		groups = s[0]
		s = []int64{out, 1, s[2], s[3]}
		k = w.b.Op("Reshape", w.path, graph.Float32, []graph.Dim{graph.Fixed(out), graph.Fixed(1), graph.Fixed(s[2]), graph.Fixed(s[3])}, nil, k, w.b.Ints(s...))
		o.size = [2]int64{s[2], s[3]}
		a := w.attrs(o)
		a["group"] = groups
		return w.biased("Conv", x, k, bias, s[0], a)
	}
	k, s = w.kernel(kernel, 3, 2, 0, 1)
	o.size = [2]int64{s[2], s[3]}
	return w.biased("Conv", x, k, bias, s[0], w.attrs(o))
}

func (w *writer) biased(op string, x, k graph.Value, bias string, out int64, attrs map[string]any) graph.Value {
	in := []graph.Value{x, k}
	if bias != "" {
		if s := w.weights[bias].Shape; !w.b.Has(bias) || len(s) != 1 || s[0] != out {
			w.failf("has offsets %q of shape %v, want [%d]", bias, s, out)
			return x
		}
		in = append(in, w.b.Weight(bias))
	}
	return w.op(op, w.open(graph.Fixed(out)), attrs, in...)
}

// activations are those that go by a name, in small letters.
var activations = map[string]string{"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu", "softplus": "Softplus"}

func (w *writer) activated(v graph.Value, name string) graph.Value {
	switch op := activations[name]; {
	case name == "" || name == "linear":
		return v
	case name == "relu6":
		return w.op("Clip", v.Shape, nil, v, w.b.Scalar(0), w.b.Scalar(6))
	case name == "softmax":
		return w.op("Softmax", v.Shape, map[string]any{"axis": int64(-1)}, v)
	case op == "":
		w.failf("has the activation %q, which is not read", name)
		return v
	default:
		return w.op(op, v.Shape, nil, v)
	}
}

// joined computes by twos, from the left, with both in the same form.
func (w *writer) joined(op string, names []string) {
	channels := slices.ContainsFunc(names, func(n string) bool { return w.values[n].first.Name != "" })
	for _, n := range names {
		if f := w.values[n]; w.b.Has(n) {
			channels = channels && len(w.weights[n].Shape) <= 4
		} else if f.first.Name == "" {
			channels = channels && len(f.last.Shape) == 4
		}
	}
	v := w.beside(names[0], channels)
	for _, n := range names[1:] {
		y := w.beside(n, channels)
		v = w.op(op, wider(v.Shape, y.Shape), nil, v, y)
	}
	w.gives(v, channels)
}

// wider is the shape of what two values make, the smaller spread over the larger.
func wider(a, b []graph.Dim) []graph.Dim {
	if len(b) > len(a) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, d := range b {
		if k := len(a) - len(b) + i; out[k].Fixed == 1 {
			out[k] = d
		}
	}
	return out
}

// beside is a value in the wished form; weights are spread over pictures as in the file.
func (w *writer) beside(name string, channels bool) graph.Value {
	if !channels {
		return w.plain(name)
	}
	if !w.b.Has(name) {
		return w.first(name)
	}
	shape := w.weights[name].Shape
	if n, err := graph.Bool.Bytes(shape); err != nil || n == 1 {
		return w.b.Weight(name, 1)
	}
	if len(shape) == 1 {
		return w.b.Weight(name, shape[0], 1, 1)
	}
	return w.turn(w.b.Weight(name, append(slices.Repeat([]int64{1}, 4-len(shape)), shape...)...), toFirst)
}

// times are the factors by which a picture grows.
func (w *writer) times(h, width float32) graph.Value {
	var data []byte
	for _, f := range []float32{1, 1, h, width} {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(f))
	}
	key := w.path + ".times"
	w.weights[key] = graph.Weight{Type: graph.Float32, Shape: []int64{4}, Data: data}
	return w.b.Raw(key)
}
