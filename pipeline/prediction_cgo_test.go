//go:build cgo

package pipeline

import (
	"context"
	"image"
	"math"
	"os"
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// TestAChosenPredictionComesBeforeTheFiles: a model whose configuration says the wrong thing
// agrees with the reference once the right thing is chosen.
func TestAChosenPredictionComesBeforeTheFiles(t *testing.T) {
	cases, want := goldens(t)
	wrong := pipelinetest.Tiny(t, "tiny21")
	wrong.Prediction = "epsilon"
	path, tried := wrong.Write(t, "folder", "F32"), 0
	for _, g := range cases {
		if g.model() != "tiny21" {
			continue
		}
		for choice, right := range map[string]bool{PredictAuto: false, PredictEpsilon: false, PredictV: true, PredictVZero: false} {
			q := g.request(t, path)
			q.Prediction = choice
			err := native(t).stage(context.Background(), q, func(r *run) error {
				prompts, err := r.readPrompts(context.Background())
				if err != nil {
					return err
				}
				latent, err := r.sample(context.Background(), g.work(want), prompts, 0)
				if err != nil {
					return err
				}
				if e := pipelinetest.Relative(latent.Data, want[g.Case+".latent"].Data); (e <= 1e-4) != right {
					t.Errorf("%s, prediction %q: latent is off by %.2g, agreement %v wanted", g.Case, choice, e, right)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			tried++
		}
	}
	if tried == 0 {
		t.Error("no reference case has a model that predicts velocities")
	}
}

// TestZeroTerminalLevelsAreChosen: the levels end where the reference's do (sampler/testdata),
// whatever the .yaml and the marks of trainers say.
func TestZeroTerminalLevelsAreChosen(t *testing.T) {
	path := pipelinetest.Tiny(t, "tiny15").Write(t, "single", "F32")
	yaml := strings.TrimSuffix(path, ".safetensors") + ".yaml"
	if err := os.WriteFile(yaml, []byte("model:\n  params:\n    parameterization: eps\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := New(nil)
	for choice, want := range map[string]struct {
		space string
		last  float64
	}{PredictAuto: {"epsilon", 14.614647}, PredictEpsilon: {"epsilon", 14.614647}, PredictV: {"v", 14.614647}, PredictVZero: {"v", 4518.7637}} {
		h, err := p.headers.look(Models{Model: path, Prediction: choice})
		if err != nil {
			t.Fatal(err)
		}
		l := h.Levels(image.Pt(512, 512), 20)
		if last := l.At(l.Len() - 1); h.Space.Name != want.space || math.Abs(last/want.last-1) > 2e-5 {
			t.Errorf("prediction %q: %s with levels up to %g, want %s up to %g", choice, h.Space.Name, last, want.space, want.last)
		}
	}
}
