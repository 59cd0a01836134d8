package pipeline

import (
	"context"
	"image"
	"maps"
	"slices"
	"strings"
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
	reader := &reader{run: r, known: map[read][]spoken{}}
	out, err := reader.prompts(ctx, 0, r.req.Prompt, r.req.Negative)
	if err != nil {
		return nil, err
	}
	for i, g := range r.req.Regions {
		if strings.TrimSpace(g.Negative) == "" { // as its adapters read it
			g.Negative = r.req.Negative
		}
		p, err := reader.prompts(ctx, r.setOf[i], g.Prompt, g.Negative)
		if err != nil {
			return nil, err
		}
		out.regions = append(out.regions, p)
	}
	return out, nil
}

// reader reads the texts of a run, each once: regions of one text, or one negative text, share it.
type reader struct {
	*run
	texts   []family.Text // of each set of adapters
	dialect prompt.Dialect
	known   map[read][]spoken
}

// read is a text as a set of adapters reads it.
type read struct {
	set      int
	negative bool
	text     string
}

// spoken is an AND part of a text, encoded.
type spoken struct {
	weight float64
	states []family.Timed
}

// encode parses and encodes a text. Of a negative one the first part counts.
func (r *reader) encode(ctx context.Context, at read) ([]spoken, error) {
	if out, ok := r.known[at]; ok {
		return out, nil
	}
	for len(r.texts) <= at.set {
		t, dialect, err := r.newText(len(r.texts))
		if err != nil {
			return nil, err
		}
		r.texts, r.dialect = append(r.texts, t), dialect
	}
	parts := prompt.Parse(at.text, prompt.Options{Steps: r.req.Steps, Dialect: r.dialect, Negative: at.negative}).Parts
	if at.negative {
		parts = parts[:1]
	}
	var out []spoken
	for _, p := range parts {
		states, err := r.texts[at.set].Encode(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, spoken{p.Weight, states})
	}
	r.known[at] = out
	return out, nil
}

// prompts encodes a text and its negative, as a set of adapters reads them.
func (r *reader) prompts(ctx context.Context, set int, text, negative string) (*prompts, error) {
	positive, err := r.encode(ctx, read{set, false, text})
	if err != nil {
		return nil, err
	}
	other, err := r.encode(ctx, read{set, true, negative})
	if err != nil {
		return nil, err
	}
	ends := map[int]bool{}
	for _, p := range slices.Concat(other, positive) {
		for _, s := range p.states {
			ends[s.Until] = true
		}
	}
	out := &prompts{}
	for _, end := range slices.Sorted(maps.Keys(ends)) {
		ch := change{end: end, negative: stateAt(other[0].states, end)}
		for _, p := range positive {
			ch.positive = append(ch.positive, part{p.weight, stateAt(p.states, end)})
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
	if len(parts) < 2 {
		return nil
	}
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
