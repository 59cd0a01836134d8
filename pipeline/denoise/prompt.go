package denoise

import "pentimento/pipeline/sampler"

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
