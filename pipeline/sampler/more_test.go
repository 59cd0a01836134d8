package sampler

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// guidedCase is one of testdata/more.json: the analytic denoiser under guidance, restarts, TCD.
type guidedCase struct {
	Case, Sampler string
	Sigmas        []float64
	Timesteps     []int
	CFG           float64
	Options       struct {
		Eta    *float64
		SNoise *float64 `json:"s_noise"`
		R      *float64
	}
	EtaGamma    float64               `json:"eta_gamma"`
	RestartList map[string][3]float64 `json:"restart_list"`
	Taken       [][2]float64          `json:"steps_taken"`
	Evaluated   []float64             `json:"evaluation_sigmas"`
}

func TestGuidedSamplersRestartAndTCDAgreeWithTheReferences(t *testing.T) {
	raw, err := os.ReadFile("testdata/more.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Shape []int
		Cases []guidedCase
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/more.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		t.Run(c.Case, func(t *testing.T) { c.agrees(t, file.Shape, want[c.Case+".x"]) })
	}
}

// options are the row and the options of a case.
func (c guidedCase) options(t *testing.T) (Row, Options) {
	names := map[string]string{"euler_ancestral_eta": "euler_ancestral", "dpmpp_2m_sde_eta0": "dpmpp_2m_sde", "dpmpp_sde_r": "dpmpp_sde"}
	name := c.Sampler
	if v, ok := names[name]; ok {
		name = v
	}
	row, _, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	o := row.Default
	for to, from := range map[*float64]*float64{&o.Eta: c.Options.Eta, &o.SNoise: c.Options.SNoise, &o.R: c.Options.R} {
		if from != nil {
			*to = *from
		}
	}
	if len(c.Timesteps) > 0 {
		o.Eta = c.EtaGamma
	}
	for low, s := range c.RestartList {
		at, err := strconv.ParseFloat(low, 64)
		if err != nil {
			t.Fatal(err)
		}
		o.Restarts = append(o.Restarts, Segment{Min: at, Max: s[2], Steps: int(s[0]), Times: int(s[1])})
	}
	return row, o
}

func (c guidedCase) agrees(t *testing.T, shape []int, want *tensor.Tensor) {
	row, o := c.options(t)
	positive := analytic(shape, func(*tensor.Tensor, float64) {})
	away := pipelinetest.Uniform("denoiser.mu_u", 0.5, shape...)
	mu := pipelinetest.Uniform("denoiser.mu", 0.5, shape...)
	spread := pipelinetest.Uniform("denoiser.s", 0.3, shape...)
	var unguided *tensor.Tensor
	var evaluated []float64
	ask := func(ctx context.Context, x *tensor.Tensor, g float64) (*tensor.Tensor, error) {
		evaluated = append(evaluated, g)
		d, err := positive(ctx, x, g)
		unguided = d.Clone()
		for i := range d.Data { // the two differ in their means only
			s := 0.6 + float64(spread.Data[i])
			unguided.Data[i] += float32(g * g * (float64(away.Data[i]) - float64(mu.Data[i])) / (s*s + g*g))
			if c.CFG != 0 {
				d.Data[i] = float32(float64(unguided.Data[i]) + c.CFG*float64(d.Data[i]-unguided.Data[i]))
			}
		}
		return d, err
	}
	o.Unguided = func() *tensor.Tensor { return unguided }
	sigmas := c.Sigmas
	if len(c.Timesteps) > 0 {
		for _, at := range c.Timesteps {
			sigmas = append(sigmas, StableDiffusion().At(at))
		}
		sigmas = append(sigmas, StableDiffusion().Min())
	}
	draws := 0
	noise := func(_, _ float64) *tensor.Tensor {
		draws++
		return pipelinetest.UnitNoise(fmt.Sprintf("%s.noise.%d", c.Case, draws-1), shape...)
	}
	last := sigmas[len(sigmas)-1]
	path := []*tensor.Tensor{}
	out, err := row.With(o)(context.Background(), ask, row.Start(Exploding, nil, pipelinetest.UnitNoise(c.Case+".init", shape...), sigmas[0]), sigmas, noise,
		func(s Step) { path = append(path, row.Finish(Exploding, s.X.Clone(), s.Sigma)) })
	if err != nil {
		t.Fatal(err)
	}
	path = append(path, row.Finish(Exploding, out, last))
	if c.Taken != nil {
		path = path[len(path)-1:] // of Restart there is the result only
		c.planned(t, o)
	}
	size := tensor.Size(shape)
	if len(path)*size != len(want.Data) {
		t.Fatalf("%d latents, want %d", len(path), len(want.Data)/size)
	}
	for i, x := range path {
		if e := pipelinetest.Relative(x.Data, want.Data[i*size:(i+1)*size]); e > 2e-6 {
			t.Errorf("latent %d differs by %.2g, want at most 2e-6", i, e)
		}
	}
	if c.Evaluated != nil && len(evaluated) != len(c.Evaluated) {
		t.Errorf("%d evaluations, want %d", len(evaluated), len(c.Evaluated))
	}
}

// planned holds the plan of a Restart case to the reference's, to the last digit of single
// precision, which decides where noise is drawn.
func (c guidedCase) planned(t *testing.T, o Options) {
	plan := restartPlan(c.Sigmas, o.Restarts)
	if len(plan) != len(c.Taken) {
		t.Fatalf("a plan of %d steps, want %d", len(plan), len(c.Taken))
	}
	for i, step := range plan {
		for k := range step {
			if math.Abs(step[k]-c.Taken[i][k]) > 2e-7*step[k] {
				t.Errorf("step %d is %v, want %v", i, step, c.Taken[i])
			}
		}
	}
}

// Without guidance a sampler of CFG++ is the one it is named after.
func TestCFGppWithoutGuidanceIsTheSamplerItIsNamedAfter(t *testing.T) {
	pairs := map[string]string{"Euler CFG++": "Euler", "Euler a CFG++": "Euler a",
		"res_multistep_cfg_pp": "res_multistep", "res_multistep_ancestral_cfg_pp": "res_multistep_ancestral", "gradient_estimation_cfg_pp": "gradient_estimation"}
	schedule, _ := FindSchedule("karras")
	sigmas := schedule.Sigmas(StableDiffusion(), 9)
	for name, of := range pairs {
		var got [2][]float32
		for i, n := range []string{name, of} {
			row, _, err := Find(n)
			if err != nil {
				t.Fatal(err)
			}
			out, err := smallRun(context.Background(), row, analytic([]int{1, 1, 2, 2}, func(*tensor.Tensor, float64) {}), sigmas)
			if err != nil {
				t.Fatal(err)
			}
			got[i] = out.Data
		}
		if e := pipelinetest.Relative(got[0], got[1]); e > 1e-6 {
			t.Errorf("%s differs from %s by %.2g", name, of, e)
		}
	}
	if n := len(slices.DeleteFunc(slices.Clone(Samplers), func(r Row) bool { return !r.Unguided })); n != 7 {
		t.Errorf("%d samplers of CFG++, want ComfyUI's 7", n)
	}
}
