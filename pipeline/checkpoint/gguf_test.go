package checkpoint_test

import (
	"bytes"
	"math/rand"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
)

// A large tensor in blocks is written widened like a small one: blocks of 210 bytes divide no
// piece of the file into whole values.
func TestLargeTensorsOfBlocksAreWritten(t *testing.T) {
	const rows, columns, block, size = 2000, 1024, 256, 210
	data := make([]byte, rows*columns/block*size)
	rand.New(rand.NewSource(1)).Read(data)
	for at := size - 2; at < len(data); at += size { // the scale: fp16 of a usual size
		data[at], data[at+1] = 0x00, 0x2c
	}
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := pipelinetest.WriteGGUF(path, []pipelinetest.Item{{Name: "w", DType: "Q6_K", Shape: []int{rows, columns}, Data: data}}, nil); err != nil {
		t.Fatal(err)
	}
	p, err := checkpoint.OpenPart(path, "")
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Tensors["w"].Floats()
	if err != nil || len(want) != rows*columns {
		t.Fatalf("%d values, %v", len(want), err)
	}
	var widened, copied bytes.Buffer
	if err := checkpoint.WriteWidened(&widened, p); err != nil {
		t.Fatal(err)
	}
	if err := p.Tensors["w"].CopyTo(&copied); err != nil {
		t.Fatal(err)
	}
	got, err := checkpoint.Widen(copied.Bytes(), graph.Float32)
	if err != nil || !slices.Equal(got, want) || !bytes.HasSuffix(widened.Bytes(), copied.Bytes()) {
		t.Error("what is written is not what is read")
	}
}
