package pipeline

import (
	"context"
	"slices"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/tensor"
)

// commaBacktrack is how many tokens back a full chunk may be split at a comma (A1111).
const commaBacktrack = 20

// texts encodes the texts of one run. Equal texts are encoded once.
type texts struct {
	run      *run
	encode   []prompt.Encoder // one per text encoder
	spec     []prompt.Spec
	emphasis prompt.Emphasis
	dialect  prompt.Dialect
}

func (r *run) newTexts() (*texts, error) {
	t := &texts{run: r}
	var err error
	if t.emphasis, err = prompt.ParseEmphasis(r.req.Emphasis); err != nil {
		return nil, err
	}
	if r.req.Emphasis == "None" {
		t.dialect = prompt.DialectPlain
	}
	for i := range r.model.Text {
		encode, comma, err := r.words.tokenizer(r.model.Checkpoint, i)
		if err != nil {
			return nil, err
		}
		t.encode = append(t.encode, encode)
		t.spec = append(t.spec, window(r.model.Checkpoint, i, comma))
	}
	return t, nil
}

// window is the window of text encoder i. The vocabulary ends with its start and end
// marks. SD 2.x and SDXL's second encoder fill up with token 0, CLIP with its end.
func window(ck *checkpoint.Checkpoint, i, comma int) prompt.Spec {
	p := ck.Text[i]
	s := prompt.Spec{
		Length: int(p.Tensors["embeddings.position_embedding.weight"].Shape[0]) - 2,
		Start:  int(p.EndToken) - 1, End: int(p.EndToken), Pad: int(p.EndToken), Comma: comma, Backtrack: commaBacktrack,
	}
	if i == 1 || ck.Family.Name == "sd2" {
		s.Pad = 0
	}
	return s
}

// part encodes every stage of one AND part; all get as many chunks as the longest.
func (t *texts) part(ctx context.Context, p prompt.Part) ([]timed, error) {
	lists := make([][][]prompt.Chunk, len(t.encode)) // encoder, stage, chunk
	for e := range t.encode {
		for _, stage := range p.Stages {
			lists[e] = append(lists[e], prompt.Chunks(stage.Segments, t.encode[e], t.spec[e]))
		}
		lists[e] = prompt.Level(lists[e], t.spec[e])
	}
	known := map[string]encoded{}
	var out []timed
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
		out = append(out, timed{stage.Until, text})
	}
	return out, nil
}

// state runs the text encoders over one text's chunks and weighs what they return.
func (t *texts) state(ctx context.Context, chunks [][]prompt.Chunk) (encoded, error) {
	var contexts []*tensor.Tensor
	var pooled *tensor.Tensor
	for e := range chunks {
		enc, err := t.run.model.encodeText(ctx, e)
		if err != nil {
			return encoded{}, err
		}
		out, err := enc.Encode(ctx, ids(chunks[e]), t.skip(enc))
		if err != nil {
			return encoded{}, err
		}
		z := out.Normed
		if t.run.model.Family.HiddenText {
			z = out.Hidden
		}
		if err := t.weigh(ctx, enc, z, chunks[e], e); err != nil {
			return encoded{}, err
		}
		z = &tensor.Tensor{Shape: []int{1, z.Shape[0] * z.Shape[1], z.Shape[2]}, Data: z.Data}
		contexts = append(contexts, z)
		if out.Projected != nil && t.run.model.Family.Labelled {
			pooled = out.Projected.Batch(0, 1)
		}
	}
	joined, err := tensor.Concat(2, contexts...)
	return encoded{joined, pooled}, err
}

// skip is the layer a text is read after: the family's own for SDXL, else the request's.
func (t *texts) skip(e *clip.Encoder) int {
	if t.run.model.Family.HiddenText {
		return min(2, e.Layers())
	}
	return min(t.run.req.ClipSkip, e.Layers())
}

// weigh applies the weights chunk by chunk, in place.
func (t *texts) weigh(ctx context.Context, enc *clip.Encoder, z *tensor.Tensor, chunks []prompt.Chunk, e int) error {
	size := tensor.Size(z.Shape[1:])
	var empty []float32
	for i, c := range chunks {
		if !slices.ContainsFunc(c.Weights, func(w float64) bool { return w != 1 }) {
			continue
		}
		if empty == nil && t.emphasis == prompt.FromEmpty {
			out, err := enc.Encode(ctx, ids(prompt.Chunks(nil, t.encode[e], t.spec[e])), t.skip(enc))
			if err != nil {
				return err
			}
			if empty = out.Normed.Data; t.run.model.Family.HiddenText {
				empty = out.Hidden.Data
			}
		}
		if err := t.emphasis.Apply(z.Data[i*size:(i+1)*size], c.Weights, empty); err != nil {
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
