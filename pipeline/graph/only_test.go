package graph_test

import (
	"slices"
	"testing"

	"pentimento/pipeline/graph"
)

// TestOnlyTakesWhatMakesAValue: of nodes, weights and inputs a part has those that its values are made of, and what is
// given is an input of it.
func TestOnlyTakesWhatMakesAValue(t *testing.T) {
	source := func(name string) (graph.Weight, bool) {
		shape, ok := map[string][]int64{"a.weight": {8, 4, 3, 3}, "b.weight": {16, 8, 3, 3}, "c.weight": {8, 8, 1, 1}}[name]
		n, _ := graph.Float32.Bytes(shape)
		return graph.Weight{Type: graph.Float32, Shape: shape, Data: make([]byte, n)}, ok
	}
	b := graph.NewBuilder("net", source, graph.Variant{})
	x := b.Input("x", graph.Fixed(1), graph.Fixed(4), graph.Named("height"), graph.Named("width"))
	a := b.Conv("a", x, graph.ConvOptions{})
	c := b.Conv("c", a, graph.ConvOptions{})
	sum := b.Add("sum", a, c)
	last := b.Conv("b", b.Upsample("up", sum, nil), graph.Same)
	b.Output("out", last, last.Shape...)
	g, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	shapes, err := g.Shapes(map[string][]int64{"x": {1, 4, 10, 14}})
	if err != nil || !slices.Equal(shapes[sum.Name], []int64{1, 8, 8, 12}) || !slices.Equal(shapes["out"], []int64{1, 16, 16, 24}) {
		t.Errorf("shapes %v and %v, %v", shapes[sum.Name], shapes["out"], err)
	}
	names := func(g *graph.Graph) (in, weights []string) {
		for _, v := range g.Inputs {
			in = append(in, v.Name)
		}
		for _, w := range g.Weights {
			weights = append(weights, w.Name)
		}
		return in, weights
	}
	first, err := g.Only("first", nil, []string{sum.Name})
	if err != nil {
		t.Fatal(err)
	}
	in, weights := names(first)
	if !slices.Equal(in, []string{"x"}) || len(weights) != 2 || len(first.Nodes) != 3 || first.Outputs[0].Name != sum.Name {
		t.Errorf("the first part reads %v by %v in %d nodes", in, weights, len(first.Nodes))
	}
	rest, err := g.Only("rest", []string{sum.Name}, []string{"out"})
	if err != nil {
		t.Fatal(err)
	}
	if in, weights = names(rest); !slices.Equal(in, []string{sum.Name}) || slices.ContainsFunc(weights, func(w string) bool { return w == "a.weight" || w == "c.weight" }) {
		t.Errorf("the rest reads %v by %v", in, weights)
	}
	if _, err := g.Only("none", []string{"unknown"}, []string{"out"}); err == nil {
		t.Error("a value that there is not was given")
	}
}
