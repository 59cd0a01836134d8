package denoise

import (
	"context"
	"errors"
	"math"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Guidance is classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598) and what else
// steers a run beside it, all of it off in the zero value.
type Guidance struct {
	// Scale is the cfg scale; at 1 the negative prompt is not evaluated at all, unless Self or Unguided asks for it.
	Scale float64
	// Rescale, 0 to 1, pulls the spread of the guided prediction towards that of the
	// conditional one (Lin et al. 2023, arXiv:2305.08891, section 3.4); 0.7 is usual.
	Rescale float64
	// In is the terms in which Rescale measures the spread.
	In Terms
	// Low and High are the sigmas between which guidance acts; outside only the positive
	// prompt is evaluated (Kynkäänniemi et al. 2024, arXiv:2404.07724). 0 and 0: always.
	Low, High float64
	// Path is that of the model's space.
	Path sampler.Path

	ZeroStar  bool          // see zeroStar
	Threshold *Thresholding // in place of the plain sum
	Clock     *Clock        // of the run, and its number of steps: for Threshold's schedules
	Steps     int
	Perturbed float64 // the scale of perturbed-attention guidance: see perturbed
	Self      *SelfAttention
	Norm      float64 // see normed

	// Unguided, where given, receives what the negative prompt alone leads to, which is then always
	// asked for: the samplers of CFG++ step along it.
	Unguided *Unguided
}

// Unguided is what the negative prompt alone led to at a run's last evaluation. It belongs to one
// run, on one goroutine.
type Unguided struct{ clean *tensor.Tensor }

// Last is that prediction, in the latents' shape; nil before the first.
func (u *Unguided) Last() *tensor.Tensor { return u.clean }

// Guided asks for the prompt of the step, evaluates its parts and the negative, and
// composes u + scale·Σ wᵢ(cᵢ − u) (Liu et al. 2022, arXiv:2206.01714, for several parts). Then
// come rescaling, perturbed attention, self-attention guidance and the norm, in this order.
func Guided(predict Predictor, prompt func() Prompt, g Guidance) sampler.Denoiser {
	return func(ctx context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
		p := prompt()
		if len(p.Positive) == 0 {
			return nil, errors.New("denoise: a prompt without a positive part")
		}
		now := g
		if (g.Low > 0 || g.High > 0) && (sigma < g.Low || g.High > 0 && sigma > g.High) {
			now = Guidance{Scale: 1, Unguided: g.Unguided}
		}
		a := now.ask(p)
		clean, err := predict(ctx, x, sigma, a.conditions)
		if err != nil {
			return nil, err
		}
		if now.Unguided != nil {
			now.Unguided.clean = clean[a.parts]
		}
		return now.steer(ctx, predict, a, clean, x, sigma)
	}
}

// asked is what one step evaluates: its positive parts and the shares that they have in the
// sum, perhaps the negative, perhaps the positive parts again without self-attention.
type asked struct {
	conditions []Condition
	weights    []float64 // of the positive parts, scaled, and then of the negative, if it is asked for
	parts      int       // how many the positive ones are
	negative   bool
	rest       float64        // the negative's share
	maps       *tensor.Tensor // of the negative's self-attention, once it was evaluated
}

func (g Guidance) ask(p Prompt) *asked {
	a := &asked{rest: 1}
	for _, part := range p.Positive {
		if w := part.Weight * g.Scale; w != 0 {
			a.conditions, a.weights, a.rest = append(a.conditions, part.Condition), append(a.weights, w), a.rest-w
		}
	}
	a.parts = len(a.weights)
	if math.Abs(a.rest) < 1e-9 {
		a.rest = 0
	}
	if a.negative = a.rest != 0 || g.Self.on() || g.Unguided != nil; a.negative {
		c := p.Negative
		c.Negative = true
		if g.Self.on() {
			c.Attention = func(maps *tensor.Tensor) { a.maps = maps }
		}
		a.conditions, a.weights = append(a.conditions, c), append(a.weights, a.rest)
	}
	if g.Perturbed != 0 {
		for _, c := range a.conditions[:a.parts] {
			c.Perturbed = true
			a.conditions = append(a.conditions, c)
		}
	}
	return a
}

// sum is the weighted sum of predictions.
func sum(clean []*tensor.Tensor, weights []float64) *tensor.Tensor {
	out := clean[0]
	if weights[0] != 1 {
		out = tensor.Scale(float32(weights[0]), clean[0])
	}
	for i := 1; i < len(weights); i++ {
		if weights[i] != 0 {
			out = tensor.Axpy(float32(weights[i]), clean[i], out)
		}
	}
	return out
}

// composed is the positive parts' own mean, by their weights.
func composed(clean []*tensor.Tensor, weights []float64) *tensor.Tensor {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	if len(weights) == 1 || total == 0 {
		return clean[0]
	}
	shares := make([]float64, len(weights))
	for i, w := range weights {
		shares[i] = w / total
	}
	return sum(clean, shares)
}
