package pipeline

import "pentimento/pipeline/denoise"

// Steering is what guides a run beside the prompt and its scale. Zero values are off.
type Steering struct {
	// RescaleIn is the terms of Sampling.Rescale: "" velocity, "noise" or "clean".
	RescaleIn   string        `json:"cfg_rescale_in,omitempty"`
	ZeroStar    bool          `json:"cfg_zero_star,omitempty"`
	Norm        float64       `json:"cfg_norm,omitempty"`   // CFGNorm's strength; 0: off
	Perturbed   float64       `json:"pag,omitempty"`        // scale of perturbed-attention guidance
	PerturbedAt string        `json:"pag_at,omitempty"`     // where it acts (family.Inside.PerturbAt); "": in the middle block
	Self        *SelfFields   `json:"sag,omitempty"`        // self-attention guidance
	FreeU       *FreeUFields  `json:"freeu,omitempty"`      // nil: off
	Shrink      *ShrinkFields `json:"shrink,omitempty"`     // nil: off
	Box         *BoxFields    `json:"box,omitempty"`        // refined while the whole is made; nil: none
	Threshold   *Threshold    `json:"thresholds,omitempty"` // dynamic thresholding; nil: off
}

// SelfFields are the numbers of self-attention guidance.
type SelfFields struct {
	Scale float64 `json:"scale"`
	Blur  float64 `json:"blur"`
	Limit float64 `json:"limit"` // of the attention above which the picture is blurred
}

// FreeUFields are FreeU's version, 1 or 2, and numbers.
type FreeUFields struct {
	Version int     `json:"version"`
	B1      float64 `json:"b1"`
	B2      float64 `json:"b2"`
	S1      float64 `json:"s1"`
	S2      float64 `json:"s2"`
}

// ShrinkFields are those of deep shrink: by how much, from which share of the run's timesteps
// to which, and how (family.Shrink).
type ShrinkFields struct {
	By        float64 `json:"by"`
	Block     int     `json:"block"`
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	AfterSkip bool    `json:"after_skip"`
	Down      string  `json:"down"`
	Up        string  `json:"up"`
}

// Threshold is dynamic thresholding while it is on.
type Threshold struct {
	On bool `json:"on"`
	Thresholding
}

// Thresholding are the numbers of dynamic thresholding.
type Thresholding = denoise.Thresholding

// What the parts of Steering are before anybody has changed them: off, with the numbers that
// their authors or ComfyUI propose.
var (
	usualSelf      = SelfFields{Blur: 2, Limit: 1}
	usualFreeU     = FreeUFields{B1: 1.3, B2: 1.4, S1: 0.9, S2: 0.2}
	usualShrink    = ShrinkFields{By: 1, Block: 3, To: 0.35, AfterSkip: true, Down: "bicubic", Up: "bicubic"}
	usualThreshold = Threshold{Thresholding: denoise.ThresholdingDefaults()}
)
