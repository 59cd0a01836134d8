package unet_test

import (
	"math"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/unet"
)

// What a shallow evaluation takes of a whole one, counted in the graphs of networks in full
// size at the size they were trained for: multiplications, and the bytes of weights that its
// session reads beside the whole one's. The README's figures.
func TestWorkOfTheShallowPart(t *testing.T) {
	for _, c := range []struct {
		m            *pipelinetest.Model
		side         int64   // of the latent
		whole        float64 // 10⁹ multiplications
		work, weight []float64
	}{
		{pipelinetest.Full(), 64, 401.6, []float64{0.079, 0.224, 0.380}, []float64{0.009, 0.022, 0.035}},
		{pipelinetest.FullXL(), 128, 3381, []float64{0.015, 0.038, 0.066}, []float64{0.004, 0.006, 0.009}},
	} {
		ck, err := checkpoint.Open(c.m.Hollow(t, "F16"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		work := func(g *graph.Graph, err error) pipelinetest.Work {
			if err != nil {
				t.Fatal(err)
			}
			return pipelinetest.WorkOf(g, c.side, c.side, 77)
		}
		whole := work(unet.Build(ck.Denoiser, graph.Variant{}))
		if g := float64(whole.Multiplications) / 1e9; math.Abs(g/c.whole-1) > 0.001 {
			t.Errorf("%s: %.4g·10⁹ multiplications, want %.4g", c.m.Name, g, c.whole)
		}
		for skip := range c.work {
			w := work(unet.BuildShallow(ck.Denoiser, graph.Variant{}, skip))
			a, b := float64(w.Multiplications)/float64(whole.Multiplications), float64(w.WeightBytes)/float64(whole.WeightBytes)
			if math.Abs(a-c.work[skip]) > 0.001 || math.Abs(b-c.weight[skip]) > 0.001 {
				t.Errorf("%s, skip %d: %.3f of the work, %.3f of the weights; want %.3f, %.3f", c.m.Name, skip, a, b, c.work[skip], c.weight[skip])
			}
		}
	}
}
