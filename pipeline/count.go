package pipeline

import (
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/tokenizer"
)

// Tokenizer returns the vocabulary that a run with a model would read its prompt with, so
// that a window can count tokens as the run will: the first text encoder's own where the
// model brings one, else the program's. model is a path as in Request.Model, "" asks for
// the program's. It takes milliseconds for a model, a tenth of a second for a vocabulary
// that is read for the first time; any goroutine may ask.
func (p *Pipeline) Tokenizer(model string) (*tokenizer.Tokenizer, error) {
	ck := &checkpoint.Checkpoint{}
	if model != "" {
		var err error
		if ck, err = checkpoint.Open(model, checkpoint.Options{}); err != nil {
			return nil, err
		}
	}
	p.words.mu.Lock()
	defer p.words.mu.Unlock()
	return p.words.find(ck, 0)
}
