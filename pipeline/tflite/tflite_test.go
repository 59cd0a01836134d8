package tflite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
)

func written(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWeightsStayInTheFile unless they have to be filled up: also those of fp16.
func TestWeightsStayInTheFile(t *testing.T) {
	model := modelOf([]tensorSpec{
		{shape: []int32{1, 2, 2, 1}}, {shape: []int32{1, 1, 1, 1}, kind: 1, bytes: []byte{0, 0x3c}}, {shape: []int32{1, 1, 1, 1}}, {shape: []int32{1, 2, 2, 1}},
	}, []step{
		{code: 6, in: []int32{1}, out: []int32{2}}, {code: 3, o: fields{1: int32(1), 2: int32(1)}, in: []int32{0, 2}, out: []int32{3}},
	}, []int32{0}, []int32{3})
	path := written(t, "half.tflite", model)
	g, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	w := g.Weights[0]
	for _, x := range g.Weights {
		if x.Type == graph.Float16 {
			w = x
		}
	}
	if w.Type != graph.Float16 || w.Data != nil || w.Decode != nil || w.Length != 2 || string(model[w.Offset:w.Offset+2]) != "\x00\x3c" {
		t.Errorf("the kernel is %+v", w)
	}
	if len(g.Inputs) != 1 || g.Inputs[0].Name != "a" || len(g.Outputs) != 1 || g.Outputs[0].Name != "d" || g.Outputs[0].Shape[1].Fixed != 2 {
		t.Errorf("reads %v and makes %v", g.Inputs, g.Outputs)
	}
	if _, err := g.Encode(filepath.Dir(path)); err != nil {
		t.Error(err)
	}
}

// TestAWrongFileSaysWhatItIs, and a network that isn't read, why.
func TestAWrongFileSaysWhatItIs(t *testing.T) {
	good := convModel()
	for _, c := range []struct {
		content []byte
		want    string
	}{
		{[]byte("\x89PNG\r\n\x1a\n"), "picture (PNG)"},
		{[]byte("7767517\n2 2\n"), "a network of ncnn (.param); want a TensorFlow Lite model"},
		{[]byte("GGUF\x03\x00\x00\x00"), "a GGUF file"},
		{[]byte("PK\x03\x04 archive/data.pkl"), "a file of PyTorch's"},
		{[]byte("\x10\x00\x00\x00\x00\x00\x00\x00{\"a\":{}}"), "a safetensors file"},
		{[]byte("\x08\x07\x12\x07pytorch\x1a\x00"), "an ONNX model"},
		{[]byte("{\"format\":\"layers-model\",\"modelTopology\":{}}"), "a model of TensorFlow.js"},
		{[]byte("<!doctype html>"), "web page"},
		{nil, "want a TensorFlow Lite model"},
		{good[:len(good)/2], "damaged"},
		{modelOf([]tensorSpec{{shape: []int32{1}}, {shape: []int32{1}}}, []step{{code: 32, custom: "Unheard", in: []int32{0}, out: []int32{1}}}, []int32{0}, []int32{1}), "Unheard"},
		{modelOf([]tensorSpec{{shape: []int32{1}, kind: 9}}, nil, []int32{0}, []int32{0}), "want fp32"},
		{modelOf([]tensorSpec{{shape: []int32{1}}, {shape: []int32{1}}}, nil, []int32{0}, []int32{1}), "nothing makes"},
		{modelOf([]tensorSpec{{shape: []int32{1}}}, nil, []int32{7}, []int32{0}), "names tensor 7 of 1"},
		{modelOf([]tensorSpec{{shape: []int32{2}, bytes: floats(1)}}, nil, nil, []int32{0}), "has 4 bytes"},
	} {
		_, err := Open(written(t, "x.tflite", c.content))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "x.tflite") {
			t.Errorf("%.20q: %v, want %q", c.content, err, c.want)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
}

// FuzzOpen: whatever a file holds, it is a graph or an error, in bounded memory.
func FuzzOpen(f *testing.F) {
	f.Add(convModel())
	for _, c := range cases {
		f.Add(c.model(false))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := written(t, "fuzz.tflite", b)
		g, err := Open(path)
		if err != nil {
			return
		}
		_, _ = g.Encode(filepath.Dir(path)) // a sparse weight may not be one
	})
}
