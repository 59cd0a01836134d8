package pipelinetest

import (
	"context"
	"slices"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
)

// rounds are the operators that compute; the others that graph.Half narrows move values about.
var rounds = []string{"Conv", "Gemm", "MatMul", "MultiHeadAttention", "Add", "Sub", "Mul", "Sigmoid", "Gelu", "QuickGelu", "Relu"}

// Rounded is the Change that follows graph.Half for a processor: what an operator makes in half
// precision is computed in fp32 and rounded. The runtime, left to itself, computes whole chains
// of such operators in fp32 and rounds at their ends only, which flatters half precision. A
// card's sums may be rounded more often still.
func Rounded(g *graph.Graph) error {
	var nodes []*graph.Node
	cast := func(from, to string, t graph.DType) {
		nodes = append(nodes, &graph.Node{Op: "Cast", Name: to + "/cast", Inputs: []string{from}, Outputs: []string{to}, Attrs: map[string]any{"to": int64(t)}})
	}
	narrow := func(name string) bool { return g.Values[name].Type == graph.Float16 }
	wide := map[string]bool{}
	for _, n := range g.Nodes {
		if !slices.Contains(rounds, n.Op) || !narrow(n.Outputs[0]) {
			nodes = append(nodes, n)
			continue
		}
		c := *n
		c.Inputs, c.Outputs = slices.Clone(n.Inputs), []string{n.Outputs[0] + "/exact"}
		for i, in := range c.Inputs {
			if !narrow(in) {
				continue
			}
			c.Inputs[i] = in + "/widened"
			if !wide[in] {
				cast(in, c.Inputs[i], graph.Float32)
				wide[in] = true
			}
		}
		nodes = append(nodes, &c)
		cast(c.Outputs[0], n.Outputs[0], graph.Float16)
	}
	g.Nodes = nodes
	return nil
}

// Halving is a Runtime of a device with half precision: networks compute in it as on a card, on the
// Runtime that it wraps, with what they make rounded. Those for which the caller wants none don't.
type Halving struct{ model.Runtime }

// Open opens what a card would.
func (r Halving) Open(ctx context.Context, g *graph.Graph, o model.Options) (model.Session, error) {
	if o.Half != model.FullPrecision {
		g = g.Copy()
		if err := g.Apply(graph.Half(false), Rounded); err != nil {
			return nil, err
		}
	}
	return r.Runtime.Open(ctx, g, o)
}
