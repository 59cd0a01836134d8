//go:build cgo

package upscaler

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

// TestModelsOfTensorFlowJSEnlarge: one that repeats each pixel three times along each side, whose
// factor is found, and others are refused as what they are.
func TestModelsOfTensorFlowJSEnlarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.json")
	write := func(topology string) {
		if err := os.WriteFile(path, []byte(`{"modelTopology":`+topology+`}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"class_name":"Sequential","config":{"layers":[{"class_name":"UpSampling2D","config":{"name":"up","batch_input_shape":[null,null,null,3],"size":[3,3]}}]}}`)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Load(context.Background(), ort.New(ort.Config{Device: "cpu"}), model.Options{Device: "cpu"}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	x := &tensor.Tensor{Shape: []int{1, 3, 1, 2}, Data: []float32{0.5, 0.25, 1, 0, 0.125, 0.75}}
	out, err := n.Eval(context.Background(), x)
	if err != nil || n.Times() != 3 || len(out.Data) != 9*len(x.Data) {
		t.Fatalf("×%d: %v, error %v", n.Times(), out, err)
	}
	for i, v := range out.Data {
		if want := x.Data[i/18*2+i%6/3]; v != want {
			t.Fatalf("at %d is %g, want %g", i, v, want)
		}
	}
	for topology, want := range map[string]string{
		`{"node":[{"name":"x","op":"Placeholder","attr":{"shape":{"shape":{"dim":[{"size":"1"},{"size":"385"},{"size":"385"},{"size":"3"}]}}}},{"name":"y","op":"Relu","input":["x"]}]}`: "want one picture of any size",
		`{}`:                                     "lists no layers",
		`{"node":[{"name":"y","op":"Unheard"}]}`: "Unheard",
	} {
		write(topology)
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", topology, err, want)
		}
	}
}
