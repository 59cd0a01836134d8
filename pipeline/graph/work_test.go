package graph_test

import (
	"testing"

	"pentimento/pipeline/graph"
)

// Two convolutions in a row hold what is read and what is made; an activation between them writes
// over what it reads, unless a sum wants it later; weights in half precision take half.
func TestWorkIsWhatIsAliveAtOnce(t *testing.T) {
	source := func(name string) (graph.Weight, bool) {
		shape, ok := map[string][]int64{"a.weight": {8, 4, 3, 3}, "b.weight": {16, 8, 3, 3}, "c.weight": {8, 8, 1, 1}}[name]
		n, _ := graph.Float16.Bytes(shape)
		return graph.Weight{Type: graph.Float16, Shape: shape, Data: make([]byte, n)}, ok
	}
	const side = 10
	plane := int64(4 * side * side)
	for name, c := range map[string]struct {
		write func(b *graph.Builder, x graph.Value) graph.Value
		want  int64 // channels of fp32
		held  int64 // elements
	}{
		"in a row": {func(b *graph.Builder, x graph.Value) graph.Value {
			h := b.Conv("a", x, graph.Same)
			return b.Conv("b", b.Op("Relu", "act", graph.Float32, h.Shape, nil, h), graph.Same)
		}, 4 + 8 + 16, 4*8*9 + 8*16*9},
		"a sum": {func(b *graph.Builder, x graph.Value) graph.Value {
			h := b.Conv("a", x, graph.Same)
			return b.Add("sum", h, b.Conv("c", b.Op("Relu", "act", graph.Float32, h.Shape, nil, h), graph.ConvOptions{}))
		}, 4 + 3*8, 4*8*9 + 8*8},
	} {
		b := graph.NewBuilder(name, source, graph.Variant{})
		x := b.Input("x", graph.Named("batch"), graph.Fixed(4), graph.Named("height"), graph.Named("width"))
		h := c.write(b, x)
		b.Output("out", h, h.Shape...)
		g, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		got, err := g.Work(map[string][]int64{"x": {1, 4, side, side}})
		if err != nil || got != c.want*plane {
			t.Errorf("%s: %d bytes and %v, want %d", name, got, err, c.want*plane)
		}
		if g.Held() != 4*c.held {
			t.Errorf("%s: weights of %d bytes, want %d", name, g.Held(), 4*c.held)
		}
		if err := g.Apply(graph.Half(true)); err != nil {
			t.Fatal(err)
		}
		narrow, err := g.Work(map[string][]int64{"x": {1, 4, side, side}})
		if err != nil || narrow > got || g.Held() != 2*c.held {
			t.Errorf("%s: in half precision %d bytes, %v; weights of %d, want %d", name, narrow, err, g.Held(), 2*c.held)
		}
	}
	g, err := every(shapes())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := g.Work(map[string][]int64{"x": {2, 4, 9, 7}}); err != nil || n < 2*4*9*7*4 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if _, err := g.Work(nil); err == nil {
		t.Error("inputs without shapes were accepted")
	}
}
