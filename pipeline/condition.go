package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"maps"
	"slices"
	"time"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/prompt"
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
	began := time.Now()
	defer func() { r.clock("text", began) }()
	r.say("reading the prompt", 0.01)
	r.model.begin(ctx)
	t, err := r.newTexts()
	if err != nil {
		return nil, err
	}
	options := prompt.Options{Steps: r.req.Steps, Dialect: t.dialect}
	positive := prompt.Parse(r.req.Prompt, options)
	options.Negative = true
	negative := prompt.Parse(r.req.Negative, options)
	for _, n := range positive.Networks {
		p := r.now
		p.Notice = fmt.Sprintf("<%s:%s> is not applied: adapters cannot be loaded yet", n.Kind, n.Name)
		r.report(p)
	}
	ends := map[int]bool{}
	var parts [][]timed
	for _, p := range append(positive.Parts, negative.Parts[0]) {
		states, err := t.part(ctx, p)
		if err != nil {
			return nil, err
		}
		parts = append(parts, states)
		for _, s := range states {
			ends[s.until] = true
		}
	}
	out := &prompts{}
	for _, end := range slices.Sorted(maps.Keys(ends)) {
		ch := change{end: end, negative: stateAt(parts[len(parts)-1], end)}
		for i, p := range positive.Parts {
			ch.positive = append(ch.positive, part{p.Weight, stateAt(parts[i], end)})
		}
		if err := level(ch.positive); err != nil {
			return nil, err
		}
		out.changes = append(out.changes, ch)
	}
	return out, nil
}

// timed is a text's state up to and including a step.
type timed struct {
	until int
	text  encoded
}

func stateAt(states []timed, step int) encoded {
	for _, s := range states {
		if step <= s.until {
			return s.text
		}
	}
	return states[len(states)-1].text
}

// level makes the parts of a composed prompt equally long.
func level(parts []part) error {
	contexts := make([]*tensor.Tensor, len(parts))
	for i, p := range parts {
		contexts[i] = p.text.context
	}
	contexts, err := denoise.Level(contexts)
	if err != nil {
		return err
	}
	for i := range parts {
		parts[i].text.context = contexts[i]
	}
	return nil
}
