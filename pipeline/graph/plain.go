package graph

import (
	"encoding/binary"
	"fmt"
	"math"
)

// PlainAttention is the Change that writes every fused attention out in plain operators:
// for devices whose fused kernel gives wrong numbers or is missing, and for backward
// passes. It costs speed (15 % on a processor) and memory (the scores are materialised).
func PlainAttention(g *Graph) error {
	var nodes []*Node
	for i, n := range g.Nodes {
		if n.Op != "MultiHeadAttention" || n.Domain != microsoftDomain {
			nodes = append(nodes, n)
			continue
		}
		heads, _ := n.Attrs["num_heads"].(int64)
		scale, _ := n.Attrs["scale"].(float32)
		if len(n.Inputs) != 3 || heads < 1 || scale == 0 {
			return fmt.Errorf("node %q: an attention with %d inputs, %d heads and scale %g, want three inputs and nothing implied", n.Name, len(n.Inputs), heads, scale)
		}
		p := plain{g: g, at: fmt.Sprintf("plain.%d.", i), full: n.Full}
		p.attention(n, heads, scale)
		nodes = append(nodes, p.nodes...)
	}
	g.Nodes = nodes
	return nil
}

// plain is one attention while it is written out.
type plain struct {
	g     *Graph
	at    string
	full  bool // see Node.Full
	nodes []*Node
}

// attention takes the heads apart, softmax(q kᵀ·scale + mask) v, and puts the heads
// together again. q is [B,n,C], k and v [B,m,C]; a causal node has n = m.
func (p *plain) attention(n *Node, heads int64, scale float32) {
	batch, rows, keys, size, deep, h := Named("batch"), Named("query"), Named("key"), Named("head size"), Named("head size"), Fixed(heads)
	if q, v := p.g.Values[n.Inputs[0]], p.g.Values[n.Inputs[2]]; len(q.Shape) == 3 && len(v.Shape) == 3 {
		batch, rows, keys = q.Shape[0], q.Shape[1], v.Shape[1]
		size, deep = Fixed(q.Shape[2].Fixed/heads), Fixed(v.Shape[2].Fixed/heads)
	}
	split, join := p.ints("split", 0, 0, heads, -1), p.ints("join", 0, 0, -1)
	factor := p.scalar("scale", scale)
	apart := func(name, from string, rows, size Dim, perm ...int64) string {
		by := []Dim{batch, rows, h, size}
		s := p.node("Reshape", name+".s", by, nil, from, split)
		return p.node("Transpose", name+".t", []Dim{by[perm[0]], by[perm[1]], by[perm[2]], by[perm[3]]}, map[string]any{"perm": perm}, s)
	}
	q := apart("q", n.Inputs[0], rows, size, 0, 2, 1, 3)
	k := apart("k", n.Inputs[1], keys, size, 0, 2, 3, 1)
	v := apart("v", n.Inputs[2], keys, deep, 0, 2, 1, 3)
	square := []Dim{batch, h, rows, keys}
	p.full = true // scores are beyond the range of fp16, and their differences beyond its precision
	scores := p.node("MatMul", "scores", square, nil, p.node("Mul", "scaled", []Dim{batch, h, rows, size}, nil, q, factor), k)
	if causal, _ := n.Attrs["unidirectional"].(int64); causal != 0 {
		// A triangle of ones as large as the scores: where it is 0, the score becomes -1e9.
		zero, one, never := p.scalar("zero", 0), p.scalar("one", 1), p.scalar("never", -1e9)
		ones := p.node("Add", "ones", square, nil, p.node("Mul", "zeros", square, nil, scores, zero), one)
		upper := p.node("Sub", "upper", square, nil, one, p.node("Trilu", "lower", square, map[string]any{"upper": int64(0)}, ones))
		scores = p.node("Add", "masked", square, nil, scores, p.node("Mul", "blocked", square, nil, upper, never))
	}
	share := p.node("Softmax", "share", square, map[string]any{"axis": int64(-1)}, scores)
	p.full = n.Full
	mixed := p.node("MatMul", "mixed", []Dim{batch, h, rows, deep}, nil, share, v)
	joined := p.node("Transpose", "joined", []Dim{batch, rows, h, deep}, map[string]any{"perm": []int64{0, 2, 1, 3}}, mixed)
	p.nodes = append(p.nodes, &Node{Op: "Reshape", Name: p.at + "out", Inputs: []string{joined, join}, Outputs: n.Outputs, Full: n.Full})
}

func (p *plain) node(op, out string, shape []Dim, attrs map[string]any, in ...string) string {
	out = p.at + out
	p.nodes = append(p.nodes, &Node{Op: op, Name: out, Inputs: in, Outputs: []string{out}, Attrs: attrs, Full: p.full})
	p.g.know(Value{Name: out, Type: Float32, Shape: shape})
	return out
}

func (p *plain) ints(name string, values ...int64) string {
	w := &Weight{Name: p.at + name, Type: Int64, Shape: []int64{int64(len(values))}}
	for _, v := range values {
		w.Data = binary.LittleEndian.AppendUint64(w.Data, uint64(v))
	}
	return p.add(w)
}

func (p *plain) scalar(name string, v float32) string {
	return p.add(&Weight{Name: p.at + name, Type: Float32, Data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(v))})
}

func (p *plain) add(w *Weight) string {
	p.g.Weights = append(p.g.Weights, w)
	p.g.know(Value{Name: w.Name, Type: w.Type, Shape: dims(w.Shape)})
	return w.Name
}
