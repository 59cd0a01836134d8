package sampler

import (
	"context"
	"math"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// straightNormal is the best denoiser of N(0,1) data on the straight path.
func straightNormal(_ context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
	keep := 1 - sigma
	return tensor.Scale(float32(keep/(keep*keep+sigma*sigma)), x), nil
}

// The probability flow from N(0,1) noise to N(0,1) data leaves every value where it was, and
// fresh noise on the way leaves their spread.
func TestEverySamplerKeepsNormalDataOnTheStraightPath(t *testing.T) {
	start := pipelinetest.UnitNoise("straight", 1, 4, 32, 32)
	for _, row := range Samplers {
		s, err := FindSchedule("simple")
		if err != nil {
			t.Fatal(err)
		}
		sigmas := row.Sigmas(s, Shifted(1000, 3), 60)
		draws := 0
		noise := func(_, _ float64) *tensor.Tensor {
			draws++
			return pipelinetest.UnitNoise(row.Name+string(rune('a'+draws)), start.Shape...)
		}
		steps := 0
		x := row.Start(Straight, nil, start, sigmas[0])
		out, err := row.On(Straight)(context.Background(), straightNormal, x, sigmas, noise, func(s Step) {
			steps++
			if slices.Contains([]string{"Restart", "DPM fast"}, row.Name) || jumps(row) {
				return // two step as they like
			}
			if s.Sigma > 1 || math.Abs(s.X.Std()-math.Hypot(1-s.Sigma, s.Sigma)) > 0.1 {
				t.Errorf("%s: before step %d at sigma %g the spread is %g", row.Name, s.Index, s.Sigma, s.X.Std())
			}
		})
		if err != nil {
			t.Fatalf("%s: %v", row.Name, err)
		}
		if spread := out.Std(); math.Abs(spread-1) > 0.08 && !jumps(row) {
			t.Errorf("%s: spread %.3f, want 1", row.Name, spread)
		}
		if e := pipelinetest.Relative(out.Data, start.Data); !row.Stochastic && e > 0.06 {
			t.Errorf("%s: differs from the exact flow by %.3f", row.Name, e)
		}
		if row.Stochastic != (draws > 0) || steps == 0 {
			t.Errorf("%s: %d draws in %d steps", row.Name, draws, steps)
		}
	}
}

// jumps says of samplers for distilled networks that they do not follow the flow: they go to the
// mean of the data. ComfyUI's 2S a by CFG++ takes the second evaluation's unguided prediction off
// its first one, which is not the flow either.
func jumps(r Row) bool { return r.FewSteps || r.Name == "DPM++ 2S a CFG++" }

// ComfyUI's tables of SD3 (shift 3).
func TestShiftedLevelsAgreeWithTheReferences(t *testing.T) {
	l := Shifted(1000, 3)
	for i, want := range []float64{0.002994012, 0.25207987, 0.4300999, 0.5636704, 0.6675915, 0.7507493, 0.81880105, 0.8755204, 0.9235203, 0.9646681} {
		close(t, "level", []float64{l.At(100 * i)}, []float64{want}, 1e-6)
		close(t, "timestep", []float64{l.T(l.Sigma(float64(100*i) + 0.25))}, []float64{float64(100*i) + 0.25}, 1e-9)
	}
	for name, want := range map[string][]float64{
		"simple":       {1, 0.9, 0.75, 0.5, 0},
		"ddim_uniform": {0.9009585, 0.751497, 0.5026596, 0.005976096, 0},
		"beta_comfy":   {1, 0.9335348, 0.7507493, 0.39217135, 0},
	} {
		s, err := FindSchedule(name)
		if err != nil {
			t.Fatal(err)
		}
		close(t, name, s.Sigmas(l, 4), want, 1e-6)
	}
}

func TestEverySchedulesSigmasLieOnTheStraightPath(t *testing.T) {
	for _, s := range Schedules {
		for _, n := range []int{1, 2, 11, 30} {
			sigmas, err := checked(s.Sigmas(Shifted(1000, 3), n))
			if err != nil || len(sigmas) == 0 || sigmas[0] > 1 {
				t.Errorf("%s of %d steps: %v (%v)", s.Name, n, sigmas, err)
			}
		}
	}
}
