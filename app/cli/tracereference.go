package cli

import (
	"fmt"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/tensor"
)

// referenceAsk is a reference as the stage denoise takes it: a latent [1,C,h,w] that all rows share, and
// its noise for each row, by their names in the input file.
type referenceAsk struct {
	Module   string   `json:"module"`
	Fidelity *float64 `json:"fidelity"`
	Weight   *float64 `json:"weight"`
	Mode     string   `json:"mode"`
	Latent   string   `json:"latent"`
	Noise    string   `json:"noise"`
}

// references are those of the request as guides.
func (a denoiseAsk) references(in map[string]*tensor.Tensor) (out []pipeline.Guide, err error) {
	for i, r := range a.References {
		g := pipeline.Guide{Kind: pipeline.GuideReference, Name: fmt.Sprintf("reference %d", i), Preprocessor: r.Module, Fidelity: 0.5, Weight: 1, End: 1, Mode: r.Mode}
		if r.Fidelity != nil {
			g.Fidelity = *r.Fidelity
		}
		if r.Weight != nil {
			g.Weight = *r.Weight
		}
		for _, t := range []struct{ as, name string }{{"latent", r.Latent}, {"noise", r.Noise}} {
			if in[t.name] == nil {
				return nil, fmt.Errorf("request: reference %d: its %s is %q, want the name of a tensor of --in", i, t.as, t.name)
			}
			g = g.With(t.as, in[t.name])
		}
		if strings.TrimSpace(r.Module) == "" {
			return nil, fmt.Errorf("request: reference %d has no module, want %s", i, strings.Join(pipeline.ReferenceModules, ", "))
		}
		out = append(out, g)
	}
	return out, nil
}
