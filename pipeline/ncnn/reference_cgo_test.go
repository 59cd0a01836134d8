//go:build cgo

package ncnn

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

func run(t *testing.T, runtime model.Runtime, g *graph.Graph, x *tensor.Tensor) map[string]*tensor.Tensor {
	t.Helper()
	s, err := runtime.Open(context.Background(), g, model.Options{Device: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Run(context.Background(), map[string]*tensor.Tensor{g.Inputs[0].Name: x})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryLayerComputesWhatTheFormatSays.
func TestEveryLayerComputesWhatTheFormatSays(t *testing.T) {
	runtime := ort.New(ort.Config{Device: "cpu"})
	tried := map[string]bool{}
	for _, c := range cases {
		kind, _, _ := strings.Cut(c.line, " ")
		tried[kind] = true
		t.Run(c.name, func(t *testing.T) {
			g, err := Open(save(t, c.text(), c.bin))
			if err != nil {
				t.Fatal(err)
			}
			x := &tensor.Tensor{Shape: append([]int{1}, c.shape...), Data: c.read()}
			got := run(t, runtime, g, x)["made"]
			if fmt.Sprint(got.Shape) != fmt.Sprint(append([]int{1}, c.out...)) {
				t.Fatalf("made shape %v, want %v", got.Shape, c.out)
			}
			for i, w := range c.want {
				if d := math.Abs(float64(got.Data[i] - w)); d > 1e-5*max(1, math.Abs(float64(w))) {
					t.Fatalf("made %v, want %v", got.Data, c.want)
				}
			}
			if len(got.Data) != len(c.want) {
				t.Fatalf("made %v, want %v", got.Data, c.want)
			}
		})
	}
	for _, row := range layers {
		if !tried[row.kind] {
			t.Errorf("layer %s is read, but no case says what it computes", row.kind)
		}
	}
}

func (c instance) read() []float32 {
	if c.x != nil {
		return c.x
	}
	return counted(c.shape...)
}
