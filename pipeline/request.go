package pipeline

import "image"

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
	// Blend says how a model without mask channels keeps what is not masked: "" or
	// "denoised" in each prediction, "both" in each prediction and each input.
	Blend     string `json:"blend,omitempty"`
	LowMemory bool   `json:"low_memory,omitempty"` // one network in memory at a time

	// Feather is the width in canvas pixels over which new pixels fade into old ones,
	// inside the selection only; 0 is a hard edge.
	Feather int `json:"feather,omitempty"`
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
