package checkpoint

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
)

// All values of binary16 are widened to the same numbers, by whatever way.
func TestHalvesAreWidenedAlike(t *testing.T) {
	const n = 1 << 16
	b := make([]byte, 0, 2*n)
	for i := range n {
		b = binary.LittleEndian.AppendUint16(b, uint16(i))
	}
	for _, last := range []int{n, n - 1, 31, 1, 0} { // also what no step of the fast way divides
		got, err := Widen(b[:2*last], graph.Float16)
		if err != nil || len(got) != last {
			t.Fatal(len(got), err)
		}
		for i, v := range got {
			if w := half(uint16(i)); math.Float32bits(v) != math.Float32bits(w) && (v == v || w == w) {
				t.Fatalf("%#04x is %g, want %g", i, v, w)
			}
		}
	}
	if _, err := Widen(b[:3], graph.Float16); err == nil {
		t.Error("a value and a half were widened")
	}
}

// A Reader gives in pieces what Floats gives at once, and says where a tensor ends.
func TestAReaderReadsPieces(t *testing.T) {
	const n = 150001
	var items []pipelinetest.Item
	for _, kind := range []string{"F32", "F16", "BF16"} {
		items = append(items, pipelinetest.NewItem(kind, kind, pipelinetest.Uniform(kind, 3, n).Data, n))
	}
	eight := pipelinetest.Item{Name: "F8", DType: "F8_E4M3", Shape: []int{n}, Data: make([]byte, n)}
	for i := range eight.Data {
		eight.Data[i] = byte(i % 126)
	}
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := pipelinetest.WriteSafetensors(path, append(items, eight), nil); err != nil {
		t.Fatal(err)
	}
	p, err := OpenPart(path, "test")
	if err != nil {
		t.Fatal(err)
	}
	view, scaled := p.Tensors["F32"], p.Tensors["F8"]
	view.Name, view.Shape, view.Stride, view.Length = "view", []int64{75000, 2}, []int64{1, 75000}, 600000
	scaled.Name, scaled.scale = "scaled", 0.3
	p.Tensors["view"], p.Tensors["scaled"] = view, scaled
	random := rand.New(rand.NewPCG(1, 1))
	var r Reader // one for all
	for name, tensor := range p.Tensors {
		want, err := tensor.Floats()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Open(tensor); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(want))
		for at := 0; at < len(got); {
			end := min(at+1+random.IntN(90000), len(got))
			if err := r.Read(got[at:end]); err != nil {
				t.Fatalf("%s, values %d to %d: %v", name, at, end, err)
			}
			at = end
		}
		for i, v := range got {
			if v != want[i] {
				t.Fatalf("%s: value %d is %g, want %g", name, i, v, want[i])
			}
		}
		if err := r.Read(make([]float32, 1)); err == nil {
			t.Errorf("%s: a value behind the last was read", name)
		}
	}
	r.Close()
	r.Close()
}
