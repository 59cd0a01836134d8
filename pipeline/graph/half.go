package graph

import (
	"encoding/binary"
	"math"
	"slices"
)

// Half is the Change that lets a network compute in half precision (fp16) where that is safe: for
// devices that have it. Weights that are stored so enter as they are, others are converted: by
// the runtime while it loads, or here where they lie in memory. Inputs and outputs of the
// network stay fp32.
//
// In fp32 remain (Micikevicius et al. 2018, section 3.3): what norms and softmax compute, the
// scores of an attention that is written out, what Builder.Full was asked for, and every operator
// that halves does not list. Fused attention is one operator: fused says that the device's gives
// the right numbers in half precision, however large its scores are.
func Half(fused bool) Change {
	return func(g *Graph) error {
		if g.IsForeign() {
			return nil
		}
		h := halving{g: g, fused: fused, outputs: map[string]bool{}, half: map[string]string{}, full: map[string]string{}, casts: map[string]*Node{}}
		for _, v := range g.Outputs {
			h.outputs[v.Name] = true
		}
		for _, w := range g.Weights {
			if w.Type == Float32 && (w.File == "" || w.Decode != nil) {
				h.data(w)
			}
		}
		for _, n := range g.Nodes {
			h.node(n)
		}
		g.Nodes = h.nodes
		g.dropUnused()
		return nil
	}
}

// halves are the operators whose values may be fp16. Of Resize that is the first input only.
var halves = []string{"Conv", "Gemm", "MatMul", "MultiHeadAttention", "Add", "Sub", "Mul", "Sigmoid", "Gelu", "QuickGelu", "Relu",
	"Concat", "Split", "Reshape", "Transpose", "Resize", "Unsqueeze", "Where", "Slice", "Gather", "GatherND", "Pad", "Identity"}

// halving is one graph while it is changed. half and full are the names under which a value
// that was fp32 is to be had in each precision.
type halving struct {
	g          *Graph
	fused      bool
	outputs    map[string]bool
	half, full map[string]string
	casts      map[string]*Node // from fp16 to fp32, left out until somebody wants their result
	nodes      []*Node
}

// data makes a weight in memory, or one that is decoded, available in half precision: as fp16 under another name.
func (h *halving) data(w *Weight) {
	narrow := *w
	narrow.Name, narrow.Type = w.Name+"/half", Float16
	if w.Decode != nil {
		narrow.Decode = func() ([]byte, error) {
			b, err := w.Decode()
			return halved(b), err
		}
	} else {
		narrow.Data = halved(w.Data)
	}
	h.g.Weights = append(h.g.Weights, &narrow)
	h.g.know(Value{Name: narrow.Name, Type: Float16, Shape: dims(w.Shape)})
	h.half[w.Name] = narrow.Name
}

// halved are fp32 values as fp16.
func halved(b []byte) []byte {
	out := make([]byte, 0, len(b)/2)
	for ; len(b) >= 4; b = b[4:] {
		out = AppendHalf(out, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return out
}

func (h *halving) node(n *Node) {
	if n.Op == "Cast" && h.g.Values[n.Inputs[0]].Type == Float16 && h.g.Values[n.Outputs[0]].Type == Float32 {
		h.half[n.Outputs[0]], h.casts[n.Outputs[0]] = n.Inputs[0], n
		return
	}
	c := *n
	c.Inputs = slices.Clone(n.Inputs)
	narrow := !n.Full && slices.Contains(halves, n.Op) && (n.Op != "MultiHeadAttention" || h.fused)
	for i, in := range n.Inputs {
		switch v := h.g.Values[in]; {
		case in == "" || v.Type != Float32 && h.half[in] == "" && h.full[in] == "":
		case n.Op == "Shape" && h.half[in] != "":
			c.Inputs[i] = h.half[in]
		case narrow && (i == 0 || n.Op != "Resize"):
			c.Inputs[i] = h.in(in, Float16, h.half)
		default:
			c.Inputs[i] = h.in(in, Float32, h.full)
		}
	}
	c.Outputs = slices.Clone(n.Outputs)
	var widen []*Node
	for i, out := range n.Outputs {
		v := h.g.Values[out]
		switch {
		case v.Type != Float32:
		case !narrow:
			h.full[out] = out
		case h.outputs[out]:
			v.Name = out + "/half"
			c.Outputs[i], h.half[out], h.full[out] = v.Name, v.Name, out
			widen = append(widen, &Node{Op: "Cast", Name: v.Name + "/cast", Inputs: []string{v.Name}, Outputs: []string{out}, Attrs: map[string]any{"to": int64(Float32)}})
			fallthrough
		default:
			v.Type = Float16
			h.g.know(v)
			h.half[out] = v.Name
		}
	}
	h.nodes = append(append(h.nodes, &c), widen...)
}

// in is the name of a value in a precision; names holds those that are there.
func (h *halving) in(name string, t DType, names map[string]string) string {
	if there := names[name]; there != "" {
		return there
	}
	v := h.g.Values[name]
	if v.Type == t && h.casts[name] == nil { // an input or a weight
		return name
	}
	if n := h.casts[name]; n != nil { // only Float32 is still to be made: half has the value before the cast
		h.nodes = append(h.nodes, n)
		names[name] = name
		return name
	}
	made := Value{Name: name + "/" + t.String(), Type: t, Shape: v.Shape}
	h.nodes = append(h.nodes, &Node{Op: "Cast", Name: made.Name, Inputs: []string{name}, Outputs: []string{made.Name}, Attrs: map[string]any{"to": int64(t)}})
	h.g.know(made)
	names[name] = made.Name
	return made.Name
}

// dropUnused leaves out the weights that no node reads.
func (g *Graph) dropUnused() {
	read := map[string]bool{}
	for _, n := range g.Nodes {
		for _, in := range n.Inputs {
			read[in] = true
		}
	}
	g.Weights = slices.DeleteFunc(g.Weights, func(w *Weight) bool { return !read[w.Name] })
}

// AppendHalf appends a value as fp16, little-endian, rounded to the nearest.
func AppendHalf(b []byte, f float32) []byte {
	return binary.LittleEndian.AppendUint16(b, halfBits(f))
}

// halfBits rounds to the nearest fp16, ties to even; what is beyond its range becomes infinite.
func halfBits(f float32) uint16 {
	bits := math.Float32bits(f)
	sign, magnitude := uint16(bits>>16&0x8000), bits&0x7fffffff
	switch {
	case magnitude > 0x7f800000:
		return sign | 0x7e00
	case magnitude >= 0x47800000: // 65536
		return sign | 0x7c00
	case magnitude < 0x38800000: // below the smallest normal one
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(magnitude))*(1<<24)))
	}
	return sign | uint16((magnitude-0x38000000+0xfff+magnitude>>13&1)>>13)
}
