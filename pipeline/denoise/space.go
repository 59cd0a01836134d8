package denoise

import (
	"fmt"
	"math"

	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// Space is what the predictions of a network mean. It follows from a model's training and
// is the only place that knows it: what the network is shown, which timestep it is given, how
// a clean latent comes out, and how latents and noise are mixed where a run begins, takes
// fresh noise and holds what it keeps.
type Space struct {
	Name string // as model files say it
	// Path is how latents and noise are mixed.
	Path sampler.Path
	// In is what a latent is multiplied by before the network sees it.
	In func(sigma float64) float64
	// Time is the timestep that the network is given; nil: the level's number, as in models
	// trained on a list of levels.
	Time func(sigma float64) float64
	// Clean gives the clean latent as shares of the latent and of what the network predicted.
	Clean func(sigma float64) (x, raw float64)
}

// Spaces is the table of prediction spaces.
var Spaces = []Space{Epsilon, VPrediction, Flow}

// FindSpace is the space that model files call so.
func FindSpace(name string) (Space, error) {
	for _, s := range Spaces {
		if s.Name == name {
			return s, nil
		}
	}
	return Space{}, fmt.Errorf("denoise: prediction %q, want epsilon, v or flow", name)
}

// clean turns a raw prediction into the clean latent.
func (s Space) clean(x, raw *tensor.Tensor, sigma float64) *tensor.Tensor {
	a, b := s.Clean(sigma)
	return tensor.Combine(float32(a), x, float32(b), raw)
}

// variancePreserving brings a latent on the exploding path to the unit variance that
// networks trained on noised latents of constant variance know.
func variancePreserving(sigma float64) float64 { return 1 / math.Sqrt(1+sigma*sigma) }
