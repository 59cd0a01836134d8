// Package clip is the text encoder: token ids → the states that a denoiser reads. It
// builds the graph of any CLIP text transformer (Radford et al. 2021; HF and open-clip
// files alike, since package checkpoint brings both to one space of names) from the
// shapes of its weights, and wraps the opened session as a Go function.
//
// Start reading at Open; build.go holds the network. vision.go is CLIP's other half, which turns
// a picture into what an IP-Adapter reads, and pixels.go how a picture becomes its input.
//
// Sites (graph.Hook), named as the modules are; N counts layers, rows are [chunks·tokens,W]:
//
//	embeddings.token_embedding          the table [tokens,W] of the file's own type, before any token is looked up
//	encoder.layers.N                    what the layer makes, rows
//	encoder.layers.N.self_attn.q .k .v .out   out before its projection
//
// Decisions:
// 2026-11-23: one graph serves every clip skip: it stacks the states after each layer
// and picks one by an input. The copy costs a thousandth of the layers themselves.
// 2026-11-23: the pooled state is taken at the first end token by its id, not at the
// largest id; both agree on every prompt, and ids above the end token stay possible.
// 2026-11-28: vectors of textual inversion are an input and not rows of the table: that stays
// mapped in the user's file, and one opened graph serves prompts with and without them.
package clip

import (
	"context"
	"fmt"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Encoder is an opened text encoder. One goroutine may call Encode at a time.
type Encoder struct {
	part    *checkpoint.Part
	session model.Session
	layers  int
	context int // positions, 77
	tokens  int64
}

// Output is what one run gives. B is the number of chunks, T their length, W the width.
type Output struct {
	// Normed is the state chosen by the skip, with the final norm: [B,T,W].
	Normed *tensor.Tensor
	// Hidden is the same state without the norm: [B,T,W].
	Hidden *tensor.Tensor
	// Pooled is the last layer's state, normed, at the first end token: [B,W].
	Pooled *tensor.Tensor
	// Projected is Pooled through the text projection: [B,P]; nil without one.
	Projected *tensor.Tensor
}

// Open opens text encoder number index (0 or, for SDXL, 1) of a checkpoint
// in the given variant.
func Open(ctx context.Context, rt model.Runtime, ck *checkpoint.Checkpoint, index int, o model.Options, v graph.Variant) (*Encoder, error) {
	if index < 0 || index >= len(ck.Text) {
		return nil, fmt.Errorf("clip: text encoder %d of %d", index, len(ck.Text))
	}
	if err := ck.Changed(); err != nil {
		return nil, err
	}
	p := ck.Text[index]
	g, tokens, err := build(p, v)
	if err != nil {
		return nil, err
	}
	s, err := rt.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	positions := p.Tensors["embeddings.position_embedding.weight"].Shape[0]
	return &Encoder{part: p, session: s, layers: p.Layers("encoder.layers."), context: int(positions), tokens: tokens}, nil
}

// Layers is the number of transformer layers, the largest useful skip.
func (e *Encoder) Layers() int { return e.layers }

// Tokens is the number of rows of the token table: the id of the first vector.
func (e *Encoder) Tokens() int { return int(e.tokens) }

// Width is the width of a state.
func (e *Encoder) Width() int {
	return int(e.part.Tensors["embeddings.token_embedding.weight"].Shape[1])
}

// Encode runs chunks of token ids, [B,T] as whole numbers, T at most the number of
// positions (77). Ids from Tokens on are rows of vectors [n,W]; nil: there are none. skip says
// which state Normed and Hidden are: 1 after the last layer, 2 after the one before, and so on.
func (e *Encoder) Encode(ctx context.Context, ids, vectors *tensor.Tensor, skip int) (*Output, error) {
	if len(ids.Shape) != 2 || ids.Shape[1] > e.context {
		return nil, fmt.Errorf("clip: ids have shape %v, want [chunks, at most %d]", ids.Shape, e.context)
	}
	if skip < 1 || skip > e.layers {
		return nil, fmt.Errorf("clip: skip %d, want 1 to the %d layers of %s", skip, e.layers, e.part.Role)
	}
	foreign := e.part.ONNX != nil
	if usual := min(e.layers, 2); foreign && (vectors != nil || skip != 1 && skip != usual) {
		return nil, fmt.Errorf("clip: the text encoder is an ONNX model, which takes no embeddings and gives no layer but the last (clip skip 1)")
	}
	vocabulary := float32(e.tokens)
	if vectors == nil {
		vectors = tensor.New(1, e.Width()) // the graph wants some
	} else if len(vectors.Shape) != 2 || vectors.Shape[0] < 1 || vectors.Shape[1] != e.Width() {
		return nil, fmt.Errorf("clip: vectors have shape %v, want [at least 1, %d]", vectors.Shape, e.Width())
	} else {
		vocabulary += float32(vectors.Shape[0])
	}
	for i, id := range ids.Data {
		if !(id >= 0 && id < vocabulary) || id != float32(int64(id)) {
			return nil, fmt.Errorf("clip: token %d is %g, want a whole number from 0 to %g", i, id, vocabulary-1)
		}
	}
	if foreign {
		out, err := e.session.Run(ctx, map[string]*tensor.Tensor{"our ids": ids})
		return &Output{Normed: out["our normed"], Hidden: out["our hidden"], Projected: out["our projected"]}, err
	}
	out, err := e.session.Run(ctx, map[string]*tensor.Tensor{
		"ids": ids, "vectors": vectors, "skip": {Shape: []int{1}, Data: []float32{float32(skip)}}})
	if err != nil {
		return nil, err
	}
	return &Output{Normed: out["normed"], Hidden: out["hidden"], Pooled: out["pooled"], Projected: out["projected"]}, nil
}

// Weigh replaces loose weights; see model.Weigher.
func (e *Encoder) Weigh(ctx context.Context, weights map[string]graph.Weight) error {
	return model.Handle{Session: e.session}.Weigh(ctx, weights)
}

// Close frees the session.
func (e *Encoder) Close() error { return e.session.Close() }

// Device is where the encoder runs; "" where the session does not say.
func (e *Encoder) Device() string { return model.Handle{Session: e.session}.Device() }
