package graph_test

import (
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
)

// weights is a source of made-up weights: a name's shape, all zeros.
func weights(shapes map[string][]int64) graph.Source {
	return func(name string) (graph.Weight, bool) {
		s, ok := shapes[name]
		if !ok {
			return graph.Weight{}, false
		}
		n, err := graph.Float16.Bytes(s)
		return graph.Weight{Type: graph.Float16, Shape: s, Data: make([]byte, n)}, err == nil
	}
}

// every builds a graph that uses each layer of the builder once.
func every(shapes map[string][]int64) (*graph.Graph, error) {
	b := graph.NewBuilder("every layer", weights(shapes), graph.Variant{})
	x := b.Input("x", graph.Named("batch"), graph.Fixed(4), graph.Named("height"), graph.Named("width"))
	h := b.SiLU("act", b.GroupNorm("norm", x, 2, 1e-5))
	h = b.Conv("conv", h, graph.ConvOptions{Stride: 2, Pads: graph.Same.Pads})
	h = b.Concat("join", b.Upsample("like", h, &x), b.Upsample("double", h, nil))
	rows := b.LayerNorm("ln", b.Rows("rows", h), 1e-5)
	rows = b.Attention("attn", rows, rows, b.QuickGELU("quick", b.Linear("linear", rows)), 2, true)
	rows = b.GEGLU("ff", b.Project("matrix", rows))
	h = b.Picture("picture", rows, h)
	b.Output("out", h, h.Shape...)
	return b.Finish()
}

func shapes() map[string][]int64 {
	return map[string][]int64{"norm.weight": {4}, "norm.bias": {4}, "conv.weight": {4, 4, 3, 3}, "conv.bias": {4},
		"ln.weight": {8}, "ln.bias": {8}, "linear.weight": {8, 8, 1, 1}, "matrix": {8, 6}, "ff.weight": {10, 6}, "ff.bias": {10}}
}

func TestCheckerAcceptsEveryLayer(t *testing.T) {
	g, err := every(shapes())
	if err != nil {
		t.Fatal(err)
	}
	pipelinetest.CheckONNX(t, g)
}

// Wrapping moves the padding out of each convolution, along the axes it is asked for, and
// leaves a graph that the checker accepts; a graph wrapped along no axis stays as it was.
func TestWrapMovesThePadding(t *testing.T) {
	for _, axes := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
		g, err := every(shapes())
		if err != nil {
			t.Fatal(err)
		}
		before := len(g.Nodes)
		if err := g.Apply(graph.Wrap(axes[0], axes[1])); err != nil {
			t.Fatal(err)
		}
		added := 0
		if axes[0] || axes[1] {
			added = 1 // of its layers one is a convolution
		}
		if len(g.Nodes) != before+added {
			t.Errorf("axes %v: %d operators of %d, want %d more", axes, len(g.Nodes), before, added)
		}
		for _, n := range g.Nodes {
			pads, _ := n.Attrs["pads"].([]int64)
			if n.Op == "Conv" && ((pads[0]+pads[2] == 0) != axes[1] || (pads[1]+pads[3] == 0) != axes[0]) {
				t.Errorf("axes %v: a convolution still pads by %v", axes, pads)
			}
		}
		pipelinetest.CheckONNX(t, g)
	}
}

// The first mistake is reported with the module's path, and building on does not panic.
func TestMistakesNameTheirModule(t *testing.T) {
	for name, v := range map[string]struct {
		shape []int64
		want  string
	}{
		"norm.weight":   {nil, `tensor "norm.weight" has shape [], want [4 1 1]`},
		"conv.weight":   {[]int64{4, 5, 3, 3}, "conv: weight has shape [4 5 3 3], want [out 4 k k]"},
		"linear.weight": {[]int64{8, 7}, "linear: weight has shape [8 7], want [out 8]"},
		"matrix":        {[]int64{7, 6}, "matrix has shape [7 6], want [8 out]"},
		"ff.weight":     {[]int64{9, 6}, `"ff.bias" has shape [10], want [9]`},
		"ln.bias":       {[]int64{1 << 62, 4}, `tensor "ln.bias" is missing`},
	} {
		s := shapes()
		s[name] = v.shape
		if _, err := every(s); err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: error %v, want one that says %s", name, err, v.want)
		}
	}
	for name := range shapes() {
		s := shapes()
		delete(s, name)
		_, err := every(s)
		if optional := strings.HasSuffix(name, ".bias") && !strings.HasPrefix(name, "norm") && !strings.HasPrefix(name, "ln"); (err == nil) != optional {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
