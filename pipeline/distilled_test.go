package pipeline

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// TestADistilledModelReadsTheGuidance: both layouts load, every step is one evaluation, and
// what it reads follows from cfg; a negative prompt is warned of.
func TestADistilledModelReadsTheGuidance(t *testing.T) {
	for _, layout := range []string{"single", "folder"} {
		m := pipelinetest.Tiny(t, "tiny15")
		m.Unet.Guided = 256
		path := m.Write(t, layout, "F32")
		p, rt := standIns(t)
		var read []float32
		rt.Eval = func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
			if w := in["guidance"]; w != nil {
				read = slices.Clone(w.Data)
			}
			return standIn(ctx, g, in)
		}
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: path}, Text: Text{Prompt: "a barn", Negative: "fog"}, Sampling: Sampling{Steps: 4, CFG: 8.5, Width: 64, Height: 64, Sampler: "LCM"}}
		q.Frame.Max.X, q.Frame.Max.Y = 64, 64
		if _, err := p.Run(context.Background(), q, nil); err != nil {
			t.Fatalf("%s: %v", layout, err)
		}
		if !slices.Equal(read, unet.Guidance(8.5, 1, 256).Data) {
			t.Errorf("%s: the denoiser read %v", layout, read)
		}
		runs := 0
		for _, line := range rt.Log() {
			if strings.HasPrefix(line, "run denoiser") {
				runs++
			}
		}
		if runs != 4 {
			t.Errorf("%s: %d evaluations for 4 steps: %v", layout, runs, rt.Log())
		}
		if !slices.ContainsFunc(p.Check(q), func(p Problem) bool { return p.Kind == "guidance" && strings.Contains(p.Text, "negative") }) {
			t.Errorf("%s: nothing says that the negative prompt is not read", layout)
		}
	}
}
