package pipeline

import (
	"context"

	"pentimento/pipeline/family"
	"pentimento/pipeline/prompt"
)

// newText begins to read the texts of one run with a set of its adapters; the dialect is that of its request.
func (r *run) newText(set int) (family.Text, prompt.Dialect, error) {
	var dialect prompt.Dialect
	emphasis, err := prompt.ParseEmphasis(r.req.Emphasis)
	if err != nil {
		return nil, dialect, err
	}
	if r.req.Emphasis == "None" {
		dialect = prompt.DialectPlain
	}
	t, err := r.model.Family.Text(r.model.Model, host{r.words, r.model, set}, family.TextOptions{ClipSkip: r.req.ClipSkip, Emphasis: emphasis, Embeddings: r.embeddings})
	return t, dialect, err
}

// host lends a family's Text the vocabularies and networks of a model.
type host struct {
	words *words
	model *opened
	set   int // of the adapters
}

func (h host) Tokenizer(i int) (prompt.Encoder, int, error) {
	return h.words.tokenizer(h.model.Checkpoint, i)
}

func (h host) TextNetwork(ctx context.Context, i int) (family.Network, error) {
	return h.model.encodeText(ctx, i, h.set)
}
