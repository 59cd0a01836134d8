package sampler

import (
	"math"
	"slices"
)

// Schedule is one way to choose the sigmas of a run.
type Schedule struct {
	Name    string   // as in requests and in Find
	Label   string   // A1111's name for people
	Aliases []string // ComfyUI's and others' names
	sigmas  func(l *Levels, n int) []float64
}

// Sigmas gives the falling noise levels of a run of n steps, n of at least 1, usually n+1
// values ending in 0. Exceptions: kl_optimal and the timestep lists end above zero,
// ddim takes a step more where n does not divide the number of levels, ddim_timesteps
// (A1111's DDIM) a step less.
func (s Schedule) Sigmas(l *Levels, n int) []float64 { return s.sigmas(l, max(n, 1)) }

// Schedules is the table, in A1111's definition. A name ending in "_comfy" is ComfyUI's
// where it truly differs; elsewhere the two agree but for the last digits.
var Schedules = []Schedule{
	{"karras", "Karras", nil, karras},
	{"exponential", "Exponential", nil, exponentialSchedule},
	{"polyexponential", "Polyexponential", []string{"poly_exponential"}, polyexponential},
	{"uniform", "Uniform", []string{"discrete", "default"}, uniform},
	{"normal", "Normal", nil, uniform},
	{"simple", "Simple", nil, simple},
	{"sgm_uniform", "SGM Uniform", nil, sgmUniform},
	{"ddim", "DDIM", []string{"ddim_uniform"}, ddimUniform},
	{"beta", "Beta", nil, betaSchedule},
	{"beta_comfy", "Beta (ComfyUI)", nil, betaComfy},
	{"kl_optimal", "KL Optimal", nil, klOptimal},
	{"kl_optimal_comfy", "KL Optimal (ComfyUI)", nil, klOptimalComfy},
	{"align_your_steps", "Align Your Steps", []string{"ays"}, alignYourSteps(aysSD)},
	{"align_your_steps_xl", "Align Your Steps XL", []string{"ays_xl"}, alignYourSteps(aysXL)},
	{"align_your_steps_comfy", "Align Your Steps (ComfyUI)", nil, alignYourStepsComfy(aysComfySD)},
	{"align_your_steps_xl_comfy", "Align Your Steps XL (ComfyUI)", nil, alignYourStepsComfy(aysComfyXL)},
	{"gits", "GITS", []string{"gits_1.20", "gits_1.2"}, gits(gitsUsual)},
	{"linear_quadratic", "Linear Quadratic", nil, linearQuadratic},
	{"lcm", "LCM", []string{"lcm_50"}, fromTimesteps(lcmTimesteps, 0)},
	{"tcd", "TCD", nil, fromTimesteps(lcmTimesteps, 1)},
	{"turbo", "Turbo", []string{"sd_turbo"}, fromTimesteps(turboTimesteps, 0)},
	{ddimTimesteps, "DDIM timesteps", []string{"webui_range_plus1"}, fromTimesteps(WebUI, -1)},
	{"leading", "Leading timesteps", []string{"leading_offset1"}, fromTimesteps(Leading, 1)},
	{"trailing", "Trailing timesteps", nil, fromTimesteps(Trailing, 1)},
	{"linspace", "Linspace timesteps", nil, fromTimesteps(Linspace, 1)},
}

// ddimTimesteps is A1111's list for DDIM and PLMS, which stops at its last timestep.
const ddimTimesteps = "ddim_timesteps"

// FindSchedule resolves a schedule's name. "Automatic" and "" are the sampler's own, which
// the caller looks up in Row.Schedule.
func FindSchedule(name string) (Schedule, error) {
	key := fold(name)
	same := func(n string) bool { return fold(n) == key }
	for _, s := range Schedules {
		if same(s.Name) || same(s.Label) || slices.ContainsFunc(s.Aliases, same) {
			return s, nil
		}
	}
	if s, ok := findGITS(key); ok {
		return s, nil
	}
	var known []string
	for _, s := range Schedules {
		known = append(known, s.Name)
	}
	return Schedule{}, &NameError{Kind: "schedule", Name: name, Known: known}
}

// ScheduleFor resolves name, taking "" and "Automatic" as the sampler's own schedule.
func ScheduleFor(r Row, name string) (Schedule, error) {
	if k := fold(name); k == "" || k == "automatic" || k == "auto" {
		name = r.Schedule
	}
	return FindSchedule(name)
}

// karras spaces sigma^(1/7) evenly (Karras et al. 2022, equation 5).
func karras(l *Levels, n int) []float64 { return karrasBetween(n, l.Min(), l.Max()) }

func karrasBetween(n int, low, high float64) []float64 {
	const rho = 7
	out := linspace(math.Pow(high, 1./rho), math.Pow(low, 1./rho), n)
	for i, v := range out {
		out[i] = math.Pow(v, rho)
	}
	return append(out, 0)
}

