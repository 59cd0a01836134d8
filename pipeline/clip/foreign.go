package clip

import (
	"errors"
	"fmt"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// foreign is build for another program's ONNX model, with the names that diffusers' exports have:
// it takes whole ids, and gives the last state, the one before it where it gives all, and the
// projected text where it has one.
func foreign(p *checkpoint.Part, v graph.Variant) (*graph.Graph, int64, error) {
	if len(v.Hooks) > 0 || v.Source != nil {
		return nil, 0, errors.New("an ONNX model runs as it is: no adapter changes its text encoder")
	}
	g, err := graph.Foreign(p.ONNX.Model)
	if err != nil {
		return nil, 0, err
	}
	err = errors.Join(g.Take("our ids", "input_ids"), g.Give("our normed", "last_hidden_state"))
	_, out := g.Signature()
	if _, ok := graph.Find(out, "text_embeds"); ok && err == nil {
		err = g.Give("our projected", "text_embeds")
	}
	if n := p.Layers("encoder.layers."); n > 1 && err == nil {
		err = g.Give("our hidden", fmt.Sprintf("hidden_states.%d", n-1))
	}
	return g, p.Tensors["embeddings.token_embedding.weight"].Shape[0], err
}
