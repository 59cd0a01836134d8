package pipeline

import (
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/prompt"
)

// TextWindow returns what cuts a prompt into windows for a model: its vocabulary and the
// size of its window, of the first text encoder where there are two. A window of the
// program can so count tokens as the run will. model is a path as in Request.Model; "" asks
// for the program's own vocabulary and CLIP's window of 75. The first call for a vocabulary
// takes a tenth of a second; any goroutine may ask.
func (p *Pipeline) TextWindow(model string) (prompt.Encoder, prompt.Spec, error) {
	if model != "" {
		m, err := family.Open(model, checkpoint.Options{})
		if Incomplete(err) { // what its separate text encoders read
			return p.TextWindow("")
		}
		if err != nil {
			return nil, prompt.Spec{}, err
		}
		t, err := m.Family.Text(m, host{&p.words, &opened{header: &header{Model: m}}, 0}, family.TextOptions{})
		if err != nil {
			return nil, prompt.Spec{}, err
		}
		encode, spec := t.Window()
		return encode, spec, nil
	}
	p.words.mu.Lock()
	defer p.words.mu.Unlock()
	t, err := p.words.find(&checkpoint.Checkpoint{}, 0)
	if err != nil {
		return nil, prompt.Spec{}, err
	}
	return t.Encode, family.ClipWindow(t.Start(), t.End(), t.Comma()), nil
}