// exponentialSchedule spaces log sigma evenly.
func exponentialSchedule(l *Levels, n int) []float64 {
	out := linspace(math.Log(l.Max()), math.Log(l.Min()), n)
	for i, v := range out {
		out[i] = math.Exp(v)
	}
	return append(out, 0)
}

// polyexponential spaces log sigma by a power of the ramp; the power in use is 1, which
// makes it the exponential schedule.
func polyexponential(l *Levels, n int) []float64 { return exponentialSchedule(l, n) }

// uniform spaces timesteps evenly from the last to the first.
func uniform(l *Levels, n int) []float64 {
	return append(atTimes(l, linspace(float64(l.Len()-1), 0, n)), 0)
}

// sgmUniform leaves out the timestep 0 that uniform ends on.
func sgmUniform(l *Levels, n int) []float64 {
	return append(atTimes(l, linspace(float64(l.Len()-1), 0, n+1)[:n]), 0)
}

func atTimes(l *Levels, t []float64) []float64 {
	for i, v := range t {
		t[i] = l.Sigma(v)
	}
	return t
}

// simple picks every len/n-th level from the top.
func simple(l *Levels, n int) []float64 {
	var out []float64
	for i := range n {
		out = append(out, l.At(l.Len()-1-int(float64(i)*(float64(l.Len())/float64(n)))))
	}
	return append(out, 0)
}

// ddimUniform picks levels 1, 1+k, 1+2k … with k = len/n rounded down.
func ddimUniform(l *Levels, n int) []float64 {
	out := []float64{0}
	for t := 1; t < l.Len(); t += max(l.Len()/n, 1) {
		out = append(out, l.At(t))
	}
	slices.Reverse(out)
	return out
}

// klOptimal spaces atan(sigma) evenly (Sabour et al. 2024, arXiv:2404.14507, equation
// 65); A1111's has no final zero.
func klOptimal(l *Levels, n int) []float64 {
	out := linspace(math.Atan(l.Max()), math.Atan(l.Min()), n+1)
	for i, v := range out {
		out[i] = math.Tan(v)
	}
	return out
}

func klOptimalComfy(l *Levels, n int) []float64 { return append(klOptimal(l, n-1)[:n:n], 0) }

// linearQuadratic falls linearly by a fortieth in the first half, then quadratically
// (Genmo, Mochi preview 2024).
func linearQuadratic(l *Levels, n int) []float64 {
	const threshold = 0.025
	half := n / 2
	if half == 0 {
		return []float64{l.Max(), 0}
	}
	rest := float64(n - half)
	diff := float64(half) - threshold*float64(n)
	square := diff / (float64(half) * rest * rest)
	linear := threshold/float64(half) - 2*diff/(rest*rest)
	var out []float64
	for i := range n {
		x := float64(i)
		done := x * threshold / float64(half)
		if i >= half {
			done = square*x*x + linear*x + square*float64(half*half)
		}
		out = append(out, (1-done)*l.Max())
	}
	return append(out, 0)
}

// Align Your Steps (Sabour et al. 2024): published levels for ten steps, to ComfyUI's
// precision and to A1111's. They are of the exploding path.
var (
	aysSD      = []float64{14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029}
	aysXL      = []float64{14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029}
	aysComfySD = []float64{14.6146412293, 6.4745760956, 3.8636745985, 2.6946151520, 1.8841921177, 1.3943805092, 0.9642583904, 0.6523686016, 0.3977456272, 0.1515232662, 0.0291671582}
	aysComfyXL = []float64{14.6146412293, 6.3184485287, 3.7681790315, 2.1811480769, 1.3405244945, 0.8620721141, 0.5550693289, 0.3798540708, 0.2332364134, 0.1114188177, 0.0291671582}
)

func alignYourSteps(points []float64) func(*Levels, int) []float64 {
	return func(l *Levels, n int) []float64 {
		if n == len(points) {
			return append(onPathOf(l, slices.Clone(points)), 0)
		}
		return append(onPathOf(l, logInterpolate(points, n)), 0)
	}
}

func alignYourStepsComfy(points []float64) func(*Levels, int) []float64 {
	return func(l *Levels, n int) []float64 {
		out := onPathOf(l, logInterpolate(points, n+1))
		out[n] = 0
		return out
	}
}

// onPathOf brings sigmas of the exploding path, in place, to the path of the levels.
func onPathOf(l *Levels, sigmas []float64) []float64 {
	if l.shift > 0 {
		for i, s := range sigmas {
			sigmas[i] = s / (1 + s)
		}
	}
	return sigmas
}

// logInterpolate reads n evenly spaced values off points, linear in the logarithm.
func logInterpolate(points []float64, n int) []float64 {
	out := linspace(0, float64(len(points)-1), n)
	for i, at := range out {
		k := min(int(at), len(points)-2)
		f := at - float64(k)
		out[i] = math.Exp((1-f)*math.Log(points[k]) + f*math.Log(points[k+1]))
	}
	return out
}
