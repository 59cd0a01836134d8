package denoise

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// What steers an evaluation knows the negative prompt's rows from the others, however many
// conditions go into one, and what it puts there reaches the network.
func TestAGuideKnowsTheNegativesRows(t *testing.T) {
	for _, together := range []int{0, 1} {
		var rows []bool
		m := Model{Levels: sampler.StableDiffusion(), Space: Epsilon, Together: together}
		m.Network = func(_ context.Context, in Input) (*tensor.Tensor, error) {
			if in.Deep == nil {
				t.Error("what the guide gave did not reach the network")
			}
			return tensor.New(in.X.Shape...), nil
		}
		m.Steer = func(_ context.Context, in *Input, e Evaluation) error {
			if len(e.Conditions)*e.Batch != in.X.Shape[0] || e.Sigma != 2 {
				t.Errorf("told of %d conditions for %d latents at sigma %g", len(e.Conditions), e.Batch, e.Sigma)
			}
			got := in.Negative
			if got == nil {
				got = make([]bool, in.X.Shape[0])
			}
			rows, in.Deep = append(rows, got...), in.X
			return nil
		}
		g := Guidance{Scale: 3, Perturbed: 1}
		if _, err := Guided(m.Predictor(), Always(Simple(prompt(1, 1), prompt(0, 1))), g)(ctx, tensor.New(2, 4, 2, 2), 2); err != nil {
			t.Fatal(err)
		}
		if want := []bool{false, false, true, true, false, false}; !slices.Equal(rows, want) {
			t.Errorf("%d together: negative rows %v, want %v", together, rows, want)
		}
		m.Steer = func(context.Context, *Input, Evaluation) error { return errors.ErrUnsupported }
		if _, err := m.Predictor()(ctx, tensor.New(1, 4, 2, 2), 2, []Condition{prompt(1, 1)}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("a guide's error became %v", err)
		}
	}
}

// What was seen of a condition without a guide says nothing of it with one: neither is forecast
// from the other.
func TestNothingIsForecastFromWhatOtherGuidesGave(t *testing.T) {
	sigmas := []float64{10, 8, 6, 5, 4, 3, 2, 1.5, 1, 0.5, 0}
	calls, clock := 0, &Clock{}
	known := Forecasting(bell(&calls), Savings{Window: 2}.Plan(10), clock, sigmas)
	predict := func(ctx context.Context, x *tensor.Tensor, sigma float64, cs []Condition) ([]*tensor.Tensor, error) {
		cs = slices.Clone(cs)
		if clock.Step() >= 5 {
			cs[0].Guides = "on"
		}
		return known(ctx, x, sigma, cs)
	}
	row, _, err := sampler.Find("Euler")
	if err != nil {
		t.Fatal(err)
	}
	d := Guided(predict, Always(Simple(prompt(1, 1), prompt(0, 1))), Guidance{Scale: 1})
	if _, err := row.Run(ctx, d, pipelinetest.UnitNoise("x", 1, 2, 3, 4), sigmas, nil, clock.Watch(nil)); err != nil {
		t.Fatal(err)
	}
	if calls != 8 { // of W W W W F W F W F W the first F is not known enough of
		t.Errorf("%d evaluations, want 8", calls)
	}
}
