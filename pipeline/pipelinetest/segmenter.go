package pipelinetest

import (
	"fmt"
	"os"
	"path/filepath"

	"pentimento/pipeline/graph"
)

// WriteSegmenter writes an ONNX file shaped as one that finds subjects: it reads input [1,3,side,side] and gives so
// many maps [1,1,side,side], each by an operator of one input. Sides of 0 are free.
func WriteSegmenter(path string, side int64, maps int, op string) error {
	dim := func(name string) graph.Dim {
		if side > 0 {
			return graph.Fixed(side)
		}
		return graph.Named(name)
	}
	shape := func(c int64) []graph.Dim {
		return []graph.Dim{graph.Fixed(1), graph.Fixed(c), dim("height"), dim("width")}
	}
	g := &graph.Graph{Name: "theirs", Inputs: []graph.Value{{Name: "input", Type: graph.Float32, Shape: shape(3)}}}
	for i := range maps {
		name := fmt.Sprint("map", i)
		g.Nodes = append(g.Nodes, &graph.Node{Op: op, Inputs: []string{"input"}, Outputs: []string{name}})
		g.Outputs = append(g.Outputs, graph.Value{Name: name, Type: graph.Float32, Shape: shape(1)})
	}
	b, err := g.Encode(filepath.Dir(path))
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}
