package graph

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Held is what a graph's weights take once it is open, in bytes: those that are only cast are
// held in the type that they are cast to.
func (g *Graph) Held() (n int64) {
	cast, plain := map[string]DType{}, map[string]bool{}
	for _, node := range g.Nodes {
		for _, in := range node.Inputs {
			if node.Op == "Cast" {
				cast[in] = g.Values[node.Outputs[0]].Type
			} else {
				plain[in] = true
			}
		}
	}
	for _, w := range g.Weights {
		t, there := cast[w.Name]
		if !there || plain[w.Name] {
			t = w.Type
		}
		size, _ := t.Bytes(w.Shape) // checked where the graph was made
		n += size
	}
	return n
}

// Work is the most that the values of one evaluation take at once, in bytes, for inputs of the
// given shapes: by what each operator reads and makes, a value being let go after its last reader.
// What reshapes takes nothing, and what computes element by element writes over what nobody
// reads any more. Memory of the kernels' own, and what an allocator loses between values, come
// on top. It knows the operators of denoisers and of most upscalers; others are an error.
func (g *Graph) Work(inputs map[string][]int64) (most int64, err error) {
	if g.IsForeign() {
		return 0, nil // nothing is known of it
	}
	w, err := newWorker(g, inputs)
	if err != nil {
		return 0, err
	}
	for _, v := range g.Inputs {
		most += w.bytes(v.Name)
	}
	now := most
	for i, n := range g.Nodes {
		for _, in := range n.Inputs {
			w.last[w.of(in)] = i
		}
		if slices.Contains(views, n.Op) {
			w.root[n.Outputs[0]] = w.of(n.Inputs[0])
		}
	}
	for _, v := range g.Outputs {
		w.last[w.of(v.Name)] = len(g.Nodes)
	}
	made := map[string]int64{}
	for i, n := range g.Nodes {
		if err := w.infer(n); err != nil {
			return 0, fmt.Errorf("graph %q: node %q (%s): %w", g.Name, n.Name, n.Op, err)
		}
		for _, out := range n.Outputs {
			if w.of(out) == out && w.floats(n) {
				made[out] = w.bytes(out)
				now += made[out]
			}
		}
		if over := w.of(n.Inputs[0]); slices.Contains(elementwise, n.Op) && w.last[over] == i && made[over] == made[n.Outputs[0]] {
			now -= made[over]
			delete(made, over)
		}
		most = max(most, now)
		for name := range made {
			if w.last[name] <= i {
				now -= made[name]
				delete(made, name)
			}
		}
	}
	return most, nil
}

// views are the operators that give their first input another shape; elementwise, those that may
// write over it.
var (
	views       = []string{"Reshape", "Unsqueeze", "Identity"}
	elementwise = []string{"Add", "Sub", "Mul", "Sigmoid", "Gelu", "QuickGelu", "Relu", "LeakyRelu", "PRelu", "Tanh", "Softmax"}
)

// worker follows one evaluation by its shapes.
type worker struct {
	g      *Graph
	shapes map[string][]int64
	ints   map[string][]int64 // the values of whole numbers
	root   map[string]string  // whose memory a value is
	last   map[string]int     // the last node that reads it
}

// newWorker knows the shapes of weights and inputs.
func newWorker(g *Graph, inputs map[string][]int64) (*worker, error) {
	w := &worker{g: g, shapes: map[string][]int64{}, ints: map[string][]int64{}, root: map[string]string{}, last: map[string]int{}}
	for _, x := range g.Weights {
		w.shapes[x.Name] = x.Shape
		for b := x.Data; x.Type == Int64 && len(b) >= 8; b = b[8:] {
			w.ints[x.Name] = append(w.ints[x.Name], int64(binary.LittleEndian.Uint64(b)))
		}
	}
	for _, v := range g.Inputs {
		if len(inputs[v.Name]) != len(v.Shape) {
			return nil, fmt.Errorf("graph %q: input %q of shape %v, want %d dimensions", g.Name, v.Name, inputs[v.Name], len(v.Shape))
		}
		w.shapes[v.Name] = inputs[v.Name]
	}
	return w, nil
}

func (w *worker) of(name string) string {
	if r, ok := w.root[name]; ok {
		return r
	}
	return name
}

func (w *worker) bytes(name string) int64 {
	n, _ := w.g.Values[name].Type.Bytes(w.shapes[name]) // shapes come of shapes
	return n
}

// floats says that a node makes values that an evaluation computes: not sizes, nor casts of weights.
func (w *worker) floats(n *Node) bool {
	t := w.g.Values[n.Outputs[0]].Type
	return (t == Float32 || t == Float16) && !(n.Op == "Cast" && slices.ContainsFunc(w.g.Weights, func(x *Weight) bool { return x.Name == n.Inputs[0] }))
}

