package cli

import (
	"context"

	"pentimento/pipeline"
	"pentimento/pipeline/tensor"
)

// textRequest is the request of the stage text.
type textRequest struct {
	Prompt    *string   `json:"prompt"`    // in place of --prompt
	IDs       [][]int   `json:"ids"`       // [[77]]; −1 is the next vector of embedding
	Embedding string    `json:"embedding"` // a file
	Loras     []loraAsk `json:"loras"`
	Position  *int      `json:"position"` // in the prompt's ids, before which all its vectors stand; left out: where the prompt names it
}

func traceText(ctx context.Context, env *Env, t *traceFlags) error {
	var ask textRequest
	if err := t.ask(&ask); err != nil {
		return err
	}
	if ask.Prompt != nil {
		t.prompt = *ask.Prompt
	}
	p, err := env.Pipeline(pipeline.Diffusion)
	if err != nil {
		return err
	}
	q := t.request()
	q.Where.Embeddings = ask.Embedding
	if q.Adapters, err = adapters(ask.Loras); err != nil {
		return err
	}
	var text, pooled *tensor.Tensor
	switch {
	case ask.IDs != nil:
		text, pooled, err = p.EncodeRaw(ctx, q, pipeline.RawText{IDs: ask.IDs, Embedding: ask.Embedding})
	case ask.Position != nil:
		text, pooled, err = p.EncodeRaw(ctx, q, pipeline.RawText{Embedding: ask.Embedding, Position: *ask.Position})
	default:
		text, pooled, err = p.EncodeText(ctx, q)
	}
	if err != nil {
		return err
	}
	out := map[string]*tensor.Tensor{"context": text}
	if pooled != nil {
		out["pooled"] = pooled
	}
	return t.write(env, out)
}
