package metadata

import (
	"slices"
	"strings"
)

// solverNames maps the names of other programs to A1111's, which are ours. InvokeAI's
// dpmpp_3m (no SDE) and dpmpp_2s (not ancestral) have no A1111 name and stay.
var solverNames = map[string]string{
	"euler": "Euler", "euler_ancestral": "Euler a", "euler_a": "Euler a",
	"dpmpp_2m": "DPM++ 2M", "dpm++2m": "DPM++ 2M", "dpmpp_sde": "DPM++ SDE", "dpmpp_2m_sde": "DPM++ 2M SDE",
	"dpm++2m_sde": "DPM++ 2M SDE", "dpmpp_3m_sde": "DPM++ 3M SDE", "dpmpp_2s_ancestral": "DPM++ 2S a",
	"dpm++2s_a": "DPM++ 2S a", "dpmpp_2m_sde_heun": "DPM++ 2M SDE Heun",
	"dpm_2": "DPM2", "kdpm_2": "DPM2", "dpm2": "DPM2", "dpm_2_ancestral": "DPM2 a", "kdpm_2_a": "DPM2 a", "dpm_2_a": "DPM2 a",
	"heun": "Heun", "lms": "LMS", "lcm": "LCM", "ddim": "DDIM", "ddim_trailing": "DDIM", "plms": "PLMS", "pndm": "PLMS",
	"uni_pc": "UniPC", "unipc": "UniPC", "uni_pc_bh2": "UniPC BH2", "restart": "Restart", "deis": "DEIS", "ddpm": "DDPM",
	"ipndm": "IPNDM", "ipndm_v": "IPNDM_V", "heunpp2": "HeunPP2", "ddim_v3": "DDIM", "dpm_fast": "DPM fast", "dpm_adaptive": "DPM adaptive",
	"euler_cfg_pp": "Euler CFG++", "euler_ancestral_cfg_pp": "Euler a CFG++", "euler_a_cfg_pp": "Euler a CFG++", "dpmpp_2m_cfg_pp": "DPM++ 2M CFG++",
	"dpmpp_2s_ancestral_cfg_pp": "DPM++ 2S a CFG++", "tcd": "TCD",
}

// scheduleNames maps them for schedules.
var scheduleNames = map[string]string{
	"karras": "Karras", "exponential": "Exponential", "polyexponential": "Polyexponential", "sgm_uniform": "SGM Uniform",
	"uniform": "Uniform", "discrete": "Uniform", "normal": "Normal", "simple": "Simple", "beta": "Beta", "ddim_uniform": "DDIM",
	"linear_quadratic": "Linear Quadratic", "gits": "GITS", "tcd": "TCD", "turbo": "Turbo",
	"kl_optimal": "KL Optimal", "ays": "Align Your Steps", "align_your_steps": "Align Your Steps", "automatic": "Automatic",
}

// SolverName returns our name of a sampler; a name that is not known comes back as it is.
func SolverName(name string) string {
	key := strings.ToLower(strings.TrimSpace(name))
	key = strings.TrimSuffix(key, "_gpu")
	if _, ok := solverNames[key]; !ok { // k-diffusion's own names
		key = strings.TrimPrefix(key, "k_")
	}
	if n, ok := solverNames[key]; ok {
		return n
	}
	for _, n := range solverNames { // ours, in other letters
		if strings.EqualFold(n, key) {
			return n
		}
	}
	return name
}

// ScheduleName returns our name of a schedule; a name that is not known comes back as it is.
func ScheduleName(name string) string {
	key := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
	if n, ok := scheduleNames[key]; ok {
		return n
	}
	return name
}

// splitSampler splits names that join solver and schedule: "DPM++ 2M Karras", sd.cpp's
// "euler_a karras".
func splitSampler(s string) (solver, schedule string) {
	words := strings.Fields(s)
	for n := min(3, len(words)-1); n > 0; n-- {
		tail := strings.Join(words[len(words)-n:], " ")
		if name := ScheduleName(tail); isSchedule(name) {
			return SolverName(strings.Join(words[:len(words)-n], " ")), name
		}
	}
	return SolverName(s), ""
}

func isSchedule(name string) bool {
	return slices.Contains([]string{"Karras", "Exponential", "Polyexponential", "SGM Uniform", "Uniform", "Normal", "Simple",
		"Beta", "KL Optimal", "Align Your Steps", "DDIM", "Linear Quadratic", "Turbo", "GITS"}, name)
}

// invokeScheduler splits InvokeAI's scheduler names: "_k" at the end is Karras. Its first
// generation put "k_" in front, after k-diffusion, which says nothing of the schedule.
func invokeScheduler(s string) (solver, schedule string) {
	name := strings.TrimPrefix(s, "k_")
	if n, ok := strings.CutSuffix(name, "_k"); ok {
		name, schedule = n, "Karras"
	}
	if n := SolverName(name); n != name {
		return n, schedule
	}
	if schedule == "" {
		return s, ""
	}
	return name, schedule
}
