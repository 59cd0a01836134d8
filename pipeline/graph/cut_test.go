package graph_test

import (
	"slices"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
)

// Parts, in their order, need nothing but the graph's inputs and what parts before them made, make
// the graph's outputs, hold each operator with weights once, and keep to the limit as far as one
// operator's weights do. The graph itself stays as it is.
func TestPartsMakeTheWhole(t *testing.T) {
	g, err := every(shapes())
	if err != nil {
		t.Fatal(err)
	}
	whole := g.Copy()
	size := func(w *graph.Weight) int64 {
		n, _ := graph.Float32.Bytes(w.Shape)
		return n
	}
	for _, most := range []int64{1, 400, 1000, 1 << 20} {
		parts, err := g.Cut(most, size)
		if err != nil {
			t.Fatal(err)
		}
		there, layers := map[string]bool{}, map[string]int{}
		for _, v := range g.Inputs {
			there[v.Name] = true
		}
		for _, p := range parts {
			held, one := int64(0), int64(0)
			for _, v := range p.Inputs {
				if !there[v.Name] || v.Type != graph.Float32 {
					t.Errorf("limit %d: %s reads %q (%s), which is not there", most, p.Name, v.Name, v.Type)
				}
			}
			for _, v := range p.Outputs {
				there[v.Name] = true
			}
			for _, w := range p.Weights {
				held += size(w)
				one = max(one, size(w))
			}
			heavy := 0
			for _, n := range p.Nodes {
				if slices.Contains([]string{"Conv", "Gemm", "MultiHeadAttention", "Add", "Mul"}, n.Op) {
					layers[n.Name]++
					heavy++
				}
			}
			if held > most+one+256 && heavy > 4 { // beside those of the limit, weights of one operator
				t.Errorf("limit %d: %s has %d bytes of weights", most, p.Name, held)
			}
		}
		if most == 1000 {
			pipelinetest.CheckONNX(t, parts...)
		}
		for _, v := range g.Outputs {
			if !there[v.Name] {
				t.Errorf("limit %d: nothing makes %q", most, v.Name)
			}
		}
		for name, n := range layers {
			if n != 1 {
				t.Errorf("limit %d: %s is in %d parts", most, name, n)
			}
		}
		if (len(parts) == 1) != (most == 1<<20) || most == 1 && len(parts) < 8 {
			t.Errorf("limit %d: %d parts", most, len(parts))
		}
	}
	if len(g.Nodes) != len(whole.Nodes) || len(g.Outputs) != 1 || g.Outputs[0].Shape[0] != whole.Outputs[0].Shape[0] {
		t.Error("the graph was changed")
	}
}
