package controlnet

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// Some files hold what a ControlNet's weights differ by from those of the denoiser that it steers:
// difference files whole tensors, control-LoRAs products of two small matrices (name.up, name.down),
// and whatever is not in them is the denoiser's own. The sums are made while the network opens.

// over is the whole network over a denoiser's weights, and where its weights come from.
func (f *File) over(base *checkpoint.Part) (*checkpoint.Part, graph.Source) {
	all := empty(f.part)
	for name, t := range f.part.Tensors {
		if f.lora && (strings.HasSuffix(name, ".up") || strings.HasSuffix(name, ".down")) {
			continue
		}
		all.Tensors[name] = t
	}
	for name, t := range base.Tensors {
		down := slices.ContainsFunc([]string{"input_blocks.", "middle_block.", "time_embed.", "label_emb."}, func(p string) bool { return strings.HasPrefix(name, p) })
		if _, own := all.Tensors[name]; f.lora && down && !own {
			all.Tensors[name] = t
		}
	}
	return all, func(name string) (graph.Weight, bool) {
		t, ok := all.Tensors[name]
		if !ok {
			return graph.Weight{}, false
		}
		b, there := base.Tensors[name]
		own, inFile := f.part.Tensors[name]
		module := strings.TrimSuffix(name, ".weight")
		up, low := f.part.Tensors[module+".up"]
		switch {
		case f.difference && inFile && there && slices.Equal(b.Shape, own.Shape):
			return summed(name, own, func() ([]float32, error) { return own.Floats() }, b), true
		case f.lora && low && there:
			down := f.part.Tensors[module+".down"]
			return summed(name, b, func() ([]float32, error) { return product(up, down, b.Shape) }, b), true
		}
		return all.Weight(t.Name)
	}
}

// summed is a weight that is made of a change and the denoiser's own when it is read.
func summed(name string, at checkpoint.Tensor, change func() ([]float32, error), base checkpoint.Tensor) graph.Weight {
	return graph.Weight{Name: name, Type: graph.Float32, Shape: base.Shape, File: at.File, Offset: at.Offset, Length: at.Length, Decode: func() ([]byte, error) {
		v, err := change()
		if err != nil {
			return nil, err
		}
		b, err := base.Floats()
		if err != nil {
			return nil, err
		}
		if len(v) != len(b) {
			return nil, fmt.Errorf("tensor %q changes %d values, want %d", at.Key, len(v), len(b))
		}
		out := make([]byte, 0, 4*len(v))
		for i := range v {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v[i]+b[i]))
		}
		return out, nil
	}}
}

// product is up·down for a weight of a shape: up [out, rank], down [rank, in…].
func product(up, down checkpoint.Tensor, shape []int64) ([]float32, error) {
	if len(up.Shape) < 2 || len(down.Shape) < 2 || up.Shape[1] < 1 || up.Shape[1] != down.Shape[0] || up.Count() != up.Shape[0]*up.Shape[1] {
		return nil, fmt.Errorf("tensors %q %v and %q %v, want a product of two matrices", up.Key, up.Shape, down.Key, down.Shape)
	}
	u, err := up.Floats()
	if err != nil {
		return nil, err
	}
	d, err := down.Floats()
	if err != nil {
		return nil, err
	}
	rank := int(up.Shape[1])
	rows, columns := len(u)/rank, len(d)/rank
	if n := int64(rows) * int64(columns); len(shape) == 0 || n != elements(shape) {
		return nil, fmt.Errorf("tensors %q and %q make %d values, want %v", up.Key, down.Key, n, shape)
	}
	out := make([]float32, rows*columns)
	for i := range rows {
		row := out[i*columns : (i+1)*columns]
		for r := range rank {
			f := u[i*rank+r]
			for j, v := range d[r*columns : (r+1)*columns] {
				row[j] += f * v
			}
		}
	}
	return out, nil
}

func elements(shape []int64) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	return n
}
