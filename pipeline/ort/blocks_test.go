package ort

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
)

// TestBlocksMultiplyAsTheirValues: what the runtime computes with blocks is what it computes with
// the values they stand for, up to rounding in fp32, in every form of the session.
func TestBlocksMultiplyAsTheirValues(t *testing.T) {
	const in, out = 96, 40
	for _, kind := range []string{"Q8_0", "Q4_0"} {
		data, _ := pipelinetest.Blocks(kind, row(out, in).Data)
		path := filepath.Join(t.TempDir(), "x.gguf")
		bias := pipelinetest.NewItem("l.bias", "F32", row(1, out).Data, out)
		if err := pipelinetest.WriteGGUF(path, []pipelinetest.Item{{Name: "l.weight", DType: kind, Shape: []int{out, in}, Data: data}, bias}, nil); err != nil {
			t.Fatal(err)
		}
		part, err := checkpoint.OpenPart(path, "")
		if err != nil {
			t.Fatal(err)
		}
		results := map[string][]float32{}
		for _, rows := range []int{1, 3, 70} {
			for _, blocks := range []bool{false, true} {
				v := graph.Variant{}
				if blocks {
					v.Changes = []graph.Change{graph.KeepBlocks}
				}
				b := graph.NewBuilder("blocks", part.Weight, v)
				y := b.Linear("l", b.Input("x", graph.Named("row"), graph.Fixed(in)))
				b.Output("y", y, y.Shape...)
				g, err := b.Finish()
				if err != nil {
					t.Fatal(err)
				}
				if is := g.Nodes[len(g.Nodes)-2].Op == "MatMulNBits"; is != blocks {
					t.Fatalf("%s: the product is a %s", kind, g.Nodes[len(g.Nodes)-2].Op)
				}
				for _, o := range []model.Options{{}, {Fast: true}, {LowMemory: true}} {
					s, err := New(Config{Device: "cpu"}).Open(context.Background(), g, o)
					if err != nil {
						t.Fatal(err)
					}
					got := run(t, s, row(rows, in))
					name := fmt.Sprint(rows)
					if results[name] == nil {
						results[name] = got.Data
					}
					if e := pipelinetest.Relative(got.Data, results[name]); e > 1e-6 {
						t.Errorf("%s, %d rows, blocks %v, %+v: off by %g", kind, rows, blocks, o, e)
					}
					_ = s.Close()
				}
			}
		}
	}
}