// infer finds the shapes, or the values, of what a node makes.
func (w *worker) infer(n *Node) error {
	in := make([][]int64, len(n.Inputs))
	for i, name := range n.Inputs {
		in[i] = w.shapes[name]
		if _, shaped := w.shapes[name]; name != "" && !shaped && w.ints[name] == nil {
			return fmt.Errorf("nothing is known of %q", name)
		}
	}
	set := func(shape ...int64) error {
		if slices.ContainsFunc(shape, func(d int64) bool { return d < 1 }) {
			return fmt.Errorf("inputs of shapes %v make one of shape %v", in, shape)
		}
		w.shapes[n.Outputs[0]] = shape
		return nil
	}
	if w.counts(n, in) {
		return nil
	}
	switch n.Op {
	case "Cast", "Identity", "Sigmoid", "Gelu", "QuickGelu", "Relu", "LeakyRelu", "PRelu", "Tanh", "Softmax", "InstanceNormalization", "LayerNormalization":
		return set(in[0]...)
	case "Add", "Sub", "Mul":
		return set(broadcast(in[0], in[1])...)
	case "Conv", "ConvTranspose", "Slice", "DepthToSpace", "GlobalAveragePool":
		shape, err := w.places(n, in)
		if err != nil {
			return err
		}
		return set(shape...)
	case "Gemm":
		return set(in[0][0], in[1][1-n.number("transB")])
	case "MatMulNBits":
		return set(in[0][0], n.number("N"))
	case "MatMul":
		return set(append(broadcast(in[0][:len(in[0])-2], in[1][:len(in[1])-2]), in[0][len(in[0])-2], in[1][len(in[1])-1])...)
	case "MultiHeadAttention":
		return set(in[0][0], in[0][1], in[2][2])
	case "Reshape":
		return set(reshaped(in[0], w.ints[n.Inputs[1]])...)
	case "Transpose", "Pad", "Concat", "Resize":
		return set(w.rearranged(n, in)...)
	case "Unsqueeze":
		return set(slices.Insert(slices.Clone(in[0]), int(w.ints[n.Inputs[1]][0]), 1)...)
	case "Split":
		a := n.axis(len(in[0]))
		for i, out := range n.Outputs {
			shape := slices.Clone(in[0])
			shape[a] = w.ints[n.Inputs[1]][i]
			w.shapes[out] = shape
		}
		return nil
	}
	return fmt.Errorf("its memory is not known")
}

// counts finds what a node makes of sizes; false: it makes something else.
func (w *worker) counts(n *Node, in [][]int64) bool {
	switch out := n.Outputs[0]; n.Op {
	case "Shape":
		w.ints[out] = in[0][n.number("start"):n.number("end")]
		return true
	case "Add":
		a, b := w.ints[n.Inputs[0]], w.ints[n.Inputs[1]]
		if a == nil || len(a) != len(b) {
			return false
		}
		w.ints[out] = slices.Clone(a)
		for i := range b {
			w.ints[out][i] += b[i]
		}
		return true
	case "Concat":
		if w.g.Values[out].Type != Int64 {
			return false
		}
		for _, name := range n.Inputs {
			w.ints[out] = append(w.ints[out], w.ints[name]...)
		}
		return true
	}
	return false
}

// rearranged is the shape that a node makes of its input's places, and of those of more inputs.
func (w *worker) rearranged(n *Node, in [][]int64) []int64 {
	shape := slices.Clone(in[0])
	switch n.Op {
	case "Transpose":
		for i, from := range n.Attrs["perm"].([]int64) {
			shape[i] = in[0][from]
		}
	case "Pad":
		pads := w.ints[n.Inputs[1]]
		for i := range shape {
			shape[i] += pads[i] + pads[i+len(shape)]
		}
	case "Concat":
		a := n.axis(len(shape))
		for _, more := range in[1:] {
			shape[a] += more[a]
		}
	case "Resize":
		if len(n.Inputs) == 4 {
			return w.ints[n.Inputs[3]]
		}
		for i, by := range w.times(n.Inputs[2]) {
			shape[i] = int64(float32(shape[i]) * by)
		}
	}
	return shape
}

func broadcast(a, b []int64) []int64 {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, d := range b {
		at := len(a) - len(b) + i
		out[at] = max(out[at], d)
	}
	return out
}

// reshaped is a shape with the wish's 0 (as it was) and −1 (what is left) filled in.
func reshaped(from, wish []int64) []int64 {
	out, all, open := slices.Clone(wish), int64(1), -1
	for _, d := range from {
		all *= d
	}
	for i, d := range wish {
		switch {
		case d == 0 && i < len(from):
			out[i] = from[i]
		case d == -1:
			open = i
			continue
		}
		all /= max(out[i], 1)
	}
	if open >= 0 {
		out[open] = all
	}
	return out
}
