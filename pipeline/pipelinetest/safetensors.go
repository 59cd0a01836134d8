// Package pipelinetest holds what tests of the pipeline's rooms share: readers of
// reference values, error metrics, generators of reference inputs and a fake runtime.
package pipelinetest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"

	"pentimento/pipeline/tensor"
)

// ReadSafetensors reads a small file of F32 tensors. It is for references that this
// repository wrote itself; user files go through pipeline/checkpoint.
func ReadSafetensors(path string) (map[string]*tensor.Tensor, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(raw) < 8 || binary.LittleEndian.Uint64(raw) > uint64(len(raw)-8) {
		return nil, fmt.Errorf("%s: no safetensors header", path)
	}
	n := binary.LittleEndian.Uint64(raw)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(raw[8:8+n], &header); err != nil {
		return nil, fmt.Errorf("%s: header: %w", path, err)
	}
	out := map[string]*tensor.Tensor{}
	for name, entry := range header {
		if name == "__metadata__" {
			continue
		}
		var e struct {
			DType   string `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}
		if err := json.Unmarshal(entry, &e); err != nil {
			return nil, fmt.Errorf("%s: tensor %q: %w", path, name, err)
		}
		t := tensor.New(e.Shape...)
		data := raw[8+n:]
		if e.DType != "F32" || e.Offsets[0] < 0 || e.Offsets[1] > len(data) || e.Offsets[1]-e.Offsets[0] != 4*len(t.Data) {
			return nil, fmt.Errorf("%s: tensor %q is %s %v at %v, want F32 within the file", path, name, e.DType, e.Shape, e.Offsets)
		}
		for i := range t.Data {
			t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[e.Offsets[0]+4*i:]))
		}
		out[name] = t
	}
	return out, nil
}

// Relative is |got − want|₂ / |want|₂ over all elements; infinite where lengths differ
// or a value is not finite.
func Relative(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var diff, size float64
	for i := range want {
		d := float64(got[i]) - float64(want[i])
		diff, size = diff+d*d, size+float64(want[i])*float64(want[i])
	}
	if math.IsNaN(diff) {
		return math.Inf(1)
	}
	if size == 0 {
		return math.Sqrt(diff)
	}
	return math.Sqrt(diff / size)
}

// Uniform is the reference inputs' generator: values in [−scale, scale) that follow from
// the name alone (FNV-1a seeds splitmix64; salt 0).
func Uniform(name string, scale float64, shape ...int) *tensor.Tensor {
	return salted(name, 0, scale, shape...)
}

// salted is Uniform of another salt: other values under the same name.
func salted(name string, salt uint64, scale float64, shape ...int) *tensor.Tensor {
	s := uint64(14695981039346656037)
	for _, b := range []byte(name) {
		s = (s ^ uint64(b)) * 1099511628211
	}
	s ^= salt * 0x9E3779B97F4A7C15
	t := tensor.New(shape...)
	for i := range t.Data {
		s += 0x9E3779B97F4A7C15
		z := s
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		u := float32(int64(z>>40)-1<<23) / (1 << 23)
		t.Data[i] = u * float32(scale)
	}
	return t
}

// UnitNoise is Uniform scaled to unit variance.
func UnitNoise(name string, shape ...int) *tensor.Tensor { return Uniform(name, 1.7320508, shape...) }
