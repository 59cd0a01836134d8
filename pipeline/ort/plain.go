package ort

import (
	"encoding/binary"
	"fmt"
	"math"

	"pentimento/pipeline/graph"
)

// plainAttention returns g with every fused attention written out in plain operators, for
// devices whose fused kernel gives wrong numbers or is missing. g itself is not changed.
// It costs speed (15 % on a processor) and memory (the scores are materialised).
func plainAttention(g *graph.Graph) *graph.Graph {
	out := *g
	out.Nodes, out.Weights = nil, append([]*graph.Weight(nil), g.Weights...)
	for i, n := range g.Nodes {
		if !isAttention(n) {
			out.Nodes = append(out.Nodes, n)
			continue
		}
		nodes, weights := writeOut(n, fmt.Sprintf("plain.%d.", i))
		out.Nodes = append(out.Nodes, nodes...)
		out.Weights = append(out.Weights, weights...)
	}
	return &out
}

// writeOut is the attention of one node: heads apart, softmax(q kᵀ·scale + mask) v, heads
// together again. q is [B,n,C], k and v [B,m,C]; a causal node has n = m.
func writeOut(n *graph.Node, at string) ([]*graph.Node, []*graph.Weight) {
	heads, _ := n.Attrs["num_heads"].(int64)
	scale, _ := n.Attrs["scale"].(float32)
	causal, _ := n.Attrs["unidirectional"].(int64)
	var nodes []*graph.Node
	node := func(op, out string, attrs map[string]any, in ...string) string {
		nodes = append(nodes, &graph.Node{Op: op, Name: at + out, Inputs: in, Outputs: []string{at + out}, Attrs: attrs})
		return at + out
	}
	weights := []*graph.Weight{
		integers(at+"split", 0, 0, heads, -1),
		integers(at+"join", 0, 0, -1),
		{Name: at + "scale", Type: graph.Float32, Data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(scale))},
	}
	apart := func(name, from string, perm ...int64) string {
		return node("Transpose", name+".t", map[string]any{"perm": perm}, node("Reshape", name+".s", nil, from, at+"split"))
	}
	q := apart("q", n.Inputs[0], 0, 2, 1, 3)
	k := apart("k", n.Inputs[1], 0, 2, 3, 1)
	v := apart("v", n.Inputs[2], 0, 2, 1, 3)
	scores := node("MatMul", "scores", nil, node("Mul", "scaled", nil, q, at+"scale"), k)
	if causal != 0 {
		// A triangle of ones as large as the scores: where it is 0, the score becomes -1e9.
		weights = append(weights,
			&graph.Weight{Name: at + "zero", Type: graph.Float32, Data: make([]byte, 4)},
			&graph.Weight{Name: at + "never", Type: graph.Float32, Data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(-1e9))})
		above := node("Trilu", "lower", map[string]any{"upper": int64(0)},
			node("Add", "ones", nil, node("Mul", "zeros", nil, scores, at+"zero"), at+"one"))
		weights = append(weights, &graph.Weight{Name: at + "one", Type: graph.Float32, Data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(1))})
		blocked := node("Mul", "blocked", nil, node("Sub", "upper", nil, at+"one", above), at+"never")
		scores = node("Add", "masked", nil, scores, blocked)
	}
	mixed := node("MatMul", "mixed", nil, node("Softmax", "share", map[string]any{"axis": int64(-1)}, scores), v)
	joined := node("Transpose", "joined", map[string]any{"perm": []int64{0, 2, 1, 3}}, mixed)
	nodes = append(nodes, &graph.Node{Op: "Reshape", Name: at + "out", Inputs: []string{joined, at + "join"}, Outputs: n.Outputs})
	return nodes, weights
}

func integers(name string, values ...int64) *graph.Weight {
	w := &graph.Weight{Name: name, Type: graph.Int64, Shape: []int64{int64(len(values))}}
	for _, v := range values {
		w.Data = binary.LittleEndian.AppendUint64(w.Data, uint64(v))
	}
	return w
}

// isAttention says whether n is an attention in the only form that our graphs write:
// three inputs, nothing implied.
func isAttention(n *graph.Node) bool {
	heads, _ := n.Attrs["num_heads"].(int64)
	scale, _ := n.Attrs["scale"].(float32)
	return n.Op == "MultiHeadAttention" && n.Domain == "com.microsoft" && len(n.Inputs) == 3 && heads > 0 && scale != 0
}
