//go:build cgo

package unet_test

import (
	"context"
	"math"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/unet"
)

// In half precision, every operator rounding, each family's denoiser gives what the reference has:
// the rounding of its weights alone is 0.0016 of that.
func TestDenoiserInHalfPrecision(t *testing.T) {
	rt := pipelinetest.Halving{Runtime: native(t)}
	cases, want := references(t)
	for name := range cases {
		if testing.Short() && name != "tiny15" {
			continue
		}
		n, err := unet.Open(context.Background(), rt, open(t, small(t, name), "single", "F16"), model.Options{Threads: 2}, graph.Variant{})
		if err != nil {
			t.Fatal(err)
		}
		r := cases[name][1] // of two pictures
		x, text, label := r.inputs(t, n.LabelWidth())
		out, err := n.Eval(context.Background(), unet.Input{X: x, Timesteps: []float32{r.Timestep}, Context: text, Label: label})
		if err != nil {
			t.Fatal(err)
		}
		e := pipelinetest.Relative(out.Data, want[r.Case+".out"].Data)
		t.Logf("%s: relative error %.2g, %.1f dB", r.Case, e, -20*math.Log10(e))
		if !(e <= 6e-3) {
			t.Errorf("%s: relative error %.2g, want at most 0.006", r.Case, e)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}
