package adapter

import (
	"slices"

	"pentimento/pipeline/checkpoint"
)

// An inpainting network's first convolution reads the mask and the masked picture behind the
// latent: nine channels. What an adapter of the plain network says of it is for the latent's alone,
// the others stay as they are, as in A1111.
const (
	firstConvolution = "input_blocks.0.0.weight"
	latentChannels   = 4
)

// seen is the shape of a weight as the module was made for it.
func (at place) seen(t checkpoint.Tensor) (shape []int64, err error) {
	shape = t.Shape
	if sideways(at.weight) {
		shape = swapped(shape)
	}
	err = at.fitsShape(t.Name, shape)
	if err != nil && t.Name == firstConvolution && len(shape) == 4 && shape[1] > latentChannels {
		plain := slices.Clone(shape)
		if plain[1] = latentChannels; at.fitsShape(t.Name, plain) == nil {
			return plain, nil
		}
	}
	return shape, err
}

// latent are the values of a first convolution for the latent's channels.
func latent(values []float32, shape, plain []int64) []float32 {
	if values == nil {
		return nil
	}
	row, kept := int(size(shape[1:])), int(size(plain[1:]))
	out := make([]float32, 0, int(shape[0])*kept)
	for ; len(values) >= row; values = values[row:] {
		out = append(out, values[:kept]...)
	}
	return out
}

// padded is a change of the plain convolution, with none of the other channels.
func (d Delta) padded(shape, plain []int64) Delta {
	if d.Values == nil && d.Up == nil {
		return d
	}
	row, kept := int(size(shape[1:])), int(size(plain[1:]))
	values, out := d.Values, make([]float32, size(shape))
	if values == nil {
		values = product(d.Up, d.Down, int(shape[0]), len(d.Up)/int(shape[0]))
	}
	for i := range int(shape[0]) {
		copy(out[i*row:], values[i*kept:][:kept])
	}
	return Delta{Values: out}
}
