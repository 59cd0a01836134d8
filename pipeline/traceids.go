package pipeline

import (
	"context"
	"fmt"
	"slices"

	"pentimento/pipeline/embedding"
	"pentimento/pipeline/family"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/tensor"
)

// RawText is a text as ids, for checking a model against another program.
type RawText struct {
	IDs       [][]int // windows of ids, −1 = the next vector of Embedding; nil: the prompt's first window
	Embedding string  // file of an embedding
	Position  int     // index in the prompt's ids before which all its vectors stand
}

// EncodeRaw is EncodeText of given ids. Those of a second text encoder are the same up to the
// first end mark, and filled up as it is used to.
func (p *Pipeline) EncodeRaw(ctx context.Context, req Request, raw RawText) (text, pooled *tensor.Tensor, err error) {
	req.Negative = ""
	err = p.stage(ctx, req, func(r *run) error {
		n, err := r.embedRaw(raw.Embedding)
		if err != nil {
			return err
		}
		t, _, err := r.newText(0)
		if err != nil {
			return err
		}
		reader, ok := t.(interface {
			Raw(context.Context, func(prompt.Encoder, prompt.Spec) ([][]int, error)) (family.Encoded, error)
		})
		if !ok {
			return fmt.Errorf("pipeline: %s reads no ids of tokens", r.model.Family.Label)
		}
		out, err := reader.Raw(ctx, func(encode prompt.Encoder, spec prompt.Spec) ([][]int, error) {
			return raw.windows(r.req.Prompt, n, encode, spec)
		})
		text, pooled = out.Context, out.Pooled
		return err
	})
	return text, pooled, err
}

// embedRaw makes a file the run's only embedding and says how many vectors it has.
func (r *run) embedRaw(file string) (n int, err error) {
	r.embeddings = nil
	if file == "" {
		return 0, nil
	}
	f, err := embedding.Open(file)
	if err != nil {
		return 0, err
	}
	if err := f.Fits(textWidths(r.model.Checkpoint)); err != nil {
		return 0, err
	}
	vectors, err := f.Read()
	r.embeddings = []family.Embedding{{Vectors: vectors}}
	return f.Vectors, err
}

// windows are the ids as a text encoder with a window takes them; n vectors are to be placed.
func (raw RawText) windows(text string, n int, encode prompt.Encoder, spec prompt.Spec) ([][]int, error) {
	if raw.IDs == nil {
		spec.Backtrack = 0
		parsed := prompt.Parse(text, prompt.Options{Negative: true})
		ids := prompt.Chunks(parsed.Parts[0].Stages[0].Segments, encode, spec)[0].IDs
		if raw.Position < 0 || raw.Position > len(ids) {
			return nil, fmt.Errorf("pipeline: position %d, want 0 to %d", raw.Position, len(ids))
		}
		whole := len(ids)
		if ids = slices.Insert(ids, raw.Position, slices.Repeat([]int{-1}, n)...)[:whole]; !slices.Contains(ids, spec.End) {
			ids[whole-1] = spec.End
		}
		return [][]int{ids}, nil
	}
	if len(raw.IDs) == 0 {
		return nil, fmt.Errorf("pipeline: ids have no rows, want at least one")
	}
	var out [][]int
	for i, ids := range raw.IDs {
		if len(ids) != spec.Length+2 {
			return nil, fmt.Errorf("pipeline: row %d has %d ids, want %d", i, len(ids), spec.Length+2)
		}
		ids = slices.Clone(ids)
		if end := slices.Index(ids, spec.End); end >= 0 {
			for j := end + 1; j < len(ids) && spec.Pad != spec.End; j++ {
				if ids[j] == spec.End {
					ids[j] = spec.Pad
				}
			}
		}
		out = append(out, ids)
	}
	return out, nil
}
