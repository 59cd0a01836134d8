package vae

import (
	"errors"

	"pentimento/pipeline/graph"
)

// ours precedes the names that this package gives to what such a model reads and makes, which has
// names of its own.
const ours = "our "

// foreign is a half of another program's autoencoder, an ONNX model with one input and one output
// of the names that diffusers' exports have. Its encoder gives moments, or a latent drawn from
// them; the first channels are all that is read.
func foreign(path string, v graph.Variant, in, theirIn, out string, fixed int64) (*graph.Graph, error) {
	if len(v.Hooks) > 0 {
		return nil, errors.New("an ONNX model runs as it is: nothing can be changed in its autoencoder")
	}
	g, err := graph.Foreign(path)
	if err != nil {
		return nil, err
	}
	_, outs := g.Signature()
	if len(outs) < 1 {
		return nil, errors.New("the autoencoder's ONNX model has no output")
	}
	if err = errors.Join(g.Take(ours+in, theirIn), g.Give(ours+out, outs[0].Name)); err != nil {
		return nil, err
	}
	g.Inputs[0].Shape[1] = graph.Fixed(fixed)
	return g, g.Apply(v.Changes...)
}
