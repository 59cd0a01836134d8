package denoise

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

func letters(plan []Effort) string {
	var b strings.Builder
	for _, e := range plan {
		b.WriteByte("WSF"[e])
	}
	return b.String()
}

func TestAPlanBeginsAndEndsWithEvaluations(t *testing.T) {
	for _, c := range []struct {
		s     Savings
		steps int
		want  string
	}{
		{Savings{}, 6, "WWWWWW"},
		{Savings{Window: 1.9}, 6, "WWWWWW"},
		{Savings{Window: 2}, 5, "WWWWW"},
		{Savings{Window: 2}, 12, "WWWWFWFWFWFW"},
		{Savings{Window: 2, Growth: 0.5}, 20, "WWWWFWFWFFWFFWFFFWFW"},
		{Savings{Interval: 3}, 8, "WWWWSSWS"},
		{Savings{Interval: 3, From: 0.6}, 10, "WWWWWWSSWW"},
		{Savings{Interval: 3, From: 0.1}, 8, "WWWWSSWW"},
		{Savings{Interval: 3, From: 0.4}, 20, "WWWWWWWWSSWSSWSSWSSW"},
		{Savings{Interval: 3, From: 1}, 6, "WWWWWW"},
		{Savings{Window: 3, Interval: 2}, 12, "WWWWFFSFFWFS"},
		{Savings{Window: 2}, 0, ""},
	} {
		if got := letters(c.s.Plan(c.steps)); got != c.want {
			t.Errorf("%+v of %d steps: %s, want %s", c.s, c.steps, got, c.want)
		}
	}
}

// A forecast is a mean of what is known, so that a constant comes out exactly, and comes nearer
// to a smooth curve than its last value does.
func TestForecastsFollowSmoothCurves(t *testing.T) {
	for n := 2; n < 16; n++ {
		times := make([]float64, n)
		for i := range times {
			times[i] = float64(i) * 1.3
		}
		at := times[n-1] + 2
		weights := forecastWeights(times, at, 25)
		sum, value := 0.0, 0.0
		curve := func(t float64) float64 { return math.Exp(-t/15) - t/40 }
		for i, w := range weights {
			sum, value = sum+w, value+w*curve(times[i])
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%d values: the weights sum to %g", n, sum)
		}
		if err, held := math.Abs(value-curve(at)), math.Abs(curve(times[n-1])-curve(at)); err > 0.6*held {
			t.Errorf("%d values: off by %g, holding the last by %g", n, err, held)
		}
	}
}

func TestPlacesFollowTheSchedule(t *testing.T) {
	sigmas := []float64{8, 4, 1, 0}
	for sigma, want := range map[float64]float64{8: 0, math.Sqrt(32): 0.5, 4: 1, 2: 1.5, 1: 2, 0.25: 2.75, 0: 3} {
		if got := place(sigmas, sigma); math.Abs(got-want) > 1e-9 {
			t.Errorf("sigma %g lies at %g, want %g", sigma, got, want)
		}
	}
}

// bell is the exact denoiser of pictures spread about a mean by 1: it bends with the noise, and
// depends on the latent, as networks do.
func bell(calls *int) Predictor {
	return func(_ context.Context, x *tensor.Tensor, sigma float64, cs []Condition) ([]*tensor.Tensor, error) {
		*calls += len(cs)
		out := make([]*tensor.Tensor, len(cs))
		for i, c := range cs {
			out[i] = tensor.Scale(float32(1/(1+sigma*sigma)), x)
			for k := range out[i].Data {
				out[i].Data[k] += c.Context.Data[0] * float32(sigma*sigma/(1+sigma*sigma))
			}
		}
		return out, nil
	}
}

