package pipeline

import (
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/region"
)

// Keep is how diffusion reads, masks and lays back (plan.go), and how what is not masked
// is kept.
type Keep struct {
	// Blend says how what is not masked is kept while denoising: one of the Blend names.
	Blend string      `json:"blend,omitempty"`
	Soft  *SoftFields `json:"soft,omitempty"` // of Blend "soft"; nil: A1111's defaults
	// Feather is the width in canvas pixels over which new pixels fade into old ones,
	// inside the selection only; 0 is a hard edge. The diffusion engine looks at it with
	// Inside only; otherwise Fade decides.
	Feather int    `json:"feather,omitempty"`
	Area    *Area  `json:"area,omitempty"`   // what is read; nil: Auto, or the whole picture with Width
	Fade    *Fade  `json:"fade,omitempty"`   // how masks grow and fade; nil: DefaultFade
	Inside  bool   `json:"inside,omitempty"` // no pixel outside the selection changes: no growing, no overmask
	Infill  Infill `json:"infill,omitempty"` // the content under the mask before denoising
	// OverMask is how many pixels of the old picture an outpaint may change at the join, its
	// fade included: 0 is region.DefaultOverMask, below 0 none. KeepExact is none as well.
	OverMask  int  `json:"over_mask,omitempty"`
	KeepExact bool `json:"keep_exact,omitempty"`
	Poisson   bool `json:"poisson,omitempty"` // lay back in the gradient domain, as an outpaint always is
}

// The ways to keep what is not masked (Keep.Blend). A network with mask channels needs
// none: "denoised" and "both" say nothing to it, the soft ways act beside its channels.
const (
	BlendAuto         = ""             // differential without mask channels, nothing with them
	BlendDenoised     = "denoised"     // each prediction is held, as A1111 does
	BlendBoth         = "both"         // prediction and input are held, as ComfyUI does
	BlendDifferential = "differential" // a soft mask opens step by step (Levin and Fried 2023)
	BlendSoft         = "soft"         // A1111's soft inpainting: latents mix, the composite follows what changed
)

// Infill names the content under the mask before denoising. Blank pixels are filled in any
// case: no network sees the hidden colour of transparency.
type Infill string

// The infills. InfillAuto is content-aware for blank pixels and, at full strength, for all
// that is masked; below it the old content stays.
const (
	InfillAuto     Infill = ""
	InfillOriginal Infill = "original"
	InfillContent  Infill = "content"
	InfillEdge     Infill = "edge"
	InfillNeutral  Infill = "neutral"
	InfillNoise    Infill = "noise"
)

// SoftFields are the six numbers of soft inpainting.
type SoftFields = denoise.SoftOptions

// Area says what is read around the mask. Every number is meant as it is: 0 is none.
type Area struct {
	Method  region.Method `json:"method"`  // "auto", "only masked" or "whole picture"
	Padding int           `json:"padding"` // of "only masked", canvas pixels; 32 is A1111's
	Blur    int           `json:"blur"`    // mask blur of both A1111 ways, canvas pixels; 4 is A1111's
}

// Fade says how the mask of an inpaint grows and fades, against what region.FadeFor gives.
type Fade struct {
	Feather float64 `json:"feather"` // percent of the selection's diagonal; 0 switches all off
	Grow    float64 `json:"grow"`    // percent of the formula's growth
	Blend   float64 `json:"blend"`   // percent of the formula's composite blur
}

// DefaultFade is what a nil Keep.Fade means.
func DefaultFade() Fade { return Fade{Feather: 10, Grow: 100, Blend: 100} }
