package sampler

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"pentimento/pipeline/tensor"
)

// Options bend a sampler; start from Row.Default and change what is needed. What a
// sampler does not use is ignored.
type Options struct {
	Eta    float64 // share of fresh noise in stochastic samplers, 0 for none
	SNoise float64 // strength of that noise, usually 1
	Order  int     // history of multistep samplers
	R      float64 // place of the inner evaluation of dpmpp_sde and seeds_2, in (0, 1)

	Churn              float64 // Karras churn of the whole run; 0 for none
	ChurnMin, ChurnMax float64 // sigmas between which it churns

	EndClean      bool // lms ends on the last prediction (ComfyUI) instead of integrating to zero
	EndFirstOrder bool // the last step of DPM++ 2M is of first order (diffusers, under 15 steps)

	NoiseFrom, NoiseTo float64 // sa_solver draws noise from the higher of these sigmas to the lower

	Path Path // on which the model's latents and noise are mixed

	// Unguided gives what the negative prompt alone led to at the last evaluation, in the latent's
	// shape, for the samplers of CFG++; nil: there is no guidance.
	Unguided func() *tensor.Tensor
	Levels   *Levels   // of the model, for tcd, which jumps between whole timesteps; nil: StableDiffusion
	Restarts []Segment // of Restart; nil: its own, by the number of steps
}

// Row is one sampler: a line in the window's list and in the table of names.
type Row struct {
	Name    string   // A1111's name where it has one, else ComfyUI's
	Aliases []string // ComfyUI's, InvokeAI's and stable-diffusion.cpp's names

	// Schedule is what "Automatic" means for this sampler (A1111): a name in Schedules.
	Schedule string
	// VP marks samplers that others run on timesteps in variance-preserving space: they
	// start from unit noise and their result is scaled; use Start and Finish.
	VP bool
	// Brownian marks samplers whose noise A1111 and ComfyUI draw from a Brownian path
	// (noise.Brownian) rather than from the stream.
	Brownian bool
	// DiscardNextToLast: A1111 takes one step more and leaves out the last sigma but one.
	DiscardNextToLast bool
	// Stochastic samplers call Noise.
	Stochastic bool
	// Renoise marks stochastic samplers that know the straight path themselves, as the field
	// runs them there; all others see it as an exploding one.
	Renoise bool
	// FewSteps marks samplers for models that were distilled to need few steps.
	FewSteps bool
	// Unguided marks the samplers of CFG++, which need Options.Unguided and a small guidance scale.
	Unguided bool
	// WholeBatch marks samplers that choose their steps by all latents of a batch: together
	// they come out otherwise than alone.
	WholeBatch bool
	// Churns marks samplers that take Options.Churn.
	Churns bool
	// EtaFixed marks stochastic samplers that take no notice of Options.Eta.
	EtaFixed bool
	// Default options.
	Default Options

	method method
}

// Run samples with the default options: it is a Sampler.
func (r Row) Run(ctx context.Context, denoise Denoiser, x *tensor.Tensor, sigmas []float64, noise Noise, step func(Step)) (*tensor.Tensor, error) {
	return r.method.sampler(r.Default)(ctx, denoise, x, sigmas, noise, step)
}

// With returns the sampler with other options.
func (r Row) With(o Options) Sampler {
	if draws := o.Eta > 0 && !r.Renoise || o.Churn > 0; (draws || r.Unguided) && o.Path == Straight {
		return r.method.exploded(o)
	}
	return r.method.sampler(o)
}

// TakesEta says whether Options.Eta changes what the sampler does; usually it is Default.Eta.
func (r Row) TakesEta() bool { return r.Stochastic && !r.EtaFixed || r.Name == "DDIM" }

// On returns the sampler with its default options for models of the given path.
func (r Row) On(p Path) Sampler {
	o := r.Default
	o.Path = p
	return r.With(o)
}

// Start is the noisy latent a run begins with: latent and noise mixed as the path says.
// latent is nil for a picture from nothing; then a VP sampler on the exploding path starts
// from noise of exactly unit variance.
func (r Row) Start(p Path, latent, noise *tensor.Tensor, sigma float64) *tensor.Tensor {
	switch {
	case latent != nil:
		return p.Mix(latent, noise, sigma)
	case r.VP && p == Exploding:
		return tensor.Scale(float32(math.Sqrt(1+sigma*sigma)), noise)
	}
	return tensor.Scale(float32(sigma), noise)
}

// Finish turns a run's result into the latent to decode: a VP sampler that stops at a
// last sigma above zero leaves its result scaled by 1/sqrt(1+sigma²) on the exploding path,
// as A1111's and diffusers' do.
func (r Row) Finish(p Path, x *tensor.Tensor, last float64) *tensor.Tensor {
	if !r.VP || p != Exploding || last == 0 {
		return x
	}
	return tensor.Scale(float32(1/math.Sqrt(1+last*last)), x)
}

// Sigmas is the schedule this sampler runs on for the given number of steps.
func (r Row) Sigmas(s Schedule, l *Levels, steps int) []float64 {
	if !r.DiscardNextToLast {
		return s.Sigmas(l, steps)
	}
	sigmas := s.Sigmas(l, steps+1)
	if n := len(sigmas); n > 2 {
		return append(sigmas[:n-2:n-2], sigmas[n-1])
	}
	return sigmas
}

