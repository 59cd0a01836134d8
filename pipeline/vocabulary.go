package pipeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/tokenizer"
)

// mergesKey is the metadata key under which a model of our own carries its vocabulary: the
// text of merges.txt.
const mergesKey = "pentimento.merges"

// words finds the vocabulary of a model: its own where it brings one (a diffusers folder,
// or our metadata), else the program's, which is CLIP's. It is safe for use by several
// goroutines.
type words struct {
	mu     sync.Mutex
	merges func() ([]byte, error)
	known  map[string]*tokenizer.Tokenizer // by folder, or model path, or "" for the program's
}

// SetMerges says where the program's own CLIP merges (the text of merges.txt) come from,
// for checkpoints that bring no vocabulary. read is called when they are first needed.
func (p *Pipeline) SetMerges(read func() ([]byte, error)) {
	p.words.mu.Lock()
	defer p.words.mu.Unlock()
	p.words.merges = read
	delete(p.words.known, "")
}

// tokenizer returns the encoder of text encoder i of a model, and its comma's id.
func (w *words) tokenizer(ck *checkpoint.Checkpoint, i int) (prompt.Encoder, int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, err := w.find(ck, i)
	if err != nil {
		return nil, 0, err
	}
	if size := ck.Text[i].Tensors["embeddings.token_embedding.weight"].Shape[0]; int64(t.Len()) > size {
		return nil, 0, fault.New(fmt.Sprintf("pipeline: %s has %d words, its vocabulary %d", ck.Text[i].Role, size, t.Len()),
			"The model needs a vocabulary of its own: use its diffusers folder, with tokenizer/merges.txt.")
	}
	encode := func(text string) []prompt.Token {
		found := t.Encode(text)
		out := make([]prompt.Token, len(found))
		for i, f := range found {
			out[i] = prompt.Token(f)
		}
		return out
	}
	return encode, t.Comma(), nil
}

func (w *words) find(ck *checkpoint.Checkpoint, i int) (*tokenizer.Tokenizer, error) {
	key, read := "", w.own
	switch {
	case ck.Metadata[mergesKey] != "":
		key = ck.Path
		read = func() (*tokenizer.Tokenizer, error) { return tokenizer.New(strings.NewReader(ck.Metadata[mergesKey])) }
	case len(ck.Tokenizers) > 0:
		key = ck.Tokenizers[min(i, len(ck.Tokenizers)-1)]
		read = func() (*tokenizer.Tokenizer, error) { return fromFolder(key) }
	}
	if t := w.known[key]; t != nil {
		return t, nil
	}
	t, err := read()
	if err != nil {
		return nil, err
	}
	if w.known == nil {
		w.known = map[string]*tokenizer.Tokenizer{}
	}
	w.known[key] = t
	return t, nil
}

// own is the program's vocabulary.
func (w *words) own() (*tokenizer.Tokenizer, error) {
	missing := func(why error) error {
		return fault.New(fmt.Sprintf("pipeline: the CLIP vocabulary is missing: %v", why),
			"Run `make vocab` and build again, or use the model as a diffusers folder, which brings its vocabulary.")
	}
	if w.merges == nil {
		return nil, missing(fmt.Errorf("the program was built without one"))
	}
	data, err := w.merges()
	if err != nil {
		return nil, missing(err)
	}
	return tokenizer.New(bytes.NewReader(data))
}

// fromFolder reads a diffusers tokenizer folder: vocab.json and merges.txt.
func fromFolder(dir string) (*tokenizer.Tokenizer, error) {
	merges, err := os.Open(filepath.Join(dir, "merges.txt"))
	if err != nil {
		return nil, err
	}
	defer merges.Close()
	vocab, err := os.Open(filepath.Join(dir, "vocab.json"))
	if os.IsNotExist(err) {
		return tokenizer.New(merges)
	}
	if err != nil {
		return nil, err
	}
	defer vocab.Close()
	return tokenizer.FromVocabulary(vocab, merges)
}
