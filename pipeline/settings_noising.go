package pipeline

import (
	"errors"
	"strings"

	"pentimento/pipeline/metadata"
)

// noisingSettings bend the samplers that add noise. Each appears for those that take it. The keys
// are A1111's where it has one; a sigma of 0 above is no limit there too.
var noisingSettings = []Setting{
	{ID: "eta", Name: "Eta", Flag: "eta", Help: "share of fresh noise of samplers that add some (a, SDE): 1 is usual, 0 adds none", Panel: Folded,
		Key: "Eta", Resets: true, Default: "1", When: func(q Request) bool { r := q.solver(); return r.TakesEta() && r.Name != "DDIM" && r.Name != "TCD" },
		Value: noisingNumber(func(n *Noising) *float64 { return &n.Eta }, 0, 2, Slider{0, 1, 0.01, ""})},
	{ID: "eta_ddim", Name: "Eta of DDIM", Label: "Eta", Flag: "eta-ddim", Help: "share of fresh noise of DDIM: 0 is usual and adds none, 1 is as much as DDPM adds", Panel: Folded,
		Key: "Eta DDIM", Resets: true, recall: etaOfDDIM, Default: "0", When: func(q Request) bool { return q.solver().Name == "DDIM" },
		Value: noisingNumber(func(n *Noising) *float64 { return &n.EtaDDIM }, 0, 1, Slider{0, 1, 0.01, ""})},
	{ID: "tcd_gamma", Name: "Gamma of TCD", Label: "Gamma", Flag: "tcd-gamma", Help: "share of fresh noise of TCD, from 0 to 1: 0.3 is usual, less gives more detail, more steps want more", Panel: Folded,
		Key: "TCD gamma", Resets: true, Default: "0.3", When: func(q Request) bool { return q.solver().Name == "TCD" },
		Value: noisingNumber(func(n *Noising) *float64 { return &n.Gamma }, 0, 1, Slider{0, 1, 0.01, ""})},
	{ID: "s_noise", Name: "Sigma noise", Label: "Noise", Flag: "s-noise", Help: "multiplies the noise that the sampler adds: 1 is usual, a little more gives more detail", Panel: Folded,
		Key: "Sigma noise", Resets: true, Default: "1", When: func(q Request) bool { return q.Noisy() },
		Value: noisingNumber(func(n *Noising) *float64 { return &n.Strength }, 0, 10, Slider{0.9, 1.1, 0.005, ""})},
	{ID: "s_churn", Name: "Sigma churn", Label: "Churn", Flag: "s-churn", Help: "how much noise the samplers Euler, Heun, HeunPP2 and DPM2 add and take away again over a whole run: 0 is usual, 40 is much", Panel: Folded,
		Key: "Sigma churn", Resets: true, Default: "0", When: func(q Request) bool { return q.solver().Churns },
		Value: noisingNumber(func(n *Noising) *float64 { return &n.Churn }, 0, 1000, Slider{0, 100, 1, ""})},
	{ID: "s_tmin", Name: "Sigma tmin", Label: "Churn from", Flag: "s-tmin", Help: "the noise level (sigma) from which it churns", Panel: Folded,
		Key: "Sigma tmin", Resets: true, Default: "0", When: churns,
		Value: noisingNumber(func(n *Noising) *float64 { return &n.ChurnMin }, 0, 1000, Slider{0, 10, 0.05, ""})},
	{ID: "s_tmax", Name: "Sigma tmax", Label: "Churn to", Flag: "s-tmax", Help: "the noise level (sigma) up to which it churns; 0: no limit", Panel: Folded,
		Key: "Sigma tmax", Resets: true, Default: "0", When: churns,
		Value: noisingNumber(func(n *Noising) *float64 { return &n.ChurnMax }, 0, 1000, Slider{0, 15, 0.05, ""})},
	{ID: "restarts", Name: "Restarts", Flag: "restarts", Help: "where the sampler Restart goes back up, as `LIST` of lowest sigma: steps, times, highest sigma, for example \"0.1:10,1,2; 1:5,2,9\"; none, or without it what fits the number of steps", Panel: Folded,
		Key: "Restart segments", Resets: true, When: func(q Request) bool { return q.solver().Name == "Restart" },
		Value: restartsText()},
}

func noisingNumber(of func(*Noising) *float64, low, high float64, s Slider) Value {
	return partNumber(noisingAt, usualNoising, of, low, high, s)
}

func churns(q Request) bool { return q.solver().Churns && held(q.Noising, usualNoising).Churn > 0 }

// restartsText is kept as it was written, so that a check can name what is wrong with it.
func restartsText() Value {
	return Value{Kind: Words,
		get: func(q *Request) string { return held(q.Noising, usualNoising).Restarts },
		set: func(q *Request, text string) error {
			alter(noisingAt(q), usualNoising, func(n *Noising) { n.Restarts = text })
			if _, err := parseRestarts(text); err != nil {
				return errors.New(strings.TrimPrefix(err.Error(), "pipeline: "))
			}
			return nil
		}}
}

// etaOfDDIM reads DDIM's share under A1111's key of today, or that of before 2023, when all
// samplers had one.
func etaOfDDIM(v *Value, r *metadata.Recipe) string {
	if text := v.read(r.Value("Eta DDIM")); text != "" {
		return text
	}
	if samplerOf(nil, r) == "DDIM" {
		return v.read(r.Value("Eta"))
	}
	return ""
}
