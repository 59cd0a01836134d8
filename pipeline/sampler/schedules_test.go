package sampler

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
)

type sigmaFile struct {
	Alphas   indexed                      `json:"alphas_cumprod_f64"`
	Model    indexed                      `json:"model_sigmas"`
	TToSigma struct{ T, Sigma []float64 } `json:"t_to_sigma"`
	SigmaToT struct {
		Sigma      []float64
		Continuous []float64 `json:"t_continuous"`
		Nearest    []int     `json:"t_nearest"`
	} `json:"sigma_to_t"`
	ZeroSNR struct {
		Index []int
		Sigma []float64
	} `json:"zero_terminal_snr_sigmas"`
	RawTables map[string]map[string]map[string][]float64 `json:"tables"`
	Timesteps map[string]map[string][]float64
	Img2Img   []struct {
		Steps   int
		Denoise float64
		A       []float64 `json:"form_a_karras"`
		B       []float64 `json:"form_b_karras"`
		C       int       `json:"form_c_start_index"`
	}
}

type indexed struct {
	Index []int
	Value []float64
}

func readSigmas(t *testing.T) sigmaFile {
	t.Helper()
	raw, err := os.ReadFile("testdata/sigmas.json")
	if err != nil {
		t.Fatal(err)
	}
	var f sigmaFile
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func close(t *testing.T, what string, got, want []float64, relative float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > relative*math.Abs(want[i]) {
			t.Errorf("%s[%d] is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestLevelsAgree(t *testing.T) {
	f, l := readSigmas(t), StableDiffusion()
	for i, at := range f.Alphas.Index {
		close(t, fmt.Sprint("alpha ", at), []float64{l.Alpha(at)}, []float64{f.Alphas.Value[i]}, 1e-12)
	}
	for i, at := range f.Model.Index {
		close(t, fmt.Sprint("sigma ", at), []float64{l.At(at)}, []float64{f.Model.Value[i]}, 1e-6)
	}
	for i, at := range f.TToSigma.T {
		close(t, fmt.Sprint("sigma of ", at), []float64{l.Sigma(at)}, []float64{f.TToSigma.Sigma[i]}, 1e-6)
	}
	for i, s := range f.SigmaToT.Sigma {
		close(t, fmt.Sprint("timestep of ", s), []float64{l.T(s)}, []float64{f.SigmaToT.Continuous[i]}, 1e-5)
		if got := l.Nearest(s); got != f.SigmaToT.Nearest[i] {
			t.Errorf("nearest timestep of %v is %d, want %d", s, got, f.SigmaToT.Nearest[i])
		}
	}
	zero := l.ZeroTerminalSNR()
	for i, at := range f.ZeroSNR.Index {
		close(t, fmt.Sprint("zero-SNR sigma ", at), []float64{zero.At(at)}, []float64{f.ZeroSNR.Sigma[i]}, 2e-5)
	}
}

func TestTimestepsAndSigmasInvertEachOther(t *testing.T) {
	for name, l := range map[string]*Levels{"sd": StableDiffusion(), "zero": StableDiffusion().ZeroTerminalSNR(), "linear": Linear(1000, 1e-4, 0.02), "cosine": Cosine(1000), "short": ScaledLinear(50, 0.001, 0.3)} {
		for at := 0.0; at <= float64(l.Len()-1); at += 0.37 {
			if got := l.T(l.Sigma(at)); math.Abs(got-at) > 1e-6 {
				t.Fatalf("%s: timestep %v came back as %v", name, at, got)
			}
		}
		if l.T(l.Max()*2) != float64(l.Len()-1) || l.T(l.Min()/2) != 0 {
			t.Errorf("%s: sigmas beyond the ends are not clamped", name)
		}
	}
	for _, bad := range [][]float64{nil, {0.5}, {0.5, 0.5}, {0.9, 1.1}, {0.9, math.NaN()}, {0.9, 0}} {
		if _, err := FromAlphas(bad); err == nil {
			t.Errorf("alphas %v were taken", bad)
		}
	}
}

func TestSchedulesAgree(t *testing.T) {
	f, l := readSigmas(t), StableDiffusion()
	b := map[string]string{"beta": "beta_comfy", "kl_optimal": "kl_optimal_comfy", "align_your_steps": "align_your_steps_comfy", "align_your_steps_xl": "align_your_steps_xl_comfy"}
	for form, table := range f.RawTables {
		for name, counts := range table {
			ours := name
			if v, ok := b[name]; ok && form == "form_b" {
				ours = v
			}
			s, err := FindSchedule(ours)
			if err != nil {
				t.Error(err)
				continue
			}
			limit := 2e-5
			if name == "beta" || name == "align_your_steps" || name == "align_your_steps_xl" {
				limit = 1e-4
			}
			for n, want := range counts {
				steps, _ := strconv.Atoi(n)
				close(t, form+" "+name+" "+n, s.Sigmas(l, steps), want, limit)
			}
		}
	}
}

func TestTimestepListsAgree(t *testing.T) {
	lists := map[string]func(total, n int) []float64{"leading_offset1": Leading, "trailing": Trailing, "linspace": Linspace, "webui_range_plus1": WebUI, "lcm_50": lcmTimesteps}
	for n, table := range readSigmas(t).Timesteps {
		steps, _ := strconv.Atoi(n)
		for name, want := range table {
			list, ok := lists[name]
			if !ok {
				t.Errorf("no list %q", name)
				continue
			}
			close(t, name+" "+n, list(1000, steps), want, 1e-7)
		}
	}
}

func TestShortenedSchedulesAgree(t *testing.T) {
	euler, _, _ := Find("euler")
	karras, _ := FindSchedule("karras")
	l := StableDiffusion()
	for _, c := range readSigmas(t).Img2Img {
		name := fmt.Sprintf("%d steps at %v", c.Steps, c.Denoise)
		close(t, "A "+name, euler.Shortened(FormA, karras, l, c.Steps, c.Denoise), c.A, 2e-5)
		close(t, "B "+name, euler.Shortened(FormB, karras, l, c.Steps, c.Denoise), c.B, 2e-5)
		if got := c.Steps + 1 - len(euler.Shortened(FormC, karras, l, c.Steps, c.Denoise)); got != c.C {
			t.Errorf("C %s begins at %d, want %d", name, got, c.C)
		}
	}
}

func TestEveryScheduleFallsForEveryCount(t *testing.T) {
	zero, short := StableDiffusion().ZeroTerminalSNR(), ScaledLinear(50, 0.001, 0.3)
	for _, s := range Schedules {
		for _, l := range []*Levels{zero, short} {
			for _, n := range []int{-3, 0, 1, 2, 3, 7, 51, 1001} {
				sigmas := s.Sigmas(l, n)
				if _, err := checked(sigmas); err != nil || len(sigmas) == 0 {
					t.Errorf("%s, %d steps of %d levels: %v", s.Name, n, l.Len(), err)
				}
				for _, form := range []Form{FormA, FormB, FormC} {
					for _, row := range []string{"Euler", "DPM2", "DDIM"} {
						r, _, _ := Find(row)
						for _, d := range []float64{0, 0.3, 0.9999, 2} {
							if _, err := checked(r.Shortened(form, s, l, n, d)); err != nil {
								t.Errorf("%s %s, %d steps at %v: %v", s.Name, form, n, d, err)
							}
						}
					}
				}
			}
		}
	}
}

func TestBetaQuantileInvertsTheDistribution(t *testing.T) {
	for _, shape := range [][2]float64{{0.6, 0.6}, {1, 1}, {2, 5}, {0.5, 3}} {
		for p := 0.001; p < 1; p += 0.0137 {
			x := betaQuantile(p, shape[0], shape[1])
			if got := betaRegularized(x, shape[0], shape[1]); math.Abs(got-p) > 1e-12 {
				t.Fatalf("shape %v: the quantile of %v is %v, where the distribution is %v", shape, p, x, got)
			}
		}
	}
	if got := betaRegularized(0.3, 2, 5); math.Abs(got-0.579825) > 1e-9 { // 1 − 0.7⁶ − 6·0.3·0.7⁵
		t.Errorf("I(0.3; 2, 5) is %v", got)
	}
}

func TestDiscardNextToLastKeepsTheCount(t *testing.T) {
	row, _, _ := Find("DPM2")
	karras, _ := FindSchedule("karras")
	got, all := row.Sigmas(karras, StableDiffusion(), 8), karras.Sigmas(StableDiffusion(), 9)
	if len(got) != 9 || got[8] != 0 || got[7] != all[7] || slices.Contains(got, all[8]) {
		t.Errorf("got %v of %v", got, all)
	}
}

func TestScheduleNamesResolve(t *testing.T) {
	row, _, _ := Find("DPM++ 2M")
	for name, want := range map[string]string{"": "karras", "Automatic": "karras", "SGM Uniform": "sgm_uniform", "ays": "align_your_steps", "ddim_uniform": "ddim", "KL Optimal": "kl_optimal"} {
		if s, err := ScheduleFor(row, name); err != nil || s.Name != want {
			t.Errorf("%q is %q (%v), want %q", name, s.Name, err, want)
		}
	}
	if _, err := FindSchedule("spiral"); err == nil {
		t.Error("an unknown schedule was found")
	}
}

func TestGITS(t *testing.T) {
	l := StableDiffusion()
	for _, c := range []string{"0.80", "0.85", "0.90", "0.95", "1.00", "1.05", "1.10", "1.15", "1.20", "1.25", "1.30", "1.35", "1.40", "1.45", "1.50"} {
		s, err := FindSchedule("gits_" + c)
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 60; n++ {
			sigmas, err := checked(s.Sigmas(l, n))
			if err != nil || len(sigmas) != n+1 || sigmas[n] != 0 || math.Abs(sigmas[0]-14.6146) > 1e-3 {
				t.Errorf("%s of %d steps: %v (%v)", c, n, sigmas, err)
			}
		}
	}
	s, _ := FindSchedule("GITS")
	close(t, "GITS", s.Sigmas(l, 10), []float64{14.61464119, 5.85520077, 2.84484982, 1.67050016, 1.08895338, 0.74807048, 0.50118381, 0.32104823, 0.19894916, 0.09824532, 0}, 1e-9)
	s, _ = FindSchedule("gits 0.8")
	if s.Label != "GITS 0.80" {
		t.Errorf("it is called %q", s.Label)
	}
	for _, name := range []string{"gits_2", "gits_x", "gits_nan"} {
		if _, err := FindSchedule(name); err == nil {
			t.Errorf("%s was found", name)
		}
	}
}
