//go:build cgo

package tfjs

import (
	"context"
	"fmt"
	"math"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

func run(t *testing.T, runtime model.Runtime, g *graph.Graph, shape []int64, x []float32) map[string]*tensor.Tensor {
	t.Helper()
	s, err := runtime.Open(context.Background(), g, model.Options{Device: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in := &tensor.Tensor{Data: x}
	for _, d := range shape {
		in.Shape = append(in.Shape, int(d))
	}
	out, err := s.Run(context.Background(), map[string]*tensor.Tensor{g.Inputs[0].Name: in})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func equal(t *testing.T, got *tensor.Tensor, shape []int, want []float32) {
	t.Helper()
	if fmt.Sprint(got.Shape) != fmt.Sprint(shape) || len(got.Data) != len(want) {
		t.Fatalf("made %v %v, want %v %v", got.Shape, got.Data, shape, want)
	}
	for i, w := range want {
		if d := math.Abs(float64(got.Data[i] - w)); !(d <= 1e-5*max(1, math.Abs(float64(w)))) {
			t.Fatalf("made %v, want %v", got.Data, want)
		}
	}
}

// TestEveryPartComputesWhatTheFormatSays, alone and within a network whose channels stand first.
func TestEveryPartComputesWhatTheFormatSays(t *testing.T) {
	runtime := ort.New(ort.Config{Device: "cpu"})
	tried := map[string]bool{}
	try := func(c instance, text func(behind bool) string) {
		tried[c.kind] = true
		for _, behind := range []bool{false, true} {
			if behind && len(c.shape) != 4 {
				continue
			}
			t.Run(fmt.Sprintf("%s %s, channels first %v", c.kind, c.name, behind), func(t *testing.T) {
				g, err := Open(save(t, text(behind), c.weights))
				if err != nil {
					t.Fatal(err)
				}
				equal(t, run(t, runtime, g, c.shape, c.read())["made"], c.out, c.want)
			})
		}
	}
	for _, c := range layerCases {
		try(c, c.layerModel)
	}
	for _, k := range kinds {
		if !tried[k.name] {
			t.Errorf("layer %s is read, but no case says what it computes", k.name)
		}
	}
	for _, c := range nodeCases {
		try(c, c.nodeModel)
	}
	for _, o := range operators {
		if !tried[o.name] {
			t.Errorf("operator %s is read, but no case says what it computes", o.name)
		}
	}
}

// TestWeightsAreTheSameInEveryForm: of fp16, of 8 and 16 bits, and divided among files.
func TestWeightsAreTheSameInEveryForm(t *testing.T) {
	const model = `{"modelTopology":{"class_name":"Sequential","config":{"layers":[{"class_name":"Conv2D","config":{"name":"c","batch_input_shape":[null,null,null,2],"use_bias":false}}]}},
		"weightsManifest":[{"paths":["1.bin","2.bin"],"weights":[{"name":"c/kernel","shape":[1,1,2,1],"dtype":"float32"%s}]}]}`
	for _, c := range []struct {
		name, more string
		one, two   []byte
	}{
		{"fp32, divided", "", []byte{0, 0, 0x80, 0x3f, 0, 0}, []byte{0, 0x40}},
		{"fp16", `,"quantization":{"dtype":"float16"}`, []byte{0, 0x3c, 0, 0x40}, nil},
		{"fp16, divided", `,"quantization":{"dtype":"float16"}`, []byte{0, 0x3c, 0}, []byte{0x40}},
		{"8 bits", `,"quantization":{"dtype":"uint8","scale":0.5,"min":-1}`, []byte{4}, []byte{6}},
		{"16 bits", `,"quantization":{"dtype":"uint16","scale":0.00390625,"min":0}`, []byte{0, 1, 0}, []byte{2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := Open(saved(t, fmt.Sprintf(model, c.more), map[string][]byte{"1.bin": c.one, "2.bin": c.two}))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, run(t, ort.New(ort.Config{Device: "cpu"}), g, line, counted(4))["c"], []int{1, 1, 2, 1}, []float32{5, 11})
		})
	}
}

// TestPicturesWithTheirChannelsFirst: the same numbers in another order.
func TestPicturesWithTheirChannelsFirst(t *testing.T) {
	path := save(t, instance{kind: "Concatenate", options: `{"axis":3}`, in: []string{"x", "x"}, shape: line}.layerModel(true), nil)
	g, err := OpenPictures(path)
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, ort.New(ort.Config{Device: "cpu"}), g, []int64{1, 2, 1, 2}, []float32{1, 3, 2, 4})
	equal(t, out["made"], []int{1, 4, 1, 2}, []float32{1, 3, 2, 4, 1, 3, 2, 4})
}

func (c instance) read() []float32 {
	if c.x != nil {
		return c.x
	}
	return counted(c.shape...)
}

func save(t testing.TB, topology string, weights []weight) string {
	t.Helper()
	text, bin := manifestOf(topology, weights)
	return saved(t, text, map[string][]byte{"one.bin": bin})
}
