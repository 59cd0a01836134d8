package pipelinetest

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/tensor"
)

// yoloPlaces are the places of WriteYolo's networks, so many that channels stand first beyond doubt.
const yoloPlaces = 40

// yoloTable is the weight that such a network gives whatever it is shown.
const yoloTable = "boxes"

// WriteYolo writes a network of YOLOv8's form as ONNX, which reads 64 × 64 pixels and always finds the same: of each
// place the middle, width and height in its pixels, and a score of each class. It returns its path.
func WriteYolo(t testing.TB, dir, name string, classes []string, places ...[]float32) string {
	t.Helper()
	fields := 4 + len(classes)
	table := make([]float32, fields*yoloPlaces)
	for i, p := range places {
		for k, v := range p {
			table[k*yoloPlaces+i] = v
		}
	}
	data := make([]byte, 4*len(table))
	for i, v := range table {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	var names []string
	for i, c := range classes {
		names = append(names, string(rune('0'+i))+": '"+c+"'")
	}
	shape := []graph.Dim{graph.Fixed(1), graph.Fixed(int64(fields)), graph.Fixed(yoloPlaces)}
	g := &graph.Graph{
		Name: "yolo", Meta: map[string]string{"names": "{" + strings.Join(names, ", ") + "}"},
		Inputs:  []graph.Value{{Name: "images", Type: graph.Float32, Shape: []graph.Dim{graph.Fixed(1), graph.Fixed(3), graph.Fixed(64), graph.Fixed(64)}}},
		Outputs: []graph.Value{{Name: "output0", Type: graph.Float32, Shape: shape}},
		Weights: []*graph.Weight{{Name: yoloTable, Type: graph.Float32, Shape: []int64{1, int64(fields), yoloPlaces}, Data: data}},
		Nodes:   []*graph.Node{{Op: "Identity", Name: "found", Inputs: []string{yoloTable}, Outputs: []string{"output0"}}},
	}
	model, err := g.Encode(dir)
	path := filepath.Join(dir, name)
	if err == nil {
		err = os.WriteFile(path, model, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Finding is a runtime's Eval that also evaluates WriteYolo's networks.
func Finding(next func(context.Context, *graph.Graph, map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error)) func(context.Context, *graph.Graph, map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	return func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		for _, w := range g.Weights {
			if w.Name == yoloTable {
				t := tensor.New(int(w.Shape[0]), int(w.Shape[1]), int(w.Shape[2]))
				for i := range t.Data {
					t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(w.Data[4*i:]))
				}
				return map[string]*tensor.Tensor{g.Outputs[0].Name: t}, nil
			}
		}
		return next(ctx, g, in)
	}
}