var (
	plain      = Options{SNoise: 1, ChurnMax: math.Inf(1)}
	stochastic = Options{SNoise: 1, Eta: 1, R: 0.5}
)

// ordered is plain with a history.
func ordered(n int) Options { o := plain; o.Order = n; return o }

// Samplers is the table. Names are matched without regard to case.
var Samplers = []Row{
	{Name: "DPM++ 2M", Aliases: []string{"dpmpp_2m", "dpm++2m", "dpm++2mv2"}, Schedule: "karras", Default: plain, method: dpmpp2m},
	{Name: "DPM++ SDE", Aliases: []string{"dpmpp_sde", "dpmpp_sde_gpu"}, Schedule: "karras", Brownian: true, Stochastic: true, Default: stochastic, method: dpmppSDE},
	{Name: "DPM++ 2M SDE", Aliases: []string{"dpmpp_2m_sde", "dpmpp_2m_sde_gpu", "dpm++2m_sde"}, Schedule: "exponential", Brownian: true, Stochastic: true, Default: stochastic, method: dpmpp2mSDE},
	{Name: "DPM++ 2M SDE Heun", Aliases: []string{"dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun_gpu"}, Schedule: "exponential", Brownian: true, Stochastic: true, Default: stochastic, method: dpmpp2mSDEHeun},
	{Name: "DPM++ 2S a", Aliases: []string{"dpmpp_2s_ancestral", "dpmpp_2s_a", "dpm++2s_a"}, Schedule: "karras", Stochastic: true, Renoise: true, Default: stochastic, method: dpmpp2sAncestral},
	{Name: "DPM++ 3M SDE", Aliases: []string{"dpmpp_3m_sde", "dpmpp_3m_sde_gpu"}, Schedule: "exponential", Brownian: true, DiscardNextToLast: true, Stochastic: true, Default: stochastic, method: dpmpp3mSDE},
	{Name: "Euler a", Aliases: []string{"euler_ancestral", "euler_a", "k_euler_a"}, Schedule: "uniform", Stochastic: true, Renoise: true, Default: stochastic, method: eulerAncestral},
	{Name: "Euler", Aliases: []string{"k_euler"}, Schedule: "uniform", Churns: true, Default: plain, method: euler},
	{Name: "LMS", Aliases: []string{"k_lms"}, Schedule: "uniform", Default: ordered(4), method: lms},
	{Name: "Heun", Aliases: []string{"k_heun"}, Schedule: "uniform", Churns: true, Default: plain, method: heun},
	{Name: "DPM2", Aliases: []string{"dpm_2", "kdpm_2", "k_dpm_2"}, Schedule: "karras", DiscardNextToLast: true, Churns: true, Default: plain, method: dpm2},
	{Name: "DPM2 a", Aliases: []string{"dpm_2_ancestral", "dpm2_a", "kdpm_2_a", "k_dpm_2_a"}, Schedule: "karras", DiscardNextToLast: true, Stochastic: true, Renoise: true, Default: stochastic, method: dpm2Ancestral},
	{Name: "DPM fast", Aliases: []string{"dpm_fast"}, Schedule: "uniform", Default: plain, method: dpmFast},
	{Name: "DPM adaptive", Aliases: []string{"dpm_adaptive"}, Schedule: "uniform", WholeBatch: true, Default: plain, method: dpmAdaptive},
	{Name: "Restart", Schedule: "karras", Stochastic: true, EtaFixed: true, Default: stochastic, method: restart},
	{Name: "DDIM", Aliases: []string{"ddim_trailing"}, Schedule: "ddim_timesteps", VP: true, Default: plain, method: ddim},
	{Name: "PLMS", Aliases: []string{"pndm"}, Schedule: "ddim_timesteps", VP: true, Default: plain, method: plms},
	{Name: "UniPC", Aliases: []string{"uni_pc", "unipc"}, Schedule: "uniform", Default: ordered(3), method: unipcBH1},
	{Name: "UniPC BH2", Aliases: []string{"uni_pc_bh2"}, Schedule: "uniform", Default: ordered(3), method: unipcBH2},
	{Name: "LCM", Schedule: "lcm", FewSteps: true, Stochastic: true, Renoise: true, EtaFixed: true, Default: stochastic, method: lcm},
	{Name: "DEIS", Schedule: "uniform", Default: ordered(3), method: deis},
	{Name: "IPNDM", Schedule: "uniform", Default: ordered(4), method: ipndm},
	{Name: "IPNDM_V", Aliases: []string{"ipndm v"}, Schedule: "uniform", Default: ordered(4), method: ipndmV},
	{Name: "DDPM", Schedule: "uniform", Stochastic: true, EtaFixed: true, Default: stochastic, method: ddpm},
	{Name: "HeunPP2", Aliases: []string{"heun++"}, Schedule: "uniform", Churns: true, Default: plain, method: heunpp2},
	{Name: "res_multistep", Schedule: "uniform", Default: plain, method: resMultistep},
	{Name: "res_multistep_ancestral", Schedule: "uniform", Stochastic: true, Renoise: true, Default: stochastic, method: resMultistep},
	{Name: "gradient_estimation", Schedule: "uniform", Default: plain, method: gradientEstimation},
	{Name: "er_sde", Schedule: "uniform", Stochastic: true, EtaFixed: true, Default: stochastic, method: erSDE},
	{Name: "seeds_2", Schedule: "uniform", Stochastic: true, Default: stochastic, method: seeds2},
	{Name: "seeds_3", Schedule: "uniform", Stochastic: true, Default: stochastic, method: seeds3},
	{Name: "Euler CFG++", Aliases: []string{"euler_cfg_pp"}, Schedule: "uniform", Unguided: true, Default: plain, method: eulerCFGpp},
	{Name: "Euler a CFG++", Aliases: []string{"euler_ancestral_cfg_pp", "euler_a_cfg_pp", "Euler a2 CFG++"}, Schedule: "uniform", Unguided: true, Stochastic: true, Default: stochastic, method: eulerCFGpp},
	{Name: "DPM++ 2M CFG++", Aliases: []string{"dpmpp_2m_cfg_pp"}, Schedule: "karras", Unguided: true, Default: plain, method: dpmpp2mCFGpp},
	{Name: "DPM++ 2S a CFG++", Aliases: []string{"dpmpp_2s_ancestral_cfg_pp", "dpmpp_2s_a_cfg_pp"}, Schedule: "karras", Unguided: true, Stochastic: true, Default: stochastic, method: dpmpp2sAncestralCFGpp},
	{Name: "res_multistep_cfg_pp", Schedule: "uniform", Unguided: true, Default: plain, method: resMultistepCFGpp},
	{Name: "res_multistep_ancestral_cfg_pp", Schedule: "uniform", Unguided: true, Stochastic: true, Default: stochastic, method: resMultistepCFGpp},
	{Name: "gradient_estimation_cfg_pp", Schedule: "uniform", Unguided: true, Default: plain, method: gradientEstimationCFGpp},
	{Name: "TCD", Schedule: "tcd", VP: true, FewSteps: true, Stochastic: true, Default: Options{SNoise: 1, Eta: 0.3}, method: tcd},
	{Name: "DPM++ 3M", Aliases: []string{"dpmpp_3m"}, Schedule: "karras", Default: plain, method: dpmpp3mSDE},
	{Name: "res_2s", Schedule: "uniform", Default: plain, method: res2s},
	// from a fifth to four fifths of the way through the timesteps of SD's levels
	{Name: "sa_solver", Schedule: "uniform", Stochastic: true, method: saSolver,
		Default: Options{SNoise: 1, Eta: 1, NoiseFrom: StableDiffusion().Sigma(0.8 * 999), NoiseTo: StableDiffusion().Sigma(0.2 * 999)}},
	{Name: "sa_solver_pece", Schedule: "uniform", Stochastic: true, method: saSolverPECE,
		Default: Options{SNoise: 1, Eta: 1, NoiseFrom: StableDiffusion().Sigma(0.8 * 999), NoiseTo: StableDiffusion().Sigma(0.2 * 999)}},
}

