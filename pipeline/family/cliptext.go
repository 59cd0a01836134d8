package family

import (
	"context"
	"fmt"
	"slices"

	"pentimento/pipeline/clip"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/tensor"
)

// commaBacktrack is how many tokens back a full chunk may be split at a comma (A1111).
const commaBacktrack = 20

// clipPositions is how many positions CLIP's window has, its start and end marks included.
const clipPositions = 77

// clipRules are how a family reads its CLIP text encoders.
type clipRules struct {
	// hidden: the denoiser reads the state before the last layer, without the final norm,
	// and the pooled text (SDXL); otherwise the last state with the final norm.
	hidden bool
	// zeroPad: encoder i fills up with token 0, not with its end.
	zeroPad []bool
}

// clipText encodes the texts of one run.
type clipText struct {
	model  *Model
	host   Host
	o      TextOptions
	rules  clipRules
	encode []prompt.Encoder // one per text encoder
	spec   []prompt.Spec
	// vectors are those of the run's embeddings, [n,W] per text encoder; nil: it has none.
	vectors []*tensor.Tensor
}

func newClipText(m *Model, h Host, o TextOptions, rules clipRules) (*clipText, error) {
	t := &clipText{model: m, host: h, o: o, rules: rules}
	for i := range m.Text {
		if m.Text[i].ONNX != nil && o.ClipSkip > 1 && !rules.hidden {
			return nil, fmt.Errorf("pipeline: clip skip %d, but the text encoder is an ONNX model, which gives its last state alone: want 1", o.ClipSkip)
		}
		encode, comma, err := h.Tokenizer(i)
		if err != nil {
			return nil, err
		}
		spec, vectors := t.window(i, comma), (*tensor.Tensor)(nil)
		if o.Embeddings != nil {
			var known []prompt.Embedding
			if known, vectors, err = o.rows(i, int(m.Text[i].Tensors[tokenTable].Shape[0])); err != nil {
				return nil, err
			}
			lexicon := prompt.NewLexicon(encode, known)
			encode, spec.Together = lexicon.Encode, lexicon.Together
		}
		t.encode, t.spec, t.vectors = append(t.encode, encode), append(t.spec, spec), append(t.vectors, vectors)
	}
	return t, nil
}

// tokenTable is the weight whose rows the ids of tokens count.
const tokenTable = "embeddings.token_embedding.weight"

// rows are the embeddings as text encoder i reads them: ids behind those of its table, and what
// they stand for.
func (o TextOptions) rows(i, first int) (known []prompt.Embedding, vectors *tensor.Tensor, err error) {
	var all []*tensor.Tensor
	for _, e := range o.Embeddings {
		if i >= len(e.Vectors) {
			return nil, nil, fmt.Errorf("pipeline: embedding %q has no vectors for text encoder %d", e.Name, i+1)
		}
		n := e.Vectors[i].Shape[0]
		known = append(known, prompt.Embedding{Name: e.Name, Vectors: n, First: first})
		all = append(all, e.Vectors[i])
		first += n
	}
	if len(all) > 0 {
		vectors, err = tensor.Concat(0, all...)
	}
	return known, vectors, err
}

// Window is CLIP's.
func (t *clipText) Window() (prompt.Encoder, prompt.Spec) { return t.encode[0], t.spec[0] }

// window is the window of text encoder i. The vocabulary ends with its start and end marks.
func (t *clipText) window(i, comma int) prompt.Spec {
	p := t.model.Text[i]
	s := ClipWindow(int(p.EndToken)-1, int(p.EndToken), comma)
	s.Length = int(p.Tensors["embeddings.position_embedding.weight"].Shape[0]) - 2
	if i < len(t.rules.zeroPad) && t.rules.zeroPad[i] {
		s.Pad = 0
	}
	return s
}

// ClipWindow is the window of a CLIP text encoder of the usual size, by its start mark, its
// end mark and the id of its comma.
func ClipWindow(start, end, comma int) prompt.Spec {
	return prompt.Spec{Length: clipPositions - 2, Start: start, End: end, Pad: end, Comma: comma, Backtrack: commaBacktrack}
}

// Encode encodes every stage of one AND part; all get as many chunks as the longest. Equal
// stages are encoded once.
func (t *clipText) Encode(ctx context.Context, p prompt.Part) ([]Timed, error) {
	lists := make([][][]prompt.Chunk, len(t.encode)) // encoder, stage, chunk
	for e := range t.encode {
		for _, stage := range p.Stages {
			lists[e] = append(lists[e], prompt.Chunks(stage.Segments, t.encode[e], t.spec[e]))
		}
		lists[e] = prompt.Level(lists[e], t.spec[e])
	}
	known := map[string]Encoded{}
	var out []Timed
	for s, stage := range p.Stages {
		text, ok := known[stage.Text]
		if !ok {
			chunks := make([][]prompt.Chunk, len(lists))
			for e := range lists {
				chunks[e] = lists[e][s]
			}
			var err error
			if text, err = t.state(ctx, chunks); err != nil {
				return nil, err
			}
			known[stage.Text] = text
		}
		out = append(out, Timed{stage.Until, text})
	}
	return out, nil
}

