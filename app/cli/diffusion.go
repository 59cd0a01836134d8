package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/noise"
	"pentimento/pipeline/tensor"
)

// diffusionFlags declares the flags that every verb with the diffusion engine has, and
// returns what lays them into a request. The zero value of a field means its default,
// which the pipeline fills in.
func diffusionFlags(fs *flag.FlagSet) func(ctx context.Context, env *Env, req *pipeline.Request) error {
	var q pipeline.Request
	fs.StringVar(&q.Model, "model", "", "the checkpoint: a .safetensors `FILE` or a diffusers folder; without it the starter model, where built in")
	fs.StringVar(&q.VAE, "vae", "", "a separate VAE `FILE`")
	fs.StringVar(&q.Prompt, "prompt", "", "what to paint: `TEXT` in A1111's prompt language")
	fs.StringVar(&q.Negative, "negative", "", "what to keep away: `TEXT`")
	size := fs.String("size", "", "`WxH` the network works at; the model's own choice without it")
	fs.IntVar(&q.Steps, "steps", 20, "steps of the sampler; without this and the next ones a model's own advice counts")
	cfg := fs.Float64("cfg", 7, "guidance scale; 1 switches guidance off")
	fs.StringVar(&q.Sampler, "sampler", "DPM++ 2M", "sampler's `NAME`, as A1111 or ComfyUI call it")
	fs.StringVar(&q.Schedule, "schedule", "Automatic", "noise schedule's `NAME`")
	fs.StringVar(&q.RNG, "rng", "cpu", "generator of random numbers: `cpu|nv`")
	fs.IntVar(&q.ClipSkip, "clip-skip", 1, "1 is the text encoder's last layer")
	fs.IntVar(&q.Batch, "batch", 1, "how many pictures, seeds counting up")
	strength := fs.Float64("strength", 0, "how far from the picture, 0 to 1 (default 0.75 with --image, else 1)")
	fs.Int64Var(&q.VariationSeed, "variation-seed", 0, "seed whose noise is mixed in")
	fs.Float64Var(&q.VariationStrength, "variation-strength", 0, "by how much, 0 to 1")
	fs.Float64Var(&q.Rescale, "cfg-rescale", 0, "guidance rescale, 0 to 1")
	fs.StringVar(&q.Blend, "blend", "denoised", "how a model without mask channels keeps the rest: `denoised|both`")
	fs.BoolVar(&q.WholeTimesteps, "whole-timesteps", false, "round timesteps to whole ones, as some tools do")
	tile := fs.String("tile", "", "make a picture that tiles along `x|y|xy`")
	fs.StringVar(&q.Device, "device", "", "`NAME` of the device; see the verb devices")
	fs.IntVar(&q.Threads, "threads", 0, "processor threads; 0 is one a core")
	fs.BoolVar(&q.LowMemory, "low-memory", false, "keep one network in memory at a time")
	return func(_ context.Context, env *Env, req *pipeline.Request) error {
		set := map[string]bool{}
		fs.Visit(func(f *flag.Flag) { set[f.Name] = true })
		w, h, err := parseSize(*size)
		if err != nil {
			return err
		}
		if _, err := noise.ParseKind(q.RNG); err != nil {
			return Misuse("--rng %q, want cpu or nv", q.RNG)
		}
		if q.Blend != "denoised" && q.Blend != "both" {
			return Misuse("--blend %q, want denoised or both", q.Blend)
		}
		if set["strength"] && !(*strength > 0 && *strength <= 1) {
			return Misuse("--strength %g, want above 0 and at most 1", *strength)
		}
		if set["cfg"] && *cfg == 0 {
			return Misuse("--cfg 0, want above 0 (1 switches guidance off)")
		}
		if !slices.Contains([]string{"", "x", "y", "xy"}, *tile) {
			return Misuse("--tile %q, want x, y or xy", *tile)
		}
		q.TileX, q.TileY = strings.Contains(*tile, "x"), strings.Contains(*tile, "y")
		if q.Model, err = env.model(q.Model); err != nil {
			return err
		}
		suggest(&q, cfg, set)
		kept := *req
		*req = q
		req.Engine, req.Task, req.Frame, req.Image, req.Mask = kept.Engine, kept.Task, kept.Frame, kept.Image, kept.Mask
		req.Seed, req.Feather = kept.Seed, kept.Feather
		req.Width, req.Height, req.CFG, req.Strength = w, h, *cfg, *strength
		return nil
	}
}

