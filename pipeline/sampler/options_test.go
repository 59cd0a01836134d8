package sampler

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// TestRowsSayWhatTheyTake: another option gives another latent where the row says that it takes
// it, and the very same one where not.
func TestRowsSayWhatTheyTake(t *testing.T) {
	shape := []int{1, 1, 4, 4}
	ask := analytic(shape, func(*tensor.Tensor, float64) {})
	run := func(r Row, change func(o *Options)) []float32 {
		o := r.Default
		change(&o)
		draws := 0
		noise := func(_, _ float64) *tensor.Tensor {
			draws++
			return pipelinetest.UnitNoise(fmt.Sprintf("noise.%d", draws), shape...)
		}
		sigmas := append(karras(StableDiffusion(), 24), 0)
		out, err := r.With(o)(context.Background(), ask, tensor.Scale(float32(sigmas[0]), pipelinetest.UnitNoise("x", shape...)), sigmas, noise, nil)
		if err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		return out.Data
	}
	for _, r := range Samplers {
		usual := run(r, func(*Options) {})
		for what, c := range map[string]struct {
			takes  bool
			change func(o *Options)
		}{
			"eta":   {r.TakesEta(), func(o *Options) { o.Eta = o.Eta/2 + 0.2 }},
			"noise": {r.Stochastic, func(o *Options) { o.SNoise = 0.9 }},
			"churn": {r.Churns, func(o *Options) { o.Churn, o.ChurnMax = 9, 20 }},
		} {
			if what == "eta" && r.Default.Eta == 0 && r.Name != "DDIM" {
				continue // an ancestral method with a name of its own where it is ancestral
			}
			if changed := !slices.Equal(usual, run(r, c.change)); changed != c.takes {
				t.Errorf("%s: another %s changes the latent: %v; the row says %v", r.Name, what, changed, c.takes)
			}
		}
	}
}
