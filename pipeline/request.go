package pipeline

import (
	"image"

	"pentimento/pipeline/pixelart"
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
	Upscale  Task = "upscale"
	// SDUpscale makes Image larger (Enlarge) and refines it by Model, tile by tile.
	SDUpscale Task = "sdupscale"
	Restore   Task = "restore"
	Swap      Task = "swap"
	// Describing puts Image into words by Model, a network of those that Caption takes: they are the
	// result's prompt, and no pixel changes.
	Describing Task = "describe"
	// Cut parts the subject of Image from what is behind it: Result.Mask is the subject, Result.Image the
	// subject alone, with the colours of soft edges freed of the background.
	Cut Task = "cutout"
	// Detail finds things in Image, such as faces, and makes each anew, as Request.Details say. Finding only looks.
	Detail  Task = "detail"
	Finding Task = "find"
	// Segment finds the thing in Image that is pointed at, as Request.Segment says: Result.Mask is all that it may be, the
	// likeliest first, one below the other, each of the picture's size.
	Segment Task = "segment"
	// Pixelate makes pixel art of Image.
	Pixelate Task = "pixelate"
	// Background puts something else behind the subject of Image, as Request.Backdrop says: Cut says how the
	// subject is found, or Mask is it.
	Background Task = "background"
	// Harmonise lays a picture over Image as if it belonged there, as Request.Harmony says.
	Harmonise Task = "harmonise"
)

// Request is everything that determines a picture: the same Request on the same files
// gives the same picture. All rectangles are canvas pixels (unbounded, y down); the
// Bounds of Image and Mask say where on the canvas they lie.
//
// A Request is plain data. A copy shares the lists, the groups behind pointers and the
// pictures, and none of them is changed once it is in a Request: who wants other lists
// makes new ones or takes a Clone.
//
// 2026-11-27: the fields are in groups, embedded, so that files keep their flat form and
// q.Steps stays q.Steps.
type Request struct {
	Ask
	Text
	Sampling
	Steering
	Keep
	Models

	Guides   []Guide   `json:"guides,omitempty"`   // pictures that steer, in the person's order
	Adapters []Adapter `json:"adapters,omitempty"` // changes of the model's weights, in their order
	Regions  []Region  `json:"regions,omitempty"`  // places with a text of their own
	After    []Step    `json:"after,omitempty"`    // what is done with the result, in order

	Enlarge *Enlarging  `json:"enlarge,omitempty"` // of the tasks Upscale and SDUpscale
	Restore *Restoring  `json:"restore,omitempty"` // of the task Restore
	Swap    *Swapping   `json:"swap,omitempty"`    // of the task Swap
	Cut     *Cutting    `json:"cut,omitempty"`     // of the task Cut
	Segment *Segmenting `json:"segment,omitempty"` // of the task Segment
	Details []Detailing `json:"details,omitempty"` // of the tasks Detail and Finding, in order
	// Pixels says how the task Pixelate makes pixel art.
	Pixels   *pixelart.Options `json:"pixels,omitempty"`
	Backdrop *Backdrop         `json:"backdrop,omitempty"` // of the task Background
	Harmony  *Harmonising      `json:"harmony,omitempty"`  // of the task Harmonise

	Where
	Ran
}

// Ask is what is asked for, and of which pixels.
type Ask struct {
	Engine Engine `json:"engine"`
	Task   Task   `json:"task"`
	// Frame is the rectangle the person asked to be filled.
	Frame image.Rectangle `json:"frame"`

	Image *image.NRGBA `json:"-"` // what is read (the context), straight alpha; nil for a blank generate
	Mask  *image.Alpha `json:"-"` // the selection, same bounds as Image: 0 keep, 255 paint
}

// Text is what the network is given in words.
type Text struct {
	Prompt   string `json:"prompt"`
	Negative string `json:"negative,omitempty"`
	ClipSkip int    `json:"clip_skip,omitempty"`
	Emphasis string `json:"emphasis,omitempty"` // how weights act on the text's vectors: "" is A1111's way
	// RegionBase is the share, 0 to 1, that the text keeps in the places of regions.
	RegionBase float64 `json:"region_base,omitempty"`
	// Literal takes braces and names of lists in the texts as text; else each picture has a form of
	// its own of them (Expanded), and Template and NegativeTemplate are what it was drawn from.
	Literal          bool   `json:"literal,omitempty"`
	Template         string `json:"template,omitempty"`
	NegativeTemplate string `json:"negative_template,omitempty"`
}

