//go:build cgo

package tflite

import (
	"context"
	"math"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

// run evaluates a graph of one input.
func run(t *testing.T, runtime model.Runtime, g *graph.Graph, x []float32) map[string]*tensor.Tensor {
	t.Helper()
	s, err := runtime.Open(context.Background(), g, model.Options{Device: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in := &tensor.Tensor{Data: x}
	for _, d := range g.Inputs[0].Shape {
		in.Shape = append(in.Shape, int(d.Fixed))
	}
	out, err := s.Run(context.Background(), map[string]*tensor.Tensor{g.Inputs[0].Name: in})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryOperatorComputesWhatTheFormatSays, alone and within a network whose channels stand first.
func TestEveryOperatorComputesWhatTheFormatSays(t *testing.T) {
	runtime := ort.New(ort.Config{Device: "cpu"})
	tried := map[int32]bool{6: true, 124: true} // by TestSparseHalvesAreFilledUp
	for _, c := range cases {
		tried[c.code] = true
		for _, behind := range []bool{false, true} {
			if behind && len(c.shape) != 4 {
				continue
			}
			t.Run(map[bool]string{false: c.name, true: c.name + ", channels first"}[behind], func(t *testing.T) {
				g, err := Open(written(t, "one.tflite", c.model(behind)))
				if err != nil {
					t.Fatal(err)
				}
				got := run(t, runtime, g, c.read())[g.Outputs[0].Name]
				same(t, got, c.out, c.want)
			})
		}
	}
	for code, row := range operators {
		if row.write != nil && !tried[int32(code)] {
			t.Errorf("operator %d is read, but no case says what it computes", code)
		}
	}
}

func same(t *testing.T, got *tensor.Tensor, shape []int32, want []float32) {
	t.Helper()
	if len(got.Data) != len(want) || len(got.Shape) != len(shape) {
		t.Fatalf("made shape %v: %v, want %v: %v", got.Shape, got.Data, shape, want)
	}
	for i, d := range shape {
		if got.Shape[i] != int(d) {
			t.Fatalf("made shape %v, want %v", got.Shape, shape)
		}
	}
	for i, w := range want {
		if d := math.Abs(float64(got.Data[i] - w)); d > 1e-5*max(1, math.Abs(float64(w))) {
			t.Fatalf("made %v, want %v", got.Data, want)
		}
	}
}

// TestSparseHalvesAreFilledUp: kernels 1, 0, 2 and offsets 0, 5, 10.
func TestSparseHalvesAreFilledUp(t *testing.T) {
	g, err := Open(written(t, "sparse.tflite", convModel()))
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, ort.New(ort.Config{Device: "cpu"}), g, []float32{1, 2, 3, 4})[g.Outputs[0].Name]
	same(t, got, []int32{1, 2, 2, 3}, []float32{1, 5, 12, 2, 5, 14, 3, 5, 16, 4, 5, 18})
}

func (c instance) read() []float32 {
	if c.x != nil {
		return c.x
	}
	return counted(c.shape...)
}