// With every sampler a run that forecasts asks for the same noise and less of the network, and
// ends near the run that does not; nearer than half the steps do for those without noise.
func TestForecastingWithEverySampler(t *testing.T) {
	levels := sampler.StableDiffusion()
	for _, row := range sampler.Samplers {
		if row.WholeBatch {
			continue
		}
		schedule, err := sampler.ScheduleFor(row, "")
		if err != nil {
			t.Fatal(err)
		}
		run := func(steps int, s Savings) (out *tensor.Tensor, asked []float64, calls int) {
			sigmas := row.Sigmas(schedule, levels, steps)
			noise := func(sigma, next float64) *tensor.Tensor {
				asked = append(asked, sigma, next)
				return tensor.Scale(0.05, pipelinetest.UnitNoise(string(rune('a'+len(asked))), 1, 2, 3, 4))
			}
			clock := &Clock{}
			d := Guided(Forecasting(bell(&calls), s.Plan(len(sigmas)-1), clock, sigmas), Always(Simple(prompt(2, 1), prompt(1, 1))), Guidance{Scale: 1.5})
			x := row.Start(sampler.Exploding, nil, pipelinetest.UnitNoise("start", 1, 2, 3, 4), sigmas[0])
			if out, err = row.Run(ctx, d, x, sigmas, noise, clock.Watch(nil)); err != nil {
				t.Fatalf("%s: %v", row.Name, err)
			}
			return row.Finish(sampler.Exploding, out, sigmas[len(sigmas)-1]), asked, calls
		}
		want, draws, all := run(24, Savings{})
		got, same, some := run(24, Savings{Window: 2})
		if !slices.Equal(draws, same) {
			t.Errorf("%s: other noise is asked for", row.Name)
		}
		if float64(some) > 0.8*float64(all) {
			t.Errorf("%s: %d evaluations of %d", row.Name, some, all)
		}
		if e := pipelinetest.Relative(got.Data, want.Data); e > 0.08 {
			t.Errorf("%s: the result is off by %.3g", row.Name, e)
		}
	}
}

// Where a prompt changes, and where guidance begins, the network is asked: nothing is known of
// the new condition.
func TestNothingIsForecastForWhatWasNotAsked(t *testing.T) {
	sigmas := []float64{10, 8, 6, 5, 4, 3, 2, 1.5, 1, 0.5, 0}
	row, _, err := sampler.Find("Euler")
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		changes []Change
		guide   Guidance
		want    int
	}{ // ten steps, of which W W W W F W F W F W are planned
		"one prompt":            {[]Change{{99, Simple(prompt(1, 1), prompt(0, 1))}}, Guidance{Scale: 1}, 7},
		"a change in step 5":    {[]Change{{4, Simple(prompt(1, 1), prompt(0, 1))}, {99, Simple(prompt(3, 1), prompt(0, 1))}}, Guidance{Scale: 1}, 8},
		"guidance up to step 9": {[]Change{{99, Simple(prompt(1, 1), prompt(0, 1))}}, Guidance{Scale: 3, Low: 0.4, High: 4}, 7 + 5},
	} {
		calls, clock := 0, &Clock{}
		d := Guided(Forecasting(bell(&calls), Savings{Window: 2}.Plan(10), clock, sigmas), Scheduled(clock, c.changes), c.guide)
		if _, err := row.Run(ctx, d, pipelinetest.UnitNoise("x", 1, 2, 3, 4), sigmas, nil, clock.Watch(nil)); err != nil {
			t.Fatal(err)
		}
		if calls != c.want {
			t.Errorf("%s: %d evaluations, want %d", what, calls, c.want)
		}
	}
}

// Each condition gets back its own feature, whether they are evaluated together or not, and a
// condition without one is evaluated in whole.
func TestDeepFeaturesStayWithTheirConditions(t *testing.T) {
	x := pipelinetest.UnitNoise("x", 2, 4, 2, 3)
	for _, together := range []int{0, 1} {
		whole, clock := 0, &Clock{}
		network := func(_ context.Context, in Input) (*tensor.Tensor, error) {
			deep := in.Deep
			if deep == nil {
				whole += in.X.Shape[0]
				deep = tensor.New(in.X.Shape[0], 1)
				for b := range deep.Data {
					deep.Data[b] = in.Context.Batch(b, b+1).Data[0]
				}
				in.Keep(deep)
			}
			out := tensor.New(in.X.Shape...)
			for b := range in.X.Shape[0] {
				for i := range out.Batch(b, b+1).Data {
					out.Batch(b, b+1).Data[i] = deep.Data[b]
				}
			}
			return out, nil
		}
		m := Model{Network: network, Levels: sampler.StableDiffusion(), Space: Epsilon, Together: together, Cache: NewDeepCache([]Effort{Whole, Shallow}, clock)}
		positive, negative, late := prompt(1, 2), prompt(-3, 2), prompt(7, 2)
		at := func(step int, conditions ...Condition) []*tensor.Tensor {
			clock.Watch(nil)(sampler.Step{Index: step - 1})
			out, err := m.Predictor()(ctx, x, 1, conditions)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		first := at(1, positive, negative)
		for i, got := range at(2, negative, positive) {
			same(t, "a condition's own feature", got.Data, first[1-i].Data, 0)
		}
		if whole != 4 {
			t.Errorf("%d latents evaluated in whole, want 4", whole)
		}
		if at(2, late); whole != 6 {
			t.Errorf("%d latents evaluated in whole after a new condition, want 6", whole)
		}
	}
}