// Sampling is how the picture is made out of noise. Zero values are the usual ones.
type Sampling struct {
	Seed              int64      `json:"seed"`
	Steps             int        `json:"steps,omitempty"`
	CFG               float64    `json:"cfg,omitempty"`
	Sampler           string     `json:"sampler,omitempty"`
	Schedule          string     `json:"schedule,omitempty"`
	Strength          float64    `json:"strength,omitempty"` // denoise strength, 0..1
	RNG               string     `json:"rng,omitempty"`      // "cpu" or "nv"
	Width             int        `json:"width,omitempty"`
	Height            int        `json:"height,omitempty"`
	Batch             int        `json:"batch,omitempty"`
	VariationSeed     int64      `json:"variation_seed,omitempty"`     // mixed into the noise of Seed
	VariationStrength float64    `json:"variation_strength,omitempty"` // by this much, 0..1
	Rescale           float64    `json:"cfg_rescale,omitempty"`        // guidance rescale (Lin et al. 2023), 0..1
	GuidanceRange     [2]float64 `json:"guidance_range,omitzero"`      // sigmas within which CFG acts; zero: all
	WholeTimesteps    bool       `json:"whole_timesteps,omitempty"`    // round timesteps, as some tools do
	Faster            bool       `json:"faster,omitempty"`             // sets those of the next ones that are open: see faster.go
	Forecast          float64    `json:"forecast,omitempty"`           // denoise.Savings.Window: 2 evaluates every other step; 0, 1: all
	ForecastGrowth    float64    `json:"forecast_growth,omitempty"`    // denoise.Savings.Growth
	DeepCache         int        `json:"deep_cache,omitempty"`         // denoise.Savings.Interval
	DeepFrom          float64    `json:"deep_from,omitempty"`          // denoise.Savings.From
	DeepSkip          int        `json:"deep_skip,omitempty"`          // the skip at which DeepCache cuts the network, 0 the shallowest
	Noising           *Noising   `json:"noising,omitempty"`            // of samplers that add noise; nil: as they usually do
	Hires             *Hires     `json:"hires,omitempty"`              // a second, larger pass
	Tiled             *Tiled     `json:"tiled,omitempty"`              // evaluated in tiles; nil: as a whole
	Inversion         *Inversion `json:"inversion,omitempty"`          // refining begins on noise that is found in the picture; nil: on fresh noise
	// TileX and TileY make a picture whose left and right, or upper and lower, sides fit
	// together: every convolution wraps around along that axis. Sizes should be multiples
	// of 64, so that every level of the network ends where its picture does.
	TileX bool `json:"tile_x,omitempty"`
	TileY bool `json:"tile_y,omitempty"`
}

// Models are the files of the networks, and what they do not say of themselves. Only the base
// names of files leave the program.
type Models struct {
	Model string `json:"model,omitempty"` // path of the checkpoint
	VAE   string `json:"vae,omitempty"`   // another autoencoder: a path, or a name (checkpoint.Beside); "": the checkpoint's
	// TextEncoder and TextEncoder2 are separate text encoders likewise. Which of two is the
	// first their width says.
	TextEncoder  string `json:"text_encoder,omitempty"`
	TextEncoder2 string `json:"text_encoder_2,omitempty"`
	// Prediction is what the denoiser predicts and how its noise levels end: one of the
	// Predict names. It comes before all that the files say.
	Prediction string `json:"prediction,omitempty"`
}

// The predictions that can be chosen (Models.Prediction).
const (
	PredictAuto    = ""        // as the files say, or as is usual for their family
	PredictEpsilon = "epsilon" // the noise
	PredictV       = "v"       // the velocity
	PredictVZero   = "v-zsnr"  // the velocity, with levels that end in pure noise (Lin et al. 2023)
)

// Where is where and how a request runs. It is never part of a request's identity: other
// devices are meant to make the same picture, but for rounding.
type Where struct {
	Device    string `json:"device,omitempty"`
	Threads   int    `json:"threads,omitempty"`
	LowMemory bool   `json:"low_memory,omitempty"` // one network in memory at a time
	// Memory is what networks may take, in GB: their weights and what they work in (Account). A
	// network that is larger is read in parts (model.InParts). 0: no limit.
	Memory float64 `json:"memory,omitempty"`
	// Half says which models compute in half precision on a device that has it: "" those whose files
	// are in it, and others where Memory is too little for them otherwise, HalfAlways or HalfNever.
	// The autoencoder never does.
	Half string `json:"half,omitempty"`
	// Capture says whether a graphics card records an evaluation of the denoiser and repeats it for
	// later ones of the same sizes: "" where it is worth it, CaptureAlways or CaptureNever.
	Capture string `json:"capture,omitempty"`
	// Preview is how a picture is shown while it is made: "" by a small decoder where there is
	// one, or one of the Preview names.
	Preview string `json:"preview,omitempty"`
	// PreviewFile is the small decoder's file; "": the first near the model.
	PreviewFile string `json:"preview_file,omitempty"`
	// BatchSize is how many pictures go through the networks at once: 0 is the pipeline's
	// choice (one on processors). Where memory does not allow it, one after another.
	BatchSize int `json:"batch_size,omitempty"`
	// Embeddings are files, and folders of files, that texts may name besides those near the model;
	// paths with line breaks between them.
	Embeddings string `json:"embeddings,omitempty"`
	// Wildcards are folders of lists that texts may name besides those near the model, in the same form.
	Wildcards string `json:"wildcards,omitempty"`
	// AdapterFiles are files that the prompt may name besides those near the model, in the same form.
	AdapterFiles string `json:"adapter_files,omitempty"`
}