// state runs the text encoders over one text's chunks and weighs what they return.
func (t *clipText) state(ctx context.Context, chunks [][]prompt.Chunk) (Encoded, error) {
	var contexts []*tensor.Tensor
	var pooled *tensor.Tensor
	for e := range chunks {
		enc, err := t.network(ctx, e)
		if err != nil {
			return Encoded{}, err
		}
		out, err := enc.Encode(ctx, ids(chunks[e]), t.vectors[e], t.skip(enc))
		if err != nil {
			return Encoded{}, err
		}
		z := out.Normed
		if t.rules.hidden {
			z = out.Hidden
		}
		if err := t.weigh(ctx, enc, z, chunks[e], e); err != nil {
			return Encoded{}, err
		}
		z = &tensor.Tensor{Shape: []int{1, z.Shape[0] * z.Shape[1], z.Shape[2]}, Data: z.Data}
		contexts = append(contexts, z)
		if out.Projected != nil && t.rules.hidden {
			pooled = out.Projected.Batch(0, 1)
		}
	}
	joined, err := tensor.Concat(2, contexts...)
	return Encoded{joined, pooled}, err
}

func (t *clipText) network(ctx context.Context, i int) (*clip.Encoder, error) {
	n, err := t.host.TextNetwork(ctx, i)
	if err != nil {
		return nil, err
	}
	e, ok := n.(*clip.Encoder)
	if !ok {
		return nil, fmt.Errorf("pipeline: text encoder %d is a %T, want CLIP", i, n)
	}
	return e, nil
}

// skip is the layer a text is read after: the family's own for SDXL, else the request's.
func (t *clipText) skip(e *clip.Encoder) int {
	if t.rules.hidden {
		return min(2, e.Layers())
	}
	return min(t.o.ClipSkip, e.Layers())
}

// weigh applies the weights chunk by chunk, in place.
func (t *clipText) weigh(ctx context.Context, enc *clip.Encoder, z *tensor.Tensor, chunks []prompt.Chunk, e int) error {
	size := tensor.Size(z.Shape[1:])
	var empty []float32
	for i, c := range chunks {
		if !slices.ContainsFunc(c.Weights, func(w float64) bool { return w != 1 }) {
			continue
		}
		if empty == nil && t.o.Emphasis == prompt.FromEmpty {
			out, err := enc.Encode(ctx, ids(prompt.Chunks(nil, t.encode[e], t.spec[e])), nil, t.skip(enc))
			if err != nil {
				return err
			}
			if empty = out.Normed.Data; t.rules.hidden {
				empty = out.Hidden.Data
			}
		}
		if err := t.o.Emphasis.Apply(z.Data[i*size:(i+1)*size], c.Weights, empty); err != nil {
			return err
		}
	}
	return nil
}

// ids are chunks as the text encoder takes them.
func ids(chunks []prompt.Chunk) *tensor.Tensor {
	out := tensor.New(len(chunks), len(chunks[0].IDs))
	for i, c := range chunks {
		for j, id := range c.IDs {
			out.Data[i*out.Shape[1]+j] = float32(id)
		}
	}
	return out
}

// Raw encodes windows of ids, for checking a model against another program: rows gives those of
// a text encoder, by what reads its texts and by its window. −1 is the next vector of the run's
// first embedding, from the first of each window on.
func (t *clipText) Raw(ctx context.Context, rows func(prompt.Encoder, prompt.Spec) ([][]int, error)) (Encoded, error) {
	all := make([][]prompt.Chunk, len(t.encode))
	for e, encode := range t.encode {
		windows, err := rows(encode, t.spec[e])
		if err != nil {
			return Encoded{}, err
		}
		for _, ids := range windows {
			c := prompt.Chunk{IDs: slices.Clone(ids), Weights: slices.Repeat([]float64{1}, len(ids))}
			vectors := 0
			for i, id := range ids {
				if id != -1 {
					continue
				}
				if len(t.o.Embeddings) == 0 || vectors == t.o.Embeddings[0].Vectors[e].Shape[0] {
					return Encoded{}, fmt.Errorf("pipeline: ids ask for vector %d of an embedding, which has fewer", vectors+1)
				}
				c.IDs[i] = int(t.model.Text[e].Tensors[tokenTable].Shape[0]) + vectors
				vectors++
			}
			all[e] = append(all[e], c)
		}
	}
	return t.state(ctx, all)
}
