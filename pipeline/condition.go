package pipeline

import (
	"context"
	"errors"
	"image"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// prompts are a request's texts, encoded: what guides each step.
type prompts struct {
	changes []change // rising by end; the last one holds to the end of the run
}

// change is what holds up to and including step end.
type change struct {
	end      int
	positive []part
	negative encoded
}

// part is one AND part of the positive prompt.
type part struct {
	weight float64
	text   encoded
}

// encoded is a text as the denoiser reads it.
type encoded struct {
	context *tensor.Tensor // [1,77·chunks,W]
	pooled  *tensor.Tensor // [1,P] where the family has a label vector, else nil
}

// at gives the prompt of the clock's step to a network whose label vector is label wide
// (0: none), for a picture of the given size.
func (p *prompts) at(clock *denoise.Clock, label int, size image.Point) (func() denoise.Prompt, error) {
	condition := func(e encoded) (denoise.Condition, error) {
		c := denoise.Condition{Context: e.context}
		if label == 0 {
			return c, nil
		}
		if e.pooled == nil {
			return c, errors.New("pipeline: the denoiser wants a label vector, and the text encoders gave no projected text")
		}
		h, w := float32(size.Y), float32(size.X)
		var err error
		c.Label, err = unet.Label(e.pooled, [6]float32{h, w, 0, 0, h, w}, label)
		return c, err
	}
	var changes []denoise.Change
	for _, ch := range p.changes {
		var q denoise.Prompt
		var err error
		if q.Negative, err = condition(ch.negative); err != nil {
			return nil, err
		}
		for _, part := range ch.positive {
			c, err := condition(part.text)
			if err != nil {
				return nil, err
			}
			q.Positive = append(q.Positive, denoise.Part{Condition: c, Weight: part.weight})
		}
		changes = append(changes, denoise.Change{End: ch.end, Prompt: q})
	}
	return denoise.Scheduled(clock, changes), nil
}

// readPrompts parses and encodes the request's texts.
func (r *run) readPrompts(ctx context.Context) (*prompts, error) {
	return nil, errors.New("pipeline: prompts are being written")
}
