package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"pentimento/app/prompting"
	"pentimento/canvas/disk"
	"pentimento/pipeline"
	"pentimento/pipeline/tensor"
)

// layer lays flags, and below them a recipe (nil: none), into a request that has its engine
// and its task.
type layer func(ctx context.Context, env *Env, req *pipeline.Request, from *taken) error

// diffusionFlags declares the flags that every verb with the diffusion engine has, and
// returns what lays them into a request.
func diffusionFlags(fs *flag.FlagSet) layer {
	flags := settingFlags(fs, func(s *pipeline.Setting) bool { return s.Engines == nil })
	loras, guides, regions := declareLoras(fs), declareGuides(fs), declareRegions(fs)
	return func(ctx context.Context, env *Env, req *pipeline.Request, from *taken) error {
		if err := flags.lay(req); err != nil {
			return err
		}
		req.Adapters = *loras
		err := env.checkDevice(req.Device)
		if err == nil {
			req.Guides, err = guides.read(ctx, env, from)
		}
		if err == nil {
			req.Regions, err = regions.read(ctx, env)
		}
		if err != nil {
			return err
		}
		given := flags.given()
		for _, g := range *guides {
			given[fmt.Sprint("guide ", g.unit)] = true
		}
		from.lay(env, req, given)
		if req.Model, err = env.modelFor(ctx, req.Model, from); err != nil {
			return err
		}
		env.near(ctx, req, from, given)
		env.lendNetworks(req)
		env.advise(req, given)
		return nil
	}
}

// model is the path of the model to use: the one that was named, or the starter model.
func (e *Env) model(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	if e.Starter == nil {
		return "", WithHint(Misuse("no --model"), "a Stable Diffusion checkpoint: a .safetensors, .ckpt or .gguf file, or a diffusers folder")
	}
	return e.Starter()
}

// advise lays in the numbers that the model advises where no flag was given, and tells what
// it doesn't know. What keeps it from being read comes up when it is opened.
func (e *Env) advise(q *pipeline.Request, given map[string]bool) {
	info, err := pipeline.Describe(q.Models)
	if err != nil {
		info = pipeline.ModelInfo{}
	}
	if !given["model"] {
		fmt.Fprintf(e.Stderr, "note: without --model the %s paints\n", pipeline.StarterName)
	}
	e.tellUnknown(info.Words, q)
	d, ok := q.Distilled()
	what := "LoRA"
	if !ok {
		d, what = info.Distilled, "model"
	}
	if d.Label == "" {
		suggest(q, info.Suggested, given)
		return
	}
	suggest(q, d.Suggestion, given)
	best := fmt.Sprintf("steps %d, cfg %g, sampler %s, schedule %s", d.Steps, d.CFG, d.Sampler, d.Schedule)
	if left := takes(given); left != "" {
		fmt.Fprintf(e.Stderr, "note: %s is a %s for few steps (%s), best used with %s: %s taken from there\n", oneLine(d.Name), what, d.Label, best, left)
	} else if (pipeline.Suggestion{Steps: q.Steps, CFG: q.CFG, Sampler: q.Sampler, Schedule: q.Schedule}) != d.Suggestion {
		fmt.Fprintf(e.Stderr, "note: %s is a %s for few steps (%s), best used with %s; what was given counts\n", oneLine(d.Name), what, d.Label, best)
	}
}

// takes names the numbers that a suggestion is taken for: those that were not given.
func takes(given map[string]bool) string {
	var left []string
	for _, flag := range []string{"steps", "cfg", "sampler", "schedule"} {
		if !given[flag] && (flag != "schedule" || !given["sampler"]) {
			left = append(left, flag)
		}
	}
	return strings.Join(left, ", ")
}

// tellUnknown names the words of the prompts that a model of few words, a JSON list, was
// not taught; "" is a model that reads any.
func (e *Env) tellUnknown(words string, q *pipeline.Request) {
	if words == "" {
		return
	}
	v := &prompting.Vocabulary{}
	v.Know(words)
	said := map[string]bool{}
	for _, text := range []string{q.Prompt, q.Negative} {
		for _, r := range prompting.Read(text, prompting.Context{Whole: text, Vocabulary: v}).Remarks {
			if r.Mild && !said[r.Text] {
				said[r.Text] = true
				fmt.Fprintf(e.Stderr, "note: %s\n", oneLine(r.Text))
			}
		}
	}
}

func suggest(q *pipeline.Request, s pipeline.Suggestion, given map[string]bool) {
	if !given["steps"] && s.Steps > 0 {
		q.Steps = s.Steps
	}
	if !given["cfg"] && s.CFG > 0 {
		q.CFG = s.CFG
	}
	if !given["sampler"] && s.Sampler != "" {
		q.Sampler = s.Sampler
	}
	switch {
	case given["schedule"]:
	case given["sampler"]: // one that was named brings its own
		q.Schedule = ""
	case s.Schedule != "":
		q.Schedule = s.Schedule
	}
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
	Notes       []string          `json:"notes,omitempty"` // what of the recipe was not to be had
}

// newReport tells of the pictures of a batch; seconds are of all together.
func newReport(all []*pipeline.Result, out, notes []string) diffusionReport {
	res, q := all[0], all[0].Request
	r := diffusionReport{
		Out: out, Width: res.Image.Rect.Dx(), Height: res.Image.Rect.Dy(), WorkSize: [2]int{q.Width, q.Height},
		Sampler: q.Sampler, Schedule: q.Schedule, Steps: q.Steps, CFG: q.CFG, Strength: q.Strength, Device: res.Device,
		PeakMemory: peakMemory(), Notes: notes,
	}
	for _, one := range all {
		r.Seeds, r.StepSeconds = append(r.Seeds, one.Seeds...), append(r.StepSeconds, one.Steps...)
		for _, t := range one.Timings {
			i := slices.IndexFunc(r.Timings, func(o pipeline.Timing) bool { return o.Stage == t.Stage })
			if i < 0 {
				r.Timings = append(r.Timings, t)
				continue
			}
			r.Timings[i].Seconds += t.Seconds
		}
	}
	return r
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

// check refuses a file that could not be written, before the run.
func (t *latentTrace) check() error {
	if t == nil || t.path == "" || t.path == "-" {
		return nil
	}
	if err := disk.CanWrite(t.path); err != nil {
		return fmt.Errorf("--trace-latent: %w", err)
	}
	return nil
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