// Find resolves a sampler's name as A1111, ComfyUI, InvokeAI or stable-diffusion.cpp
// writes it. A joined name ("DPM++ 2M Karras", "dpmpp_2m_k") also gives its schedule's
// name, otherwise schedule is "".
func Find(name string) (row Row, schedule string, err error) {
	key := fold(name)
	if row, ok := findRow(key); ok {
		return row, "", nil
	}
	for _, s := range Schedules {
		for _, n := range append([]string{s.Name}, s.Aliases...) {
			if head, ok := strings.CutSuffix(key, " "+fold(n)); ok {
				if row, ok := findRow(head); ok {
					return row, s.Name, nil
				}
			}
		}
	}
	if head, ok := strings.CutSuffix(key, " k"); ok { // InvokeAI's mark for Karras
		if row, ok := findRow(head); ok {
			return row, "karras", nil
		}
	}
	return Row{}, "", &NameError{Kind: "sampler", Name: name, Known: SamplerNames()}
}

func findRow(key string) (Row, bool) {
	for _, r := range Samplers {
		if fold(r.Name) == key || slices.ContainsFunc(r.Aliases, func(a string) bool { return fold(a) == key }) {
			return r, true
		}
	}
	return Row{}, false
}

// fold makes names comparable: lower case, underscores and runs of space as one space.
func fold(name string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(name), "_", " ")), " ")
}

// SamplerNames lists the table's names in its order.
func SamplerNames() []string {
	var names []string
	for _, r := range Samplers {
		names = append(names, r.Name)
	}
	return names
}

// NameError says that a sampler or schedule is not in its table.
type NameError struct {
	Kind, Name string
	Known      []string
}

func (e *NameError) Error() string { return fmt.Sprintf("%s %q is not known", e.Kind, e.Name) }

// Hint lists what is known.
func (e *NameError) Hint() string { return "Known: " + strings.Join(e.Known, ", ") + "." }
