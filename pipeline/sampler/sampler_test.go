package sampler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// reference is one case of testdata/samplers.json: a run on the analytic denoiser below.
type reference struct {
	Case, Sampler string
	Options       map[string]any
	Shape         []int
	Sigmas        []float64
	Timesteps     []int
	NoiseCalls    json.RawMessage `json:"noise_calls"`
	Evaluations   int
	EvalSigmas    []float64 `json:"evaluation_sigmas"`
	Rows          int       `json:"trajectory_rows"`
}

func readCases(t *testing.T) []reference {
	t.Helper()
	raw, err := os.ReadFile("testdata/samplers.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []reference }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// analytic is a denoiser with an exact formula, near to that of Gaussian data.
func analytic(shape []int, seen func(x *tensor.Tensor, sigma float64)) Denoiser {
	mu := pipelinetest.Uniform("denoiser.mu", 0.5, shape...)
	spread := pipelinetest.Uniform("denoiser.s", 0.3, shape...)
	return func(_ context.Context, x *tensor.Tensor, g float64) (*tensor.Tensor, error) {
		seen(x, g)
		out := tensor.New(shape...)
		for i := range out.Data {
			v, s := float64(x.Data[i]), 0.6+float64(spread.Data[i])
			out.Data[i] = float32((s*s*v+g*g*float64(mu.Data[i]))/(s*s+g*g) + 0.1*math.Sin(2*v/math.Sqrt(1+g*g))*g*g/(1+g*g))
		}
		return out, nil
	}
}

// pick chooses row and options of a reference case.
func pick(t *testing.T, c reference) (Row, Options) {
	t.Helper()
	name, variants := c.Sampler, map[string]string{
		"euler_churn": "euler", "euler_a_eta05": "euler_a", "heun_churn": "heun", "lms_b": "lms", "ddim_eta": "ddim",
		"ddim_b": "ddim", "lcm_t": "lcm", "unipc_t": "uni_pc_bh2", "unipc_t_bh1": "uni_pc", "dpmpp_2m_t": "dpmpp_2m",
		"dpmpp_2m_t_karras": "dpmpp_2m", "dpmpp_2m_sde_t": "dpmpp_2m_sde",
	}
	if v, ok := variants[name]; ok {
		name = v
	}
	row, _, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	o := row.Default
	for key, at := range map[string]*float64{"eta": &o.Eta, "s_noise": &o.SNoise, "s_churn": &o.Churn, "s_tmin": &o.ChurnMin, "s_tmax": &o.ChurnMax} {
		if v, ok := c.Options[key].(float64); ok {
			*at = v
		}
	}
	if v, ok := c.Options["solver_order"].(float64); ok {
		o.Order = int(v)
	}
	o.EndClean = c.Sampler == "lms_b"
	// in the karras cases the last step, of first order, has no length and is dropped
	o.EndFirstOrder = c.Sampler == "dpmpp_2m_t"
	return row, o
}

// sigmasOf gives a case's sigmas; timestep cases end where their sampler says.
func sigmasOf(c reference) []float64 {
	if len(c.Sigmas) > 0 {
		return c.Sigmas
	}
	alpha := func(t int) float64 { return float64(float32(StableDiffusion().Alpha(t))) }
	g := func(t int) float64 { return math.Sqrt((1 - alpha(t)) / alpha(t)) }
	var out []float64
	for _, t := range c.Timesteps {
		out = append(out, g(t))
	}
	switch c.Sampler {
	case "ddim_b":
		return append(out, g(1))
	case "lcm_t":
		return append(out, 0)
	}
	return append(out, g(0))
}

func TestSamplersAgreeWithTheReferences(t *testing.T) {
	want, err := pipelinetest.ReadSafetensors("testdata/samplers.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range readCases(t) {
		t.Run(c.Case, func(t *testing.T) { agrees(t, c, want[c.Case+".x"]) })
	}
}

func agrees(t *testing.T, c reference, want *tensor.Tensor) {
	row, o := pick(t, c)
	sigmas := sigmasOf(c)
	vp := len(c.Timesteps) > 0
	x := tensor.Scale(float32(sigmas[0]), pipelinetest.UnitNoise(c.Case+".init", c.Shape...))
	if vp {
		x = Row{VP: true}.Start(Exploding, nil, pipelinetest.UnitNoise(c.Case+".init", c.Shape...), sigmas[0])
	}
	scale := func(sigma float64) float64 { // rows of timestep cases are in variance-preserving space
		if !vp {
			return 1
		}
		return 1 / math.Sqrt(1+sigma*sigma)
	}
	var path []*tensor.Tensor
	var evaluated []float64
	record := func(x *tensor.Tensor, sigma float64) { path = append(path, tensor.Scale(float32(scale(sigma)), x)) }
	fresh := false // rows are the latents at the first evaluation of each step, in plms at every one
	denoise := analytic(c.Shape, func(x *tensor.Tensor, sigma float64) {
		evaluated = append(evaluated, sigma)
		if fresh || c.Sampler == "plms" {
			record(x, sigma)
		}
		fresh = false
	})
	var calls [][2]float64
	noise := func(sigma, next float64) *tensor.Tensor {
		calls = append(calls, [2]float64{sigma, next})
		return pipelinetest.UnitNoise(fmt.Sprintf("%s.noise.%d", c.Case, len(calls)-1), c.Shape...)
	}
	got, err := row.With(o)(context.Background(), denoise, x, sigmas, noise, func(Step) { fresh = true })
	if err != nil {
		t.Fatal(err)
	}
	record(got, sigmas[len(sigmas)-1])

	size, limit := tensor.Size(c.Shape), 2e-6
	if c.Sampler == "dpm_adaptive" { // rounding of the denoiser steers its step length
		limit = 1e-4
	}
	last := want.Data[len(want.Data)-size:]
	if e := pipelinetest.Relative(path[len(path)-1].Data, last); e > limit {
		t.Errorf("result differs by %.2g, want at most %.2g", e, limit)
	}
	// the rows of these three repeat the start, an artefact of the program they are from
	if want.Shape[0] == 3 && !slices.Contains([]string{"ipndm", "ipndm_v", "deis"}, c.Sampler) {
		for row, at := range []int{1, c.Rows / 2} {
			if e := pipelinetest.Relative(path[at].Data, want.Data[row*size:(row+1)*size]); e > 2e-6 {
				t.Errorf("the latent before step %d differs by %.2g, want at most 2e-6", at, e)
			}
		}
	}
	checkCalls(t, c, evaluated, calls)
}

// checkCalls holds a run to the reference's denoiser calls and random draws, in order.
func checkCalls(t *testing.T, c reference, evaluated []float64, calls [][2]float64) {
	limit := 2e-5
	if c.Sampler == "dpm_adaptive" {
		limit = 2e-3
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= limit*math.Abs(b) }
	for i, s := range c.EvalSigmas {
		if i >= len(evaluated) || !near(evaluated[i], s) {
			t.Fatalf("evaluated at %v, want %v", evaluated, c.EvalSigmas)
		}
	}
	if c.EvalSigmas != nil && len(evaluated) != c.Evaluations {
		t.Errorf("%d evaluations, want %d", len(evaluated), c.Evaluations)
	}
	var draws []*[2]float64
	if json.Unmarshal(c.NoiseCalls, &draws) != nil || c.Sampler == "heunpp2" || c.Sampler == "res_multistep" {
		return // a number only, or draws of weight zero, which are not made here
	}
	if len(draws) != len(calls) {
		t.Fatalf("%d draws, want %d", len(calls), len(draws))
	}
	for i, d := range draws {
		if d != nil && (!near(calls[i][0], d[0]) || !near(calls[i][1], d[1])) {
			t.Errorf("draw %d was for %v, want %v", i, calls[i], *d)
		}
	}
}

// For N(0, 1) data the best denoiser is x/(1+sigma²) and the flow's solution is known, so
// a wrong coefficient shows without any reference: the error falls with the order.
func TestOrderOfConvergence(t *testing.T) {
	shape := []int{1, 1, 1, 1}
	gauss := func(_ context.Context, x *tensor.Tensor, s float64) (*tensor.Tensor, error) {
		return tensor.Scale(float32(1/(1+s*s)), x), nil
	}
	karras, _ := FindSchedule("karras")
	fault := func(name string, steps int) float64 {
		row, _, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		sigmas := karras.Sigmas(StableDiffusion(), steps)
		x := tensor.New(shape...)
		x.Data[0] = float32(sigmas[0])
		got, err := row.Run(context.Background(), gauss, x, sigmas, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return math.Abs(float64(got.Data[0])/(sigmas[0]/math.Sqrt(1+sigmas[0]*sigmas[0])) - 1)
	}
	for name, falls := range map[string]float64{"Euler": 1.7, "Heun": 3, "DPM2": 3, "DPM++ 2M": 3, "UniPC": 3, "LMS": 3, "IPNDM_V": 3, "DEIS": 3} {
		a, b := fault(name, 20), fault(name, 40)
		if b > 1e-5 && a/b < falls {
			t.Errorf("%s: error %.2g at 20 steps and %.2g at 40: falls by %.1f, want %.1f", name, a, b, a/b, falls)
		}
		if b > 0.05 {
			t.Errorf("%s: error %.2g at 40 steps", name, b)
		}
	}
}

func TestRestartGoesBackUp(t *testing.T) {
	schedule, err := FindSchedule("karras")
	if err != nil {
		t.Fatal(err)
	}
	for steps, rises := range map[int]int{10: 0, 19: 0, 20: 1, 35: 1, 36: 2, 50: 2} {
		plan := restartPlan(schedule.Sigmas(StableDiffusion(), steps), nil)
		up := 0
		for i := 1; i < len(plan); i++ {
			switch {
			case plan[i][0] > plan[i-1][1]:
				up++
			case plan[i][0] != plan[i-1][1]:
				t.Errorf("%d steps: step %d begins at %v after %v", steps, i, plan[i][0], plan[i-1][1])
			}
		}
		if up != rises || len(plan) != steps || plan[len(plan)-1][1] != 0 {
			t.Errorf("%d steps: %d in the plan with %d restarts, want %d", steps, len(plan), up, rises)
		}
	}
}

func every(t *testing.T, do func(t *testing.T, row Row)) {
	for _, row := range Samplers {
		t.Run(row.Name, func(t *testing.T) { do(t, row) })
	}
}

func smallRun(ctx context.Context, row Row, d Denoiser, sigmas []float64) (*tensor.Tensor, error) {
	x := pipelinetest.UnitNoise("small", 1, 1, 2, 2)
	noise := func(_, _ float64) *tensor.Tensor { return pipelinetest.UnitNoise("small.noise", 1, 1, 2, 2) }
	return row.Run(ctx, d, tensor.Scale(float32(sigmas[0]), x), sigmas, noise, nil)
}

func TestEverySamplerTakesAnyLengthOfSchedule(t *testing.T) {
	every(t, func(t *testing.T, row Row) {
		for n := 1; n <= 6; n++ {
			for _, name := range []string{"karras", "ddim_timesteps", "kl_optimal"} {
				s, err := FindSchedule(name)
				if err != nil {
					t.Fatal(err)
				}
				sigmas := row.Sigmas(s, StableDiffusion(), n)
				got, err := smallRun(context.Background(), row, analytic([]int{1, 1, 2, 2}, func(*tensor.Tensor, float64) {}), sigmas)
				if err != nil {
					t.Fatalf("%s, %d steps: %v", name, n, err)
				}
				if n >= 5 && sigmas[len(sigmas)-1] == 0 && got.RMS() > 4 {
					t.Errorf("%s, %d steps: rms %.3g", name, n, got.RMS())
				}
			}
		}
	})
}

func TestCancelStopsEverySampler(t *testing.T) {
	every(t, func(t *testing.T, row Row) {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		d := func(_ context.Context, x *tensor.Tensor, _ float64) (*tensor.Tensor, error) {
			calls++
			cancel()
			return x.Clone(), nil
		}
		_, err := smallRun(ctx, row, d, []float64{10, 5, 2, 1, 0.5, 0})
		if !errors.Is(err, context.Canceled) || calls != 1 {
			t.Errorf("after cancel: %v and %d evaluations", err, calls)
		}
	})
}

func TestABrokenPredictionNamesTheStep(t *testing.T) {
	every(t, func(t *testing.T, row Row) {
		calls := 0
		d := func(_ context.Context, x *tensor.Tensor, _ float64) (*tensor.Tensor, error) {
			out := x.Clone()
			if calls++; calls == 4 {
				out.Data[1] = float32(math.NaN())
			}
			return out, nil
		}
		_, err := smallRun(context.Background(), row, d, []float64{10, 7, 5, 3, 2, 1, 0.5, 0.2, 0.1, 0.05, 0})
		var bad *BadValueError
		if !errors.As(err, &bad) || bad.Step < 1 || bad.Step > 4 || bad.Hint() == "" {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheDenoisersErrorComesBackAsItIs(t *testing.T) {
	sentinel := errors.New("out of memory")
	every(t, func(t *testing.T, row Row) {
		d := func(context.Context, *tensor.Tensor, float64) (*tensor.Tensor, error) { return nil, sentinel }
		if _, err := smallRun(context.Background(), row, d, []float64{10, 5, 0}); !errors.Is(err, sentinel) {
			t.Errorf("got %v", err)
		}
	})
}

func TestBadSchedulesAreRefused(t *testing.T) {
	for _, sigmas := range [][]float64{{1, 2, 0}, {math.NaN(), 0}, {math.Inf(1), 0}, {1, -1}} {
		if _, err := Samplers[0].Run(context.Background(), nil, tensor.New(1), sigmas, nil, nil); err == nil {
			t.Errorf("sigmas %v were taken", sigmas)
		}
	}
}

func TestNamesResolve(t *testing.T) {
	for name, want := range map[string][2]string{
		"DPM++ 2M Karras": {"DPM++ 2M", "karras"}, "dpmpp_2m": {"DPM++ 2M", ""}, "Euler a": {"Euler a", ""},
		"euler_ancestral": {"Euler a", ""}, "DPM++ 2M SDE Heun Exponential": {"DPM++ 2M SDE Heun", "exponential"},
		"DPM2 a Karras": {"DPM2 a", "karras"}, "dpmpp_2m_sde_gpu": {"DPM++ 2M SDE", ""}, "LMS Karras": {"LMS", "karras"},
		"Euler SGM Uniform": {"Euler", "sgm_uniform"}, "dpmpp_2m_k": {"DPM++ 2M", "karras"}, "UNIPC": {"UniPC", ""},
		"uni_pc_bh2": {"UniPC BH2", ""}, "kdpm_2_a": {"DPM2 a", ""}, "dpm++2s_a": {"DPM++ 2S a", ""}, "k_euler_a": {"Euler a", ""},
	} {
		row, schedule, err := Find(name)
		if err != nil || row.Name != want[0] || schedule != want[1] {
			t.Errorf("%q is %q with %q (%v), want %v", name, row.Name, schedule, err, want)
		}
	}
	var unknown *NameError
	if _, _, err := Find("DPM+++ 9X"); !errors.As(err, &unknown) || unknown.Hint() == "" {
		t.Errorf("an unknown name gave %v", err)
	}
}

func TestEveryNameIsOfOneRowOnly(t *testing.T) {
	var seen []string
	for _, r := range Samplers {
		if _, err := FindSchedule(r.Schedule); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		for _, n := range append([]string{r.Name}, r.Aliases...) {
			if slices.Contains(seen, fold(n)) && fold(n) != fold(r.Name) {
				t.Errorf("name %q is used twice", n)
			}
			seen = append(seen, fold(n))
		}
	}
}

func BenchmarkOverheadOfAStep(b *testing.B) {
	x := tensor.New(1, 4, 128, 128)
	d := func(_ context.Context, x *tensor.Tensor, _ float64) (*tensor.Tensor, error) { return x, nil }
	noise := func(_, _ float64) *tensor.Tensor { return x }
	sigmas := linspace(10, 0, 21)
	for _, name := range []string{"Euler", "DPM++ 3M SDE", "UniPC"} {
		row, _, _ := Find(name)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := row.Run(context.Background(), d, x, sigmas, noise, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/20, "µs/step")
		})
	}
}