// model is the path of the model to use: the one that was named, or the starter model.
func (e *Env) model(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	if e.Starter == nil {
		return "", WithHint(Misuse("no --model"), "a Stable Diffusion checkpoint: a .safetensors file or a diffusers folder")
	}
	return e.Starter()
}

// suggest lays in the numbers that the model advises where no flag was set. What keeps it
// from being read comes up when it is opened.
func suggest(q *pipeline.Request, cfg *float64, set map[string]bool) {
	info, err := pipeline.Describe(q.Model)
	if err != nil {
		return
	}
	s := info.Suggested
	if !set["steps"] && s.Steps > 0 {
		q.Steps = s.Steps
	}
	if !set["cfg"] && s.CFG > 0 {
		*cfg = s.CFG
	}
	if !set["sampler"] && s.Sampler != "" {
		q.Sampler = s.Sampler
	}
	if !set["schedule"] && !set["sampler"] && s.Schedule != "" { // a sampler that was named brings its own
		q.Schedule = s.Schedule
	}
}

func parseSize(text string) (w, h int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(strings.ToLower(text), "x")
	w, errW := strconv.Atoi(a)
	h, errH := strconv.Atoi(b)
	if !ok || errW != nil || errH != nil || w < 8 || h < 8 || w > 8192 || h > 8192 {
		return 0, 0, Misuse("--size %q, want WxH with sides from 8 to 8192", text)
	}
	return w, h, nil
}

// diffusionReport is what --json prints of a run of networks.
type diffusionReport struct {
	Out      []string `json:"out"`
	Seeds    []int64  `json:"seeds"`
	Width    int      `json:"width"` // of the picture
	Height   int      `json:"height"`
	WorkSize [2]int   `json:"work_size"` // at which the network worked

	Sampler  string  `json:"sampler"`
	Schedule string  `json:"schedule"`
	Steps    int     `json:"steps"`
	CFG      float64 `json:"cfg"`
	Strength float64 `json:"strength"`
	Device   string  `json:"device,omitempty"`

	Timings     []pipeline.Timing `json:"timings"`
	StepSeconds []float64         `json:"step_seconds"`
	PeakMemory  int64             `json:"peak_memory_bytes,omitempty"`
}

func newReport(res *pipeline.Result, out []string) diffusionReport {
	q := res.Request
	return diffusionReport{
		Out: out, Seeds: res.Seeds, Width: res.Image.Rect.Dx(), Height: res.Image.Rect.Dy(), WorkSize: [2]int{q.Width, q.Height},
		Sampler: q.Sampler, Schedule: q.Schedule, Steps: q.Steps, CFG: q.CFG, Strength: q.Strength, Device: res.Device,
		Timings: res.Timings, StepSeconds: res.Steps, PeakMemory: peakMemory(),
	}
}

// latentTrace gathers what --trace-latent writes: step.0, step.1 … and latent. Of a batch
// the first picture is kept.
type latentTrace struct {
	path    string
	tensors map[string]*tensor.Tensor
}

func traceLatentFlag(fs *flag.FlagSet) *latentTrace {
	t := &latentTrace{}
	fs.StringVar(&t.path, "trace-latent", "", "`FILE` to write the latents of the run to: step.0 …, latent")
	return t
}

// hook is nil where nothing was asked for.
func (t *latentTrace) hook() pipeline.Trace {
	if t == nil || t.path == "" {
		return nil
	}
	t.tensors = map[string]*tensor.Tensor{}
	return func(name string, x *tensor.Tensor) {
		if t.tensors["latent"] == nil {
			t.tensors[name] = x.Clone()
		}
	}
}

func (t *latentTrace) write(env *Env) error {
	if t == nil || t.path == "" {
		return nil
	}
	return writeTensors(env, t.path, t.tensors)
}

// batchNames are the files of a batch: "a.png", then "a-2.png", "a-3.png" …
func batchNames(path string, n int) []string {
	names := []string{path}
	for i := 2; i <= n; i++ {
		dot := strings.LastIndexByte(path, '.')
		if dot <= strings.LastIndexByte(path, '/') {
			dot = len(path)
		}
		names = append(names, fmt.Sprintf("%s-%d%s", path[:dot], i, path[dot:]))
	}
	return names
}
