package tfjs

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline/graph"
)

// node is one of TensorFlow's operators. What it reads is named by nodes; a name with ^ before it
// only says what runs earlier.
type node struct {
	Name  string               `json:"name"`
	Op    string               `json:"op"`
	Input []string             `json:"input"`
	Attr  map[string]attribute `json:"attr"`
}

// attribute is an option of a node. Numbers of 64 bits are strings, and strings base64.
type attribute struct {
	S    string          `json:"s"`
	I    json.Number     `json:"i"`
	F    float64         `json:"f"`
	B    bool            `json:"b"`
	Type json.RawMessage `json:"type"`
	List struct {
		I []json.Number `json:"i"`
		S []string      `json:"s"`
	} `json:"list"`
	Shape struct {
		Dim []struct {
			Size json.Number `json:"size"`
		} `json:"dim"`
	} `json:"shape"`
}

// text is a string of a list, or alone.
func text(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return s
	}
	return string(b)
}

func number(n json.Number, other int64) int64 {
	v, err := strconv.ParseInt(string(n), 10, 64)
	if err != nil {
		return other
	}
	return v
}

func (a attribute) ints() (out []int64) {
	for _, n := range a.List.I {
		out = append(out, number(n, 0))
	}
	return out
}

// operator is a row of the table: what a node must read, and how it is written.
type operator struct {
	name  string
	in    int
	write func(w *writer, n *node)
}

// operators are those that are read.
var operators = []operator{
	{"Identity", 1, same}, {"Cast", 1, same},
	{"_FusedConv2D", 2, fusedConv}, {"Conv2D", 2, fusedConv}, {"FusedDepthwiseConv2dNative", 2, fusedConv}, {"DepthwiseConv2dNative", 2, fusedConv},
	{"MaxPool", 1, poolNode}, {"AvgPool", 1, poolNode}, {"BiasAdd", 2, together("Add")},
	{"Add", 2, together("Add")}, {"AddV2", 2, together("Add")}, {"AddN", 2, together("Add")}, {"Sub", 2, together("Sub")}, {"Mul", 2, together("Mul")},
	{"RealDiv", 2, together("Div")}, {"Maximum", 2, together("Max")}, {"Minimum", 2, together("Min")}, {"Prelu", 2, together("PRelu")},
	{"Relu", 1, activation("relu")}, {"Relu6", 1, activation("relu6")}, {"Sigmoid", 1, activation("sigmoid")}, {"Tanh", 1, activation("tanh")}, {"Softmax", 1, activation("softmax")},
	{"Pad", 2, padNode}, {"ResizeBilinear", 2, resizeNode}, {"ResizeNearestNeighbor", 2, resizeNode}, {"Reshape", 2, reshapeNode},
	{"DepthToSpace", 1, func(w *writer, n *node) {
		b := number(n.Attr["block_size"].I, 0)
		if b < 1 || b > 64 {
			w.failf("lays channels out as %d×%d pixels", b, b)
			return
		}
		w.blocks(n.Input[0], b)
	}},
	{"ConcatV2", 2, concatNode}, {"Unpack", 1, unpackNode}, {"Pack", 1, packNode}, {"ExpandDims", 2, expandNode}, {"Squeeze", 1, squeezeNode}, {"Mean", 2, meanNode},
}

// operators writes those nodes that the outputs need.
func (w *writer) operators(nodes []*node, own, wanted []string) (*graph.Graph, error) {
	byName, read := map[string]*node{}, map[string]bool{}
	for _, n := range nodes {
		if n == nil || byName[n.Name] != nil {
			return nil, errors.New("holds a node twice, or one that is none")
		}
		for i, in := range n.Input {
			in, _, _ = strings.Cut(in, ":")
			n.Input[i] = in
			read[in] = true
		}
		n.Input = slices.DeleteFunc(n.Input, func(in string) bool { return strings.HasPrefix(in, "^") })
		byName[n.Name] = n
	}
	if len(wanted) == 0 {
		wanted = own
	}
	if len(wanted) == 0 { // what nobody reads
		for _, n := range nodes {
			if !read[n.Name] && n.Op != "Const" {
				wanted = append(wanted, n.Name)
			}
		}
	}
	order, err := ordered(byName, wanted)
	if err != nil {
		return nil, err
	}
	for _, n := range order {
		if err := w.node(n); err != nil {
			return nil, fmt.Errorf("node %q (%s): %w", n.Name, n.Op, err)
		}
	}
	return w.finish(wanted)
}

// ordered are the nodes that the wanted ones need, each after what it reads.
func ordered(byName map[string]*node, wanted []string) (order []*node, err error) {
	const begun, done = 1, 2
	state := map[string]int{}
	stack := slices.Clone(wanted)
	slices.Reverse(stack)
	for len(stack) > 0 {
		name := stack[len(stack)-1]
		n := byName[name]
		switch {
		case n == nil:
			return nil, fmt.Errorf("names the node %q, which it does not have", name)
		case state[name] == 0:
			state[name] = begun
			for _, in := range n.Input {
				if state[in] == begun {
					return nil, fmt.Errorf("its node %q reads what it makes itself, which is not read here", in)
				}
				if state[in] == 0 {
					stack = append(stack, in)
				}
			}
			continue
		case state[name] == begun:
			state[name] = done
			order = append(order, n)
		}
		stack = stack[:len(stack)-1]
	}
	return order, nil
}

