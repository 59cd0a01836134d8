package cli

import (
	"bytes"
	"testing"

	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

// Settings taken from a picture of ours, or of another program, bring its regions, unless a flag says others or
// another prompt; a run that is repeated calls their adapters as they are called here.
func TestARecipeBringsItsRegions(t *testing.T) {
	env := &Env{Stderr: &bytes.Buffer{}}
	ours := &taken{name: "a.png", recipe: &metadata.Recipe{}, run: &pipeline.Replay{}}
	ours.run.Request.Engine, ours.run.Request.Task, ours.run.Request.RegionBase = pipeline.Diffusion, pipeline.Generate, 0.5
	ours.run.Request.Regions = []pipeline.Region{{Prompt: "a fox <lora:fur:1>", Weight: 1, Box: [4]float64{0, 0, 0.5, 1}}, {Prompt: "a barn", Weight: 1, Box: [4]float64{0.5, 0, 0.5, 1}}}
	theirs := &taken{name: "b.png", recipe: metadata.ParseA1111("a meadow ADDBASE a fox <lora:fur:1> ADDCOL a barn\nSteps: 20, Sampler: Euler, Seed: 1, RP Active: True, RP Divide mode: Matrix, RP Matrix submode: Columns, RP Calc Mode: Latent, RP Ratios: \"1,1\", RP Base Ratios: 0.5")}
	for _, from := range []*taken{ours, theirs} {
		for _, c := range []struct {
			given map[string]bool
			own   []pipeline.Region
			want  string // the first region's prompt
		}{
			{map[string]bool{}, nil, "a fox <lora:fur:1>"},
			{map[string]bool{"prompt": true}, nil, ""},
			{map[string]bool{}, []pipeline.Region{{Prompt: "mine"}}, "mine"},
		} {
			q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Generate}, Regions: c.own}
			from.lay(env, &q, c.given)
			got := ""
			if len(q.Regions) > 0 {
				got = q.Regions[0].Prompt
			}
			if got != c.want || q.RegionBase != 0.5 && c.want == "a fox <lora:fur:1>" {
				t.Errorf("%s, given %v: the first region is %q and the base %g, want %q", from.name, c.given, got, q.RegionBase, c.want)
			}
		}
	}
	here := pipeline.Request{Regions: []pipeline.Region{{Prompt: "a fox <lora:my fur:1>"}, {Prompt: "a barn"}}}
	if q := ours.again(here); q.Regions[0].Prompt != "a fox <lora:my fur:1>" || ours.run.Request.Regions[0].Prompt != "a fox <lora:fur:1>" {
		t.Errorf("repeated with %+v", q.Regions)
	}
}
