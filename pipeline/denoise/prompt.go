package denoise

import (
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Prompt is what guides one step: the positive parts, composed by their weights (one part
// of weight 1 where the text has no AND), and the negative.
type Prompt struct {
	Positive []Part
	Negative Condition
}

// Part is one AND part of a prompt.
type Part struct {
	Condition Condition
	Weight    float64
}

// Simple is the prompt of one positive and one negative condition.
func Simple(positive, negative Condition) Prompt {
	return Prompt{Positive: []Part{{positive, 1}}, Negative: negative}
}

// Always is the prompt that does not change with the step.
func Always(p Prompt) func() Prompt { return func() Prompt { return p } }

// Clock knows which step a run is at. It belongs to one run, on one goroutine.
type Clock struct{ step int }

// Watch returns a step report that moves the clock and then calls next, which may be nil.
func (c *Clock) Watch(next func(sampler.Step)) func(sampler.Step) {
	return func(s sampler.Step) {
		c.step = s.Index + 1
		if next != nil {
			next(s)
		}
	}
}

// Step is the step under way, counted from 1 (before the first report too).
func (c *Clock) Step() int { return max(c.step, 1) }

// Change is a prompt that holds up to and including step End.
type Change struct {
	End    int
	Prompt Prompt
}

// Scheduled is the prompt at the clock's step: the first change whose End is not past, the
// last one after that. changes must not be empty and rise by End.
func Scheduled(c *Clock, changes []Change) func() Prompt {
	return func() Prompt {
		for _, ch := range changes {
			if c.Step() <= ch.End {
				return ch.Prompt
			}
		}
		if len(changes) == 0 {
			return Prompt{}
		}
		return changes[len(changes)-1].Prompt
	}
}

// Level makes contexts [1,n,W] equally long by repeating their last vector, as A1111 does
// with AND parts; those that are long enough are returned as they are.
func Level(contexts []*tensor.Tensor) ([]*tensor.Tensor, error) {
	longest := 0
	for _, c := range contexts {
		longest = max(longest, c.Shape[1])
	}
	out := make([]*tensor.Tensor, len(contexts))
	for i, c := range contexts {
		n, width := c.Shape[1], c.Shape[2]
		parts := []*tensor.Tensor{c}
		if n < longest {
			more := tensor.New(c.Shape[0], longest-n, width)
			for at := range c.Shape[0] * (longest - n) {
				b := at / (longest - n)
				copy(more.Data[at*width:(at+1)*width], c.Data[((b+1)*n-1)*width:(b+1)*n*width])
			}
			parts = append(parts, more)
		}
		var err error
		if out[i], err = tensor.Concat(1, parts...); err != nil {
			return nil, err
		}
	}
	return out, nil
}
