package pipeline

import (
	"context"
	"image"
	"maps"
	"slices"
	"time"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/tensor"
)

// prompts are a request's texts, encoded: what guides each step.
type prompts struct {
	changes []change   // rising by end; the last one holds to the end of the run
	regions []*prompts // of the request's regions
}

// change is what holds up to and including step end.
type change struct {
	end      int
	positive []part
	negative family.Encoded
}

// part is one AND part of the positive prompt.
type part struct {
	weight float64
	text   family.Encoded
}

// at gives the prompt of the clock's step as a denoiser reads it, for a picture of the
// given size.
func (p *prompts) at(clock *denoise.Clock, net family.Denoiser, size image.Point) (func() denoise.Prompt, error) {
	var changes []denoise.Change
	for _, ch := range p.changes {
		var q denoise.Prompt
		var err error
		if q.Negative, err = net.Condition(ch.negative, size); err != nil {
			return nil, err
		}
		for _, part := range ch.positive {
			c, err := net.Condition(part.text, size)
			if err != nil {
				return nil, err
			}
			q.Positive = append(q.Positive, denoise.Part{Condition: c, Weight: part.weight})
		}
		changes = append(changes, denoise.Change{End: ch.end, Prompt: q})
	}
	return denoise.Scheduled(clock, changes), nil
}

// readPrompts parses and encodes the request's texts, and those of its regions.
func (r *run) readPrompts(ctx context.Context) (*prompts, error) {
	began := time.Now()
	defer func() { r.clock("text", began) }()
	r.say("reading the prompt", 0.01)
	r.model.begin(ctx, r.task.Needs.Picture)
	t, dialect, err := r.newText()
	if err != nil {
		return nil, err
	}
	options := prompt.Options{Steps: r.req.Steps, Dialect: dialect}
	out, err := readPrompt(ctx, t, r.req.Prompt, r.req.Negative, options)
	if err != nil {
		return nil, err
	}
	for _, g := range r.req.Regions {
		p, err := readPrompt(ctx, t, g.Prompt, g.Negative, options)
		if err != nil {
			return nil, err
		}
		out.regions = append(out.regions, p)
	}
	return out, nil
}

// readPrompt parses and encodes a text and its negative.
func readPrompt(ctx context.Context, t family.Text, text, negative string, options prompt.Options) (*prompts, error) {
	positive := prompt.Parse(text, options)
	options.Negative = true
	parsed := append(positive.Parts, prompt.Parse(negative, options).Parts[0])
	ends := map[int]bool{}
	var parts [][]family.Timed
	for _, p := range parsed {
		states, err := t.Encode(ctx, p)
		if err != nil {
			return nil, err
		}
		parts = append(parts, states)
		for _, s := range states {
			ends[s.Until] = true
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

func stateAt(states []family.Timed, step int) family.Encoded {
	for _, s := range states {
		if step <= s.Until {
			return s.Text
		}
	}
	return states[len(states)-1].Text
}

// level makes the parts of a composed prompt equally long.
func level(parts []part) error {
	contexts := make([]*tensor.Tensor, len(parts))
	for i, p := range parts {
		contexts[i] = p.text.Context
	}
	contexts, err := denoise.Level(contexts)
	if err != nil {
		return err
	}
	for i := range parts {
		parts[i].text.Context = contexts[i]
	}
	return nil
}