func (w *writer) node(n *node) error {
	switch w.path = n.Name; n.Op {
	case "Const": // a weight
		return nil
	case "Placeholder":
		var shape []int64
		for _, d := range n.Attr["shape"].Shape.Dim {
			shape = append(shape, number(d.Size, -1))
		}
		w.input(n.Name, shape)
		return nil
	}
	i := slices.IndexFunc(operators, func(o operator) bool { return o.name == n.Op })
	switch {
	case i < 0:
		return errors.New("is of a kind that is not read here")
	case len(n.Input) < operators[i].in:
		return fmt.Errorf("reads %d values, want %d at least", len(n.Input), operators[i].in)
	}
	operators[i].write(w, n)
	return w.err
}

// same gives on what it reads: all numbers are fp32 here, and whole ones are as they came.
func same(w *writer, n *node) {
	if to := string(n.Attr["DstT"].Type); n.Op == "Cast" && to != `"DT_FLOAT"` && to != "1" {
		w.failf("turns numbers into %s, which is not read", to)
	}
	w.plain(n.Input[0])
	w.values[n.Name] = w.values[n.Input[0]]
}

func activation(name string) func(w *writer, n *node) {
	return func(w *writer, n *node) { w.each(n.Input[0], name) }
}

func together(op string) func(w *writer, n *node) {
	return func(w *writer, n *node) { w.joined(op, n.Input) }
}

// walk is how a node's window walks.
func (w *writer) walk(n *node) window {
	if f := text(n.Attr["data_format"].S); f != "" && f != "NHWC" {
		w.failf("has pictures as %s, want NHWC", f)
	}
	two := func(name string) [2]int64 {
		if v := n.Attr[name].ints(); len(v) == 4 {
			return [2]int64{v[1], v[2]}
		}
		return [2]int64{1, 1}
	}
	o := window{size: two("ksize"), step: two("strides"), spread: two("dilations"), padding: text(n.Attr["padding"].S)}
	if p := n.Attr["explicit_paddings"].ints(); o.padding == "EXPLICIT" {
		if len(p) != 8 || slices.Min(p) < 0 {
			w.failf("pads by %v", p)
			return o
		}
		o.pads = [4]int64{p[2], p[4], p[3], p[5]}
	}
	return o
}

// fusedConv is a convolution, and what is fused with it: offsets, then an activation.
func fusedConv(w *writer, n *node) {
	fused := n.Attr["fused_ops"].List.S
	bias, act := "", ""
	for i, f := range fused {
		switch f = text(f); {
		case f == "BiasAdd" && i == 0 && len(n.Input) > 2:
			bias = n.Input[2]
		case f == "Prelu" && len(n.Input) > 3, f == "LeakyRelu":
			act = f
		default:
			act = strings.ToLower(f)
		}
	}
	v := w.conv(n.Input[0], n.Input[1], bias, strings.Contains(n.Op, "epthwise"), w.walk(n))
	switch act {
	case "Prelu":
		v = w.op("PRelu", v.Shape, nil, v, w.beside(n.Input[3], true))
	case "LeakyRelu":
		v = w.op("LeakyRelu", v.Shape, map[string]any{"alpha": float32(n.Attr["leakyrelu_alpha"].F)}, v)
	default:
		v = w.activated(v, act)
	}
	w.gives(v, true)
}

func poolNode(w *writer, n *node) {
	x := w.first(n.Input[0])
	attrs := w.attrs(w.walk(n))
	if w.err == nil {
		w.gives(w.op(map[string]string{"MaxPool": "MaxPool", "AvgPool": "AveragePool"}[n.Op], w.open(x.Shape[1]), attrs, x), true)
	}
}

func padNode(w *writer, n *node) {
	x := w.plain(n.Input[0])
	by, rank := w.ints(n.Input[1]), len(x.Shape)
	if len(by) != 2*rank {
		w.failf("pads rank %d by %v", rank, by)
		return
	}
	var front, back []int64
	shape := make([]graph.Dim, rank)
	for i := range rank {
		front, back = append(front, by[2*i]), append(back, by[2*i+1])
		if shape[i] = graph.Named(fmt.Sprintf("%s[%d]", w.path, i)); x.Shape[i].Fixed > 0 && min(by[2*i], by[2*i+1]) >= 0 {
			shape[i] = graph.Fixed(x.Shape[i].Fixed + by[2*i] + by[2*i+1])
		}
	}
	w.gives(w.op("Pad", shape, map[string]any{"mode": "constant"}, x, w.b.Ints(append(front, back...)...)), false)
}

func resizeNode(w *writer, n *node) {
	x, size := w.first(n.Input[0]), w.ints(n.Input[1])
	if len(size) != 2 || w.err != nil {
		w.failf("resizes to %v", size)
		return
	}
	near, corners, centres := n.Op == "ResizeNearestNeighbor", n.Attr["align_corners"].B, n.Attr["half_pixel_centers"].B
	attrs := map[string]any{"mode": "linear", "coordinate_transformation_mode": "asymmetric"}
	if near {
		attrs["mode"], attrs["nearest_mode"] = "nearest", "floor"
	}
	if corners || centres {
		attrs["coordinate_transformation_mode"] = map[bool]string{true: "align_corners", false: "half_pixel"}[corners]
		if near {
			attrs["nearest_mode"] = "round_prefer_ceil"
		}
	}
	to := w.b.Op("Concat", w.path, graph.Int64, []graph.Dim{graph.Fixed(4)}, map[string]any{"axis": int64(0)}, w.b.Sizes(x, 0, 2), w.b.Ints(size...))
	shape := []graph.Dim{x.Shape[0], x.Shape[1], graph.Named(w.path + " height"), graph.Named(w.path + " width")}
	w.gives(w.op("Resize", shape, attrs, x, graph.Value{}, graph.Value{}, to), true)
}
