package pipeline

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pentimento/pipeline/metadata"
)

// What guidance costs is what its tips say: one evaluation a step for the prompt, one for the
// negative, one each for PAG and SAG; the rest costs none. With guidance at 1 PAG needs
// two, and SAG, which looks at the negative, three.
func TestEvaluationsOfGuidance(t *testing.T) {
	for what, c := range map[string]struct {
		change func(q *Request)
		want   int
	}{
		"plain":          {func(*Request) {}, 24},
		"PAG":            {func(q *Request) { q.Perturbed = 3 }, 36},
		"PAG at 1":       {func(q *Request) { q.Perturbed, q.CFG = 3, 1 }, 24},
		"PAG, two parts": {func(q *Request) { q.Perturbed, q.Prompt = 3, "a AND b" }, 60},
		"PAG and faster": {func(q *Request) { q.Perturbed, q.Faster = 3, true }, 24},
		"without cost": {func(q *Request) {
			q.ZeroStar, q.Norm, q.Rescale, q.Threshold = true, 1, 0.7, &Threshold{true, usualThreshold.Thresholding}
		}, 24},
		"FreeU":          {func(q *Request) { q.FreeU = &FreeUFields{2, 1.3, 1.4, 0.9, 0.2} }, 24},
		"off by numbers": {func(q *Request) { q.FreeU, q.Self = &FreeUFields{2, 1, 1, 1, 1}, &SelfFields{0, 2, 1} }, 24},
		"PAG up to 3":    {func(q *Request) { q.Perturbed, q.GuidanceRange[1] = 3, 3 }, 12 + 8 + 8}, // of its levels 8 are at most 3
	} {
		p, rt := standIns(t)
		q := drawn(t, "tiny15", 12)
		c.change(&q)
		if _, err := p.Run(context.Background(), q, nil); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		whole, _ := evaluations(rt)
		if whole != c.want {
			t.Errorf("%s: %d evaluations, want %d", what, whole, c.want)
		}
	}
}

// Everything that can be said of guidance comes back from A1111's parameters, and what others write
// of it is understood.
func TestSteeringSurvivesRecipes(t *testing.T) {
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Sampling: Sampling{Rescale: 0.6}, Steering: Steering{
		RescaleIn: "clean", ZeroStar: true, Norm: 0.9, Perturbed: 2.5, Self: &SelfFields{0.75, 3, 1}, FreeU: &FreeUFields{2, 1.1, 1.25, 0.8, 0.3},
		Shrink:    &ShrinkFields{1.5, 2, 0.05, 0.4, false, "bilinear", "nearest-exact"},
		Threshold: &Threshold{true, Thresholding{Mimic: 9, Percentile: 0.95, MimicMode: "Sawtooth", MimicMin: 2, CFGMode: "Power Up", CFGMin: 3, Schedule: 2.5, Together: true, Zero: true, Deviation: true, Share: 0.7}}}}
	back := recalled(t, throughARecipe(t, q))
	if back.Rescale != q.Rescale || !reflect.DeepEqual(back.Steering, q.Steering) {
		t.Errorf("came back as\n%s, want\n%s", said(t, back.Steering), said(t, q.Steering))
	}
	if plain := (Request{Ask: Ask{Engine: Diffusion}}); len(plain.steeringParams()) > 0 {
		t.Errorf("nothing is written as %v", plain.steeringParams())
	}
	foreign := metadata.ParseA1111(`p
Steps: 48, Sampler: Euler, CFG scale: 3, Seed: 1, Size: 64x64, FreeU Stages: "[{\"backbone_factor\": 1.1, \"skip_factor\": 0.6}, {\"backbone_factor\": 1.2, \"skip_factor\": 0.4}]", FreeU Schedule: "0.0, 1.0, 0.0", FreeU Version: 2, Dynamic thresholding enabled: True, Mimic scale: 1, Separate Feature Channels: False, Scaling Startpoint: MEAN, Variability Measure: AD, Interpolate Phi: 0.3, Threshold percentile: 100, PAG Active: True, PAG Scale: 1, kohya_hrfix_enabled: True, kohya_hrfix_block_number: 4, kohya_hrfix_downscale_factor: 2.5, kohya_hrfix_end_percent: 0.5, CFG Rescale: 0.7, Version: v1.9.3`)
	back = recalled(t, foreign)
	shrink := usualShrink
	shrink.By, shrink.Block, shrink.To = 2.5, 4, 0.5
	threshold := usualThreshold
	threshold.On, threshold.Mimic, threshold.Together, threshold.Share = true, 1, true, 0.3
	want := Steering{RescaleIn: "clean", Perturbed: 1, FreeU: &FreeUFields{2, 1.1, 1.2, 0.6, 0.4}, Shrink: &shrink, Threshold: &threshold}
	if back.Rescale != 0.7 || !reflect.DeepEqual(back.Steering, want) {
		t.Errorf("A1111's comes back as\n%s, want\n%s", said(t, back.Steering), said(t, want))
	}
}

func recalled(t *testing.T, r *metadata.Recipe) Request {
	t.Helper()
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
	for _, line := range q.Recall(r, func(string) bool { return false }) {
		if strings.Contains(line, "no such settings") {
			t.Errorf("left: %s", line)
		}
	}
	return q
}

func said(t *testing.T, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
