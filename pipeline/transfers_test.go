package pipeline

import (
	"context"
	"image"
	"maps"
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// What crosses to a card in a run: the latent and its timestep at each evaluation, text, label and
// mask once. Both halves of guidance are one evaluation, unless one text is longer than the other.
func TestWhatCrossesToACard(t *testing.T) {
	const steps = 4
	long := strings.Repeat("a very large red boat, ", 20)
	place := image.Rect(0, 0, 64, 64)
	for name, c := range map[string]struct {
		q    Request
		runs int
		sent map[string]int
	}{
		"text": {Request{Ask: Ask{Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Text: Text{Prompt: "a cat"}}, steps,
			map[string]int{"x": steps, "sinusoid": steps, "context": 1}},
		"a long text": {Request{Ask: Ask{Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Text: Text{Prompt: long}}, 2 * steps,
			map[string]int{"x": 2 * steps, "sinusoid": 2 * steps, "context": 2}},
		"label": {Request{Ask: Ask{Task: Generate}, Models: Models{Model: tiny(t, "tinyxl")}, Text: Text{Prompt: "a cat"}}, steps,
			map[string]int{"x": steps, "sinusoid": steps, "context": 1, "label": 1}},
		"mask": {Request{Ask: Ask{Task: Inpaint, Image: noisePicture(64, 64), Mask: disc(place, image.Pt(32, 32), 12)}, Models: Models{Model: tiny(t, "tiny15-inpaint")}, Text: Text{Prompt: "a cat"}}, steps,
			map[string]int{"x": steps, "sinusoid": steps, "context": 1, "concat": 1}},
	} {
		p, rt := standIns(t)
		card := &pipelinetest.Transfers{Runtime: rt}
		p.runtime = card
		q := c.q
		q.Engine, q.Sampling = Diffusion, Sampling{Width: 64, Height: 64, Steps: steps, CFG: 7, Seed: 3, Sampler: "Euler"}
		q.Strength = 1
		if _, err := p.Run(context.Background(), q, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if card.Runs["denoiser"] != c.runs || !maps.Equal(card.Sent["denoiser"], c.sent) {
			t.Errorf("%s: in %d evaluations crossed %v, want %d and %v", name, card.Runs["denoiser"], card.Sent["denoiser"], c.runs, c.sent)
		}
		t.Logf("%s: %d bytes to the denoiser in %d steps", name, card.Bytes["denoiser"], steps)
	}
}
