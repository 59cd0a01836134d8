package checkpoint

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"pentimento/pipeline/tensor"
)

// ReadTensors reads a safetensors file of plain tensors, such as another program writes
// for comparison: every tensor of a float type, widened to float32. The file is checked
// like a model's.
func ReadTensors(path string) (map[string]*tensor.Tensor, error) {
	h, err := readFile(path)
	if err != nil {
		return nil, wrap(path, err)
	}
	out := map[string]*tensor.Tensor{}
	for _, t := range h.tensors {
		v, err := t.Floats()
		if err != nil {
			return nil, wrap(path, fmt.Errorf("tensor %q: %w", t.Name, err))
		}
		shape := make([]int, len(t.Shape))
		for i, d := range t.Shape {
			shape[i] = int(d)
		}
		if out[t.Key], err = tensor.From(v, shape...); err != nil {
			return nil, wrap(path, fmt.Errorf("tensor %q: %w", t.Key, err))
		}
	}
	return out, nil
}

// WriteTensors writes tensors as F32 safetensors, in the order of their names.
func WriteTensors(w io.Writer, tensors map[string]*tensor.Tensor) error {
	type entry struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	head, at := map[string]entry{}, 0
	names := slices.Sorted(maps.Keys(tensors))
	for _, n := range names {
		t := tensors[n]
		head[n] = entry{"F32", append([]int{}, t.Shape...), [2]int{at, at + 4*len(t.Data)}}
		at += 4 * len(t.Data)
	}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	for len(text)%8 != 0 { // the data begin aligned
		text = append(text, ' ')
	}
	b := bufio.NewWriter(w)
	_, _ = b.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
	_, _ = b.Write(text)
	var four [4]byte
	for _, n := range names {
		for _, v := range tensors[n].Data {
			binary.LittleEndian.PutUint32(four[:], math.Float32bits(v))
			_, _ = b.Write(four[:])
		}
	}
	return b.Flush() // a bufio.Writer keeps its first error
}
