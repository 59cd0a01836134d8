package pipeline

import (
	"image"

	"pentimento/pipeline/denoise"
	"pentimento/pipeline/region"
)

// Engine names what fills the place.
type Engine string

// The engines. Content needs no model; Edge, Neutral and Noise are its cheaper modes.
const (
	Content   Engine = "content"
	Edge      Engine = "edge"
	Neutral   Engine = "neutral"
	Noise     Engine = "noise"
	Diffusion Engine = "diffusion"
)

// Task is what a run does with its frame.
type Task string

// The tasks; the frame rule (content of frame and mask) decides which.
const (
	Generate Task = "generate"
	Refine   Task = "refine"
	Inpaint  Task = "inpaint"
	Outpaint Task = "outpaint"
)

// Request is everything that determines a picture: the same Request on the same files
// gives the same picture. All rectangles are canvas pixels (unbounded, y down); the
// Bounds of Image and Mask say where on the canvas they lie.
type Request struct {
	Engine Engine `json:"engine"`
	Task   Task   `json:"task"`
	// Frame is the rectangle the person asked to be filled.
	Frame image.Rectangle `json:"frame"`

	Image *image.NRGBA `json:"-"` // what is read (the context), straight alpha; nil for a blank generate
	Mask  *image.Alpha `json:"-"` // the selection, same bounds as Image: 0 keep, 255 paint

	Prompt   string  `json:"prompt"`
	Negative string  `json:"negative,omitempty"`
	Seed     int64   `json:"seed"`
	Steps    int     `json:"steps,omitempty"`
	CFG      float64 `json:"cfg,omitempty"`
	Sampler  string  `json:"sampler,omitempty"`
	Schedule string  `json:"schedule,omitempty"`
	Strength float64 `json:"strength,omitempty"` // denoise strength, 0..1
	ClipSkip int     `json:"clip_skip,omitempty"`
	RNG      string  `json:"rng,omitempty"` // "cpu" or "nv"
	Width    int     `json:"width,omitempty"`
	Height   int     `json:"height,omitempty"`
	Batch    int     `json:"batch,omitempty"`
	Model    string  `json:"model,omitempty"` // path of the checkpoint; only its base name leaves the program
	VAE      string  `json:"vae,omitempty"`
	Device   string  `json:"device,omitempty"`
	Threads  int     `json:"threads,omitempty"`

	// The rest of what diffusion may be told; the zero values are the usual ones.
	VariationSeed     int64      `json:"variation_seed,omitempty"`     // mixed into the noise of Seed
	VariationStrength float64    `json:"variation_strength,omitempty"` // by this much, 0..1
	Rescale           float64    `json:"cfg_rescale,omitempty"`        // guidance rescale (Lin et al. 2023), 0..1
	GuidanceRange     [2]float64 `json:"guidance_range,omitzero"`      // sigmas within which CFG acts; zero: all
	WholeTimesteps    bool       `json:"whole_timesteps,omitempty"`    // round timesteps, as some tools do
	Emphasis          string     `json:"emphasis,omitempty"`           // how weights act on the text's vectors: "" is A1111's way
	// Blend says how what is not masked is kept while denoising: one of the Blend names.
	Blend     string `json:"blend,omitempty"`
	LowMemory bool   `json:"low_memory,omitempty"` // one network in memory at a time
	// References are the pictures that the person attached, in their order.
	References []Reference `json:"references,omitempty"`

	// Feather is the width in canvas pixels over which new pixels fade into old ones,
	// inside the selection only; 0 is a hard edge. The diffusion engine looks at it with
	// Inside only; otherwise Fade decides.
	Feather int `json:"feather,omitempty"`

	// How diffusion reads, masks and lays back; see plan.go.
	Area     *Area       `json:"area,omitempty"`      // what is read; nil: Auto, or the whole picture with Width
	Fade     *Fade       `json:"fade,omitempty"`      // how masks grow and fade; nil: DefaultFade
	Inside   bool        `json:"inside,omitempty"`    // no pixel outside the selection changes: no growing, no overmask
	Infill   Infill      `json:"infill,omitempty"`    // what lies under the mask before denoising
	Soft     *SoftFields `json:"soft,omitempty"`      // of Blend "soft"; nil: A1111's defaults
	OverMask int         `json:"over_mask,omitempty"` // pixels an outpaint may bite into the old picture: 0 is 20, below 0 none
	Poisson  bool        `json:"poisson,omitempty"`   // lay back in the gradient domain: for wide outpaints
	Hires    *Hires      `json:"hires,omitempty"`     // a second, larger pass
	// BatchSize is how many pictures go through the networks at once: 0 is the pipeline's
	// choice (one on processors). Where memory does not allow it, one after another.
	BatchSize int `json:"batch_size,omitempty"`
	// Packed says of each picture of a finished run how many evaluations of the denoiser came
	// before the first in its packed form, −1 where none did: the two forms differ in
	// rounding, and when the faster one takes over depends on how busy the machine is. A run
	// with Exact takes its forms from there, so that it makes the same pixels again; it may
	// wait longer for its first step.
	Packed []int `json:"packed,omitempty"`
	Exact  bool  `json:"exact,omitempty"`
	// TileX and TileY make a picture whose left and right, or upper and lower, sides fit
	// together: every convolution wraps around along that axis. Sizes should be multiples
	// of 64, so that every level of the network ends where its picture does.
	TileX bool `json:"tile_x,omitempty"`
	TileY bool `json:"tile_y,omitempty"`
	// Plan is what was planned before, as the window drew it; nil: planned from Image and
	// Mask by the same function.
	Plan *Plan `json:"plan,omitempty"`
}

