package graph_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
)

// Every fp16 comes back as itself, and what lies between two is rounded to the nearer, or to the
// even one; the expected values are those of IEEE 754.
func TestHalfRoundsToNearest(t *testing.T) {
	for bits := range 1 << 16 {
		v, err := checkpoint.Widen(binary.LittleEndian.AppendUint16(nil, uint16(bits)), graph.Float16)
		if err != nil {
			t.Fatal(err)
		}
		got := binary.LittleEndian.Uint16(graph.AppendHalf(nil, v[0]))
		if int(got) != bits && !(v[0] != v[0] && got&0x7fff == 0x7e00) {
			t.Fatalf("%04x is %g, and became %04x", bits, v[0], got)
		}
	}
	for v, want := range map[float32]uint16{65519: 0x7bff, 65520: 0x7c00, -1e9: 0xfc00, 1 + 1.0/2048: 0x3c00, 1 + 3.0/2048: 0x3c02,
		1.0/3 + 0: 0x3555, float32(math.Ldexp(1, -25)): 0, float32(math.Ldexp(3, -26)): 1} {
		if got := binary.LittleEndian.Uint16(graph.AppendHalf(nil, v)); got != want {
			t.Errorf("%g became %04x, want %04x", v, got, want)
		}
	}
}

// In half precision a network's inputs and outputs stay fp32, its fp16 weights enter as they lie in
// the file, what would overflow is computed in fp32, and no operator sees two precisions.
func TestHalfKeepsIslands(t *testing.T) {
	for _, fused := range []bool{true, false} {
		g, err := every(shapes())
		if err != nil {
			t.Fatal(err)
		}
		changes := []graph.Change{graph.Half(fused)}
		if !fused {
			changes = append([]graph.Change{graph.PlainAttention}, changes...)
		}
		whole := g.Copy()
		if err := g.Apply(changes...); err != nil {
			t.Fatal(err)
		}
		full := map[string]int{}
		for _, n := range g.Nodes {
			types := map[graph.DType]bool{}
			for i, in := range n.Inputs {
				if v := g.Values[in]; (v.Type == graph.Float16 || v.Type == graph.Float32) && (i == 0 || n.Op != "Resize") {
					types[v.Type] = true
				}
			}
			if len(types) > 1 {
				t.Errorf("%s (%s) reads fp16 and fp32", n.Name, n.Op)
			}
			switch {
			case types[graph.Float32]:
				full[n.Op]++
			case n.Op == "InstanceNormalization" || n.Op == "LayerNormalization" || n.Op == "Softmax":
				t.Errorf("%s is in half precision", n.Name)
			}
			if w := n.Inputs[0]; n.Op == "Cast" && g.Values[n.Outputs[0]].Type == graph.Float32 && slices.ContainsFunc(g.Weights, func(x *graph.Weight) bool { return x.Name == w }) && w != "ln.weight" && w != "ln.bias" {
				t.Errorf("the weight %s is widened", w)
			}
		}
		for op, want := range map[string]int{"Conv": 0, "Gemm": 0, "Gelu": 0, "MultiHeadAttention": 0, "MatMul": map[bool]int{true: 0, false: 1}[fused], "InstanceNormalization": 1, "LayerNormalization": 1} {
			if full[op] != want {
				t.Errorf("fused %v: %d operators %s in fp32, want %d", fused, full[op], op, want)
			}
		}
		for _, v := range append(g.Inputs, g.Outputs...) {
			if v.Type != graph.Float32 {
				t.Errorf("%s is %s", v.Name, v.Type)
			}
		}
		if len(whole.Nodes) == len(g.Nodes) || whole.Values["x"].Type != graph.Float32 {
			t.Error("the graph it was made of was changed")
		}
		if _, err := g.Encode(""); err != nil {
			t.Error(err)
		}
		pipelinetest.CheckONNX(t, g)
	}
}
