package checkpoint

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/pipeline/tensor"
)

func TestTensorsSurviveTheFile(t *testing.T) {
	want := map[string]*tensor.Tensor{
		"b":     {Shape: []int{2, 3}, Data: []float32{1, -2, 3.5, 0, 5, 6}},
		"a.one": {Shape: []int{}, Data: []float32{7}},
	}
	var buf bytes.Buffer
	if err := WriteTensors(&buf, want); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadTensors(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
	for n, w := range want {
		if g := got[n]; g == nil || !slices.Equal(g.Shape, w.Shape) || !slices.Equal(g.Data, w.Data) {
			t.Errorf("%s: %v, want %v", n, g, w)
		}
	}
	if err := os.WriteFile(path, buf.Bytes()[:buf.Len()-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTensors(path); err == nil {
		t.Error("a cut file was read")
	}
}