// The ways to keep what is not masked (Request.Blend). A network with mask channels needs
// none: "denoised" and "both" say nothing to it, the soft ways act beside its channels.
const (
	BlendAuto         = ""             // differential without mask channels, nothing with them
	BlendDenoised     = "denoised"     // each prediction is held, as A1111 does
	BlendBoth         = "both"         // prediction and input are held, as ComfyUI does
	BlendDifferential = "differential" // a soft mask opens step by step (Levin and Fried 2023)
	BlendSoft         = "soft"         // A1111's soft inpainting: latents mix, the composite follows what changed
)

// Infill names what lies under the mask before denoising. Blank pixels are filled in any
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

// DefaultFade is what a nil Request.Fade means.
func DefaultFade() Fade { return Fade{Feather: 10, Grow: 100, Blend: 100} }

// Hires is a second pass over a larger picture (A1111's hires fix): what the first made is
// enlarged and refined.
type Hires struct {
	Scale    float64 `json:"scale"`              // of each side, above 1; 0 is 2
	Strength float64 `json:"strength,omitempty"` // of the second pass; 0 is 0.7
	Steps    int     `json:"steps,omitempty"`    // 0: as the first
}

// Nth is the request of candidate i, counted from 0, as A1111 counts: the seed rises, or
// the variation's seed where there is a variation.
func (q Request) Nth(i int) Request {
	if q.VariationStrength > 0 {
		q.VariationSeed += int64(i)
	} else {
		q.Seed += int64(i)
	}
	if i < len(q.Packed) {
		q.Packed = q.Packed[i : i+1]
	}
	return q
}

// Progress is reported from the goroutine of Run, at most a few times a second.
type Progress struct {
	Stage    string       // for people: "level 3 of 5", "step 4 of 20"
	Fraction float64      // 0..1, never falling
	Preview  *image.NRGBA // nil or the picture so far, in canvas pixels
	Notice   string       // mostly empty: a plain message, such as a device that failed
}

// Result is a finished picture and where it may differ from what was read.
type Result struct {
	// Image has the bounds of Request.Image (of Frame when that was nil): the finished
	// picture of the whole context. Where Mask is 0 it is bit-identical to Request.Image.
	Image *image.NRGBA
	// Mask is the composite mask: 0 where nothing changed.
	Mask *image.Alpha
	// Request is the request as it ran: seed and sizes filled in.
	Request Request
	// Seconds per stage, in order of running.
	Timings []Timing

	// What diffusion adds. Images are the pictures of a batch, the first of them Image;
	// Seeds are theirs. Steps are the seconds of each evaluation step of all of them.
	Images []*image.NRGBA
	Seeds  []int64
	Steps  []float64
	Device string // where the denoiser ran at the end
}

// Timing is one stage's wall time.
type Timing struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
}