// The choices of Where.Preview besides "".
const (
	PreviewLinear = "linear" // by a matrix, from latents to colours
	PreviewNone   = "none"
)

// The choices of Where.Half.
const (
	HalfAlways = "always"
	HalfNever  = "never"
)

// The choices of Where.Capture.
const (
	CaptureAlways = "always"
	CaptureNever  = "never"
)

// Ran is what a run says of itself in Result.Request, and what a repeated run is given.
type Ran struct {
	// Packed says of each picture of a finished run how many evaluations of the denoiser came
	// before the first in its packed form, −1 where none did: the two forms differ in
	// rounding. A machine with enough memory uses the packed one throughout, 0; before
	// 2026-11-27 it took over at a moment that depended on how busy the machine was. A run
	// with Exact takes its forms from there, so that it makes the same pixels again.
	Packed []int `json:"packed,omitempty"`
	Exact  bool  `json:"exact,omitempty"`
	// Adapted tells the adapters of a finished run by what they hold, "name: sum" each.
	Adapted []string `json:"adapted,omitempty"`
	// Embedded tells the embeddings that the texts of a finished run named, likewise; one that was
	// named as embedding:name and not there is "name: " and was left out.
	Embedded []string `json:"embedded,omitempty"`
	// Separate tells the separate files of the model likewise, "role: sum" each.
	Separate []string `json:"separate,omitempty"`
	// Plan is what was planned before, as the window drew it; nil: planned from Image and
	// Mask by the same function.
	Plan *Plan `json:"plan,omitempty"`
	// Parts are the same of the runs that the task was made of and of the steps after it.
	Parts []Part `json:"parts,omitempty"`
}

// Identity is what determines each picture: the request without where it runs, how many
// pictures were asked for, and whether this run repeats another. Plan and Packed stay,
// because a repeated run takes them from there.
func (q Request) Identity() Request {
	q.Where, q.Batch, q.Exact = Where{}, 0, false
	return q
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
	var parts []Part
	for _, p := range q.Parts {
		if p.Picture == 0 || p.Picture == i+1 {
			p.Picture = min(p.Picture, 1)
			parts = append(parts, p)
		}
	}
	q.Parts = parts
	return q
}

func (m *Models) files() []*string {
	return []*string{&m.Model, &m.VAE, &m.TextEncoder, &m.TextEncoder2}
}

// files is every path in the request, and every name that may be one.
func (q *Request) files() []*string {
	all := q.Models.files()
	list := func(gs []Guide, as []Adapter) {
		for i := range gs {
			all = append(all, &gs[i].Name, &gs[i].Model, &gs[i].Vision, &gs[i].Network)
		}
		for i := range as {
			all = append(all, &as[i].File)
		}
	}
	list(q.Guides, q.Adapters)
	details := func(ds []Detailing) {
		for i := range ds {
			all = append(all, ds[i].files()...)
		}
	}
	details(q.Details)
	if q.Enlarge != nil {
		all = append(all, &q.Enlarge.Upscaler)
	}
	if q.Hires != nil {
		all = append(all, &q.Hires.Upscaler)
	}
	if q.Restore != nil {
		all = append(all, &q.Restore.Model, &q.Restore.Finder)
	}
	if q.Swap != nil {
		all = append(all, &q.Swap.Swapper, &q.Swap.Embedder, &q.Swap.Finder, &q.Swap.Name)
	}
	if q.Cut != nil {
		all = append(all, &q.Cut.Network)
	}
	if q.Backdrop != nil {
		all = append(all, &q.Backdrop.Name)
	}
	if q.Harmony != nil {
		all = append(all, &q.Harmony.Name)
	}
	for i := range q.Regions {
		all = append(all, &q.Regions[i].Name)
		list(q.Regions[i].Guides, q.Regions[i].Adapters)
	}
	for i := range q.After {
		all = append(all, q.After[i].Models.files()...)
		list(q.After[i].Guides, q.After[i].Adapters)
		details(q.After[i].Details)
		if how := q.After[i].Restore; how != nil {
			all = append(all, &how.Model, &how.Finder)
		}
	}
	for i := range q.Parts {
		details(q.Parts[i].Details)
	}
	return all
}
